//! Who is let in, for how long, and how often.

use std::{
    panic::Location,
    time::{Duration, Instant},
};

use fiscal::Timestamp;
use ledger::Clock;
use registry::{ApiKey, Role};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Client, bearer, make_key, payload};

const BATCH: &str = "POST /api/v1/invoices/batch";

fn post(client: &mut Client, line: &str, bearer: &str, body: &Value) -> Answer {
    let headers = [("Authorization", bearer), ("Content-Type", "application/json")];
    client.ask(line, &headers, Some(&body.to_string()))
}

fn batch(sales: std::ops::Range<u64>) -> Value {
    let one =
        |sale: u64| json!({ "idempotency_key": format!("batch-{sale:04}"), "canonical": payload(sale) });
    json!({ "invoices": sales.map(one).collect::<Vec<_>>() })
}

/// A key of the outlet KIN-GOMBE-01, made by its owner.
fn made_key(bench: &Bench, more: &Value) -> String {
    let mut body = json!({ "name": "Till", "role": "supervisor", "outlet_id": "KIN-GOMBE-01" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = post(&mut bench.client(), "POST /api/v1/api-keys", &bearer(3), &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    format!("Bearer {}", answer.json()["secret"].as_str().unwrap())
}

/// Nobody's key.
fn guess(client: &mut Client, number: u8) -> Answer {
    let text = format!("Bearer {}", ApiKey::new([number; 32]).reveal());
    client.ask("GET /api/v1/sessions/current", &[("Authorization", &text)], None)
}

#[expect(clippy::disallowed_methods, reason = "buckets fill in real time: how long the asking took decides")]
fn now() -> Instant {
    Instant::now()
}

/// What a bucket of one a second says holds until it has another. Whoever finds that the machine was slower than that
/// says no, and begins again with a new cloud.
#[track_caller]
fn in_time(limits: &str, attempt: impl Fn(&Bench) -> bool) {
    let in_time = (0..5).any(|_| attempt(&Bench::with(limits)));
    assert!(in_time, "five times this machine was too slow for {}", Location::caller());
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_batch_counts_as_many_times_as_it_has_invoices() {
    in_time("[limits]\nper_second = 1\nburst = 10", |bench| {
        let (mut client, ten) = (bench.client(), batch(0..10));
        let began = now();
        assert_eq!(client.get("/api/v1/sessions/current", 1).status, 200);
        let refused = post(&mut client, BATCH, &bearer(1), &ten);
        if began.elapsed() >= SECOND {
            return false;
        }
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (429, "RATE_LIMITED"),
            "8 are left behind its first"
        );
        assert_eq!(refused.header("retry-after"), Some("2"));
        let list = client.get("/api/v1/invoices?outlet_id=KIN-GOMBE-01", 3);
        assert_eq!(list.json()["invoices"], json!([]), "nothing was sealed");
        std::thread::sleep(2 * SECOND);
        let began = now();
        let sealed = post(&mut client, BATCH, &bearer(1), &ten);
        let next = client.get("/api/v1/sessions/current", 1);
        if began.elapsed() >= SECOND {
            return false;
        }
        assert_eq!((sealed.status, sealed.header("ratelimit-remaining")), (200, Some("0")), "{sealed:?}");
        assert_eq!(next.status, 429);
        true
    });
}

#[test]
fn a_batch_larger_than_a_burst_takes_all_of_it() {
    in_time("[limits]\nper_second = 1\nburst = 2", |bench| {
        let mut client = bench.client();
        let began = now();
        let sealed = post(&mut client, BATCH, &bearer(1), &batch(0..5));
        let next = post(&mut client, BATCH, &bearer(1), &batch(5..6));
        if began.elapsed() >= SECOND {
            return false;
        }
        assert_eq!((sealed.status, sealed.header("ratelimit-remaining")), (200, Some("0")), "{sealed:?}");
        assert_eq!(next.status, 429);
        true
    });
}

#[test]
fn what_a_batch_seals_and_repeats_is_counted() {
    let bench = Bench::start();
    let mut client = bench.client();
    for sales in [0..3, 2..4] {
        assert_eq!(post(&mut client, BATCH, &bearer(1), &batch(sales)).status, 200);
    }
    let figures = client.ask("GET /metrics", &[], None).body;
    for line in [
        "stelala_invoices_sealed_total 4",
        "stelala_invoices_repeated_total 1",
        "stelala_seal_seconds_count 5",
    ] {
        assert!(figures.lines().any(|shown| shown == line), "{line} is not in\n{figures}");
    }
}

#[test]
fn an_address_that_guessed_too_often_asks_the_database_no_more_and_its_tills_go_on() {
    // One failure comes back after a second each.
    let bench = Bench::with("[limits]\npublic_per_second = 1\npublic_burst = 8");
    let mut client = bench.client();
    let exhaust = |client: &mut Client| {
        assert!((100..200).any(|number| guess(client, number).status == 429), "guessing is slowed down");
    };
    // Nobody was let in here yet.
    exhaust(&mut client);
    loop {
        // A failure that comes back lets the first till in.
        let answer = client.get("/api/v1/sessions/current", 1);
        if answer.status == 200 {
            break;
        }
        assert_eq!((answer.status, answer.code().as_str()), (429, "RATE_LIMITED"));
        std::thread::sleep(Duration::from_millis(50));
    }
    exhaust(&mut client);
    assert_eq!(client.get("/api/v1/sessions/current", 2).status, 200, "a till that was not seen before");
    assert_eq!(client.get("/api/v1/sessions/current", 1).status, 200);
}

#[test]
fn what_an_exhausted_address_guesses_is_not_looked_up() {
    let bench = Bench::with("[limits]\npublic_per_second = 1\npublic_burst = 3");
    let mut client = bench.client();
    for number in 100..106 {
        guess(&mut client, number);
    }
    // From here on there is less than one left, and one more after each second.
    let began = loop {
        let began = now();
        if guess(&mut client, 106).status == 429 {
            break began;
        }
    };
    let database = cloud::database(&bench.config.database).unwrap();
    let gone =
        |statements: &mut dyn ledger::Statements| statements.script("ALTER TABLE api_keys RENAME TO gone");
    database.connect().unwrap().change(&mut |statements| gone(statements)).unwrap();
    let answers: Vec<u16> = (0..20).map(|_| guess(&mut client, 107).status).collect();
    let took = began.elapsed();
    let looked_up = answers.iter().filter(|status| **status != 429).count() as u64;
    assert!(looked_up <= 1 + took.as_secs(), "{answers:?} in {took:?}");
    std::thread::sleep(SECOND);
    assert_eq!(guess(&mut client, 108).status, 503, "who may guess again is looked up");
}

#[test]
fn a_key_is_refused_from_the_second_on_in_which_it_expires() {
    let bench = Bench::start();
    let now = || cloud::SystemClock.now();
    let expires = Timestamp::from_unix(now().unix() + 6).unwrap();
    let till = made_key(&bench, &json!({ "expires": format!("{expires}Z") }));
    let mut client = bench.client();
    let mut ask = || client.ask("GET /api/v1/sessions/current", &[("Authorization", &till)], None).status;
    assert_eq!(ask(), 200);
    while now() < expires {
        ask();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ask(), 401);
}

#[test]
fn a_key_that_may_only_credit_takes_back_and_does_not_sell() {
    let bench = Bench::start();
    let mut client = bench.client();
    let seal = client.sell(1, None, &payload(60)).json();
    let [credits, sells] = [json!(["invoices:credit"]), json!(["invoices:seal"])]
        .map(|scopes| made_key(&bench, &json!({ "scopes": scopes })));
    let sale: Value = serde_json::from_str(&payload(30)).unwrap();
    let mut note: Value = serde_json::from_str(
        &payload(10).replace("\"quantity\":\"", "\"quantity\":\"-").replace("\"19500.00\"", "\"-19500.00\""),
    )
    .unwrap();
    note["invoice_type"] = json!("credit_note");
    note["reference"] = json!({
        "nature": "RAN", "outlet_id": "KIN-GOMBE-01", "epoch": seal["epoch"], "invoice_seq": seal["invoice_seq"],
        "auth_code": seal["auth_code"],
    });
    for (bearer, may_sell) in [(credits, false), (sells, true)] {
        for (body, may) in [(&sale, may_sell), (&note, !may_sell)] {
            let alone = post(&mut client, "POST /api/v1/invoices", &bearer, body);
            assert_eq!(alone.status, if may { 201 } else { 403 }, "{alone:?}");
            let among = json!({ "invoices": [{ "idempotency_key": "among-others", "invoice": body }] });
            let among = post(&mut client, BATCH, &bearer, &among);
            // It is sealed already, or may not be.
            assert_eq!(among.json()["results"][0]["status"], if may { 409 } else { 403 }, "{among:?}");
        }
    }
}

#[test]
fn what_was_made_says_where_it_is() {
    let bench = Bench::start();
    make_key(
        &*cloud::database(&bench.config.database).unwrap(),
        4,
        Role::Operator,
        registry::Reach::Platform,
    );
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(5)).status, 201);
    let today = cloud::SystemClock.now().date_at(fiscal::UtcOffset::KINSHASA).to_string();
    let person = json!({ "email": "joseph@example.cd", "name": "Joseph", "role": "cashier" });
    let outlet = json!({ "outlet_id": "KIN-NGABA-03", "name": "Ngaba", "zone": "Africa/Kinshasa" });
    for (number, path, body) in [
        (3, "users", person),
        (3, "outlets", outlet),
        (3, "api-keys", json!({ "name": "Till", "role": "cashier" })),
        (4, "merchants", json!({ "name": "Alimentation Mbuyi", "nif": "A9071234M" })),
        (3, "webhooks", json!({ "url": "https://erp.example.cd/stelala", "events": ["invoice.sealed"] })),
        (3, "reports/z", json!({ "outlet_id": "KIN-GOMBE-01", "date": today })),
    ] {
        let made = post(&mut client, &format!("POST /api/v1/{path}"), &bearer(number), &body);
        assert_eq!(made.status, 201, "{path}: {made:?}");
        let location = made.header("location").unwrap_or_else(|| panic!("{path}: {made:?}"));
        assert!(location.starts_with(&format!("/api/v1/{path}")), "{location}");
        assert_eq!(client.get(location, number).status, 200, "{location}");
        if path == "webhooks" {
            let ping = post(&mut client, &format!("POST {location}/ping"), &bearer(number), &json!({}));
            assert_eq!(client.get(ping.header("location").unwrap(), number).status, 200, "{ping:?}");
        }
    }
}
