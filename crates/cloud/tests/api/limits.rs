use fiscal::limits::PAYLOAD_BYTES;

use crate::bench::{Bench, CANONICAL, bearer, payload};

#[test]
fn a_body_of_one_byte_too_many_is_refused_and_one_less_is_read() {
    let bench = Bench::start();
    let largest = bench.client().sell(1, None, &"a".repeat(PAYLOAD_BYTES));
    assert_eq!((largest.status, largest.code().as_str()), (422, "SCHEMA_INVALID"));
    let mut client = bench.client();
    let answer = client.sell(1, None, &"a".repeat(PAYLOAD_BYTES + 1));
    assert_eq!((answer.status, answer.code().as_str()), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_body_that_says_no_length_is_measured_as_it_comes() {
    let bench = Bench::start();
    let mut client = bench.client();
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: {CANONICAL}\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        bearer(1)
    );
    client.send(head.as_bytes());
    for _ in 0..=PAYLOAD_BYTES / 4_096 {
        client.send(format!("1000\r\n{}\r\n", "a".repeat(4_096)).as_bytes());
    }
    let answer = client.answer();
    assert_eq!((answer.status, answer.code().as_str()), (413, "PAYLOAD_TOO_LARGE"));
}

#[test]
fn a_body_that_comes_too_slowly_is_given_up() {
    let bench = Bench::with("[http]\nbody_seconds = 1");
    let mut client = bench.client();
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: {CANONICAL}\r\n\
         Content-Length: 100\r\n\r\n{{",
        bearer(1)
    );
    client.send(head.as_bytes());
    let answer = client.answer();
    assert_eq!((answer.status, answer.code().as_str()), (408, "BODY_TOO_SLOW"));
    assert!(client.is_closed());
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201, "others are served");
}

#[test]
fn a_header_that_comes_too_slowly_or_is_too_large_ends_the_connection() {
    let bench = Bench::with("[http]\nidle_seconds = 1");
    let mut slow = bench.client();
    slow.send(b"GET /healthz HTTP/1.1\r\nHost:");
    let mut large = bench.client();
    let answer = large.ask("GET /healthz", &[("X-Long", &"a".repeat(20_000))], None);
    assert_eq!(answer.status, 431);
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut slow.stream, &mut rest).unwrap();
    assert!(!String::from_utf8(rest).unwrap().contains(" 200 "));
}

#[test]
fn as_many_connections_as_may_be_are_held_and_the_next_waits_for_its_turn() {
    let bench = Bench::with("[http]\nconnections = 1");
    let mut first = bench.client();
    assert_eq!(first.get("/healthz", 1).status, 200);
    let mut second = bench.client();
    second.send(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
    second.stream.get_ref().set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    assert!(std::io::BufRead::fill_buf(&mut second.stream).is_err(), "it waits");
    second.stream.get_ref().set_read_timeout(None).unwrap();
    drop(first);
    assert_eq!(second.answer().status, 200);
}
