use crate::bench::{Bench, Client, payload};

#[test]
fn what_was_sealed_is_there_after_a_stop_and_a_start() {
    let bench = Bench::start();
    let payload = payload(1);
    let sealed = bench.client().sell(1, Some("sale-0001"), &payload);
    let (folder, config) = bench.stopped();
    let bench = Bench::serve(folder, config);
    let again = bench.client().sell(1, Some("sale-0001"), &payload);
    assert_eq!((again.status, &again.body), (200, &sealed.body));
    assert_eq!(bench.client().sell(1, None, &self::payload(2)).json()["invoice_seq"], 2);
}

#[test]
fn a_stop_under_load_answers_every_request_that_was_taken_and_loses_no_sale() {
    let mut bench = Bench::start();
    let address = bench.address;
    let (told, began) = std::sync::mpsc::channel();
    let sell = |client: u64| {
        let told = told.clone();
        move || {
            let mut connection = Client::connect(address);
            let mut answered = Vec::new();
            for sale in 0..10_000 {
                let key = format!("sale-{client}-{sale:05}");
                let Some(answer) = try_sell(&mut connection, &key, &payload(client * 10_000 + sale)) else {
                    break;
                };
                assert_eq!(answer.status, 201, "{answer:?}");
                let closes = answer.header("connection") == Some("close");
                answered.push(answer.json()["fiscal_number"].as_str().unwrap().to_owned());
                if sale == 5 {
                    told.send(()).unwrap();
                }
                if closes {
                    break;
                }
            }
            answered
        }
    };
    let clients: Vec<_> = (0..4).map(|client| std::thread::spawn(sell(client))).collect();
    for _ in 0..4 {
        began.recv().unwrap();
    }
    bench.begin_stop();
    let (folder, config) = bench.stopped();
    let answered: Vec<String> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let bench = Bench::serve(folder, config);
    let mut client = bench.client();
    for number in &answered {
        assert_eq!(client.get(&format!("/api/v1/invoices/{number}"), 1).status, 200, "{number}");
    }
    // The next number shows that nothing else was sealed: what was asked was answered.
    let next = client.sell(1, None, &payload(500_000)).json()["invoice_seq"].as_u64().unwrap();
    assert_eq!(next, answered.len() as u64 + 1);
}

/// None when the server does not take the request any more.
fn try_sell(client: &mut Client, key: &str, payload: &str) -> Option<crate::bench::Answer> {
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{payload}",
        crate::bench::bearer(1),
        payload.len()
    );
    std::io::Write::write_all(client.stream.get_mut(), head.as_bytes()).ok()?;
    if std::io::BufRead::fill_buf(&mut client.stream).map_or(true, <[u8]>::is_empty) {
        return None;
    }
    Some(client.answer())
}

#[test]
fn a_sale_that_is_on_its_way_when_the_cloud_stops_is_still_answered() {
    let mut bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    let (first, rest) = payload.split_at(100);
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{first}",
        crate::bench::bearer(1),
        payload.len()
    );
    client.send(head.as_bytes());
    assert_eq!(bench.client().get("/healthz", 1).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(100));
    bench.begin_stop();
    std::thread::sleep(std::time::Duration::from_millis(300));
    client.send(rest.as_bytes());
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("connection")), (201, Some("close")), "{answer:?}");
    bench.stopped();
}
