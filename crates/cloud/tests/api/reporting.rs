//! Z, X and A over HTTP.

use cloud::SystemClock;
use fiscal::{Invoice, UtcOffset};
use ledger::Clock;
use serde_json::Value;

use crate::{
    bench::{Bench, payload},
    raw::{Raw, ask},
};

/// Today at an outlet in Kinshasa, so many days later.
fn today(later: u64) -> String {
    let now = SystemClock.now().unix() + later * 86_400;
    fiscal::Timestamp::from_unix(now).unwrap().date_at(UtcOffset::KINSHASA).to_string()
}

fn close(bench: &Bench, number: u8, body: &str) -> Raw {
    ask(bench.address, "POST /api/v1/reports/z", Some(number), &[], body)
}

fn get(bench: &Bench, path: &str, accept: &str) -> Raw {
    ask(bench.address, &format!("GET /api/v1/reports/{path}"), Some(3), &[("Accept", accept)], "")
}

/// A day with some sales, one of them of an article whose name is a formula.
fn sold() -> Bench {
    let bench = Bench::start();
    let mut client = bench.client();
    for sale in 1..=3 {
        assert_eq!(client.sell(1, None, &payload(sale)).status, 201);
    }
    let payload = payload(4);
    let name =
        Invoice::read(payload.as_bytes()).unwrap().items.iter().next().unwrap().description.to_string();
    let formula = payload.replace(&name, "=SUM(A1),1");
    assert_eq!(client.sell(1, None, &formula).status, 201);
    bench
}

/// Whether an answer is what the document says of it: members, their types, and none besides.
fn agrees(schema: &Value, document: &Value, answer: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return agrees(&document["components"]["schemas"][name], document, answer, at);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        kinds => kinds.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect(),
    };
    let kind = match answer {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if kinds.contains(&"integer") && number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&kind), "{at} is {kind}, not {kinds:?}");
    if let Some(members) = answer.as_object() {
        for (name, value) in members {
            let member = &schema["properties"][name];
            assert!(!member.is_null(), "{at}.{name} is not described");
            agrees(member, document, value, &format!("{at}.{name}"));
        }
        for name in schema["required"].as_array().unwrap() {
            assert!(members.contains_key(name.as_str().unwrap()), "{at} has no {name}");
        }
    }
    for (number, value) in answer.as_array().into_iter().flatten().enumerate() {
        agrees(&schema["items"], document, value, &format!("{at}[{number}]"));
    }
}

fn is_described(answer: &Raw, name: &str) {
    let document = serde_json::to_value(cloud::openapi::document()).unwrap();
    agrees(&document["components"]["schemas"][name], &document, &answer.json(), name);
}

#[test]
fn a_day_is_closed_once_and_repeated_afterwards() {
    let bench = sold();
    let day = today(0);
    let there = format!("z?outlet_id=KIN-GOMBE-01&date={day}");
    let open = get(&bench, &there, "*/*");
    assert_eq!((open.status, open.code().as_str()), (404, "NOT_FOUND"), "a question closes nothing");
    let first = close(&bench, 1, &format!(r#"{{"date":"{day}"}}"#));
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.json()["currencies"][0]["count"], 4);
    is_described(&first, "ClosureReport");
    let again = close(&bench, 1, &format!(r#"{{"outlet_id":"KIN-GOMBE-01","date":"{day}"}}"#));
    assert_eq!((again.status, &again.json()["record"]), (200, &first.json()["record"]));
    let shown = get(&bench, &there, "*/*");
    assert_eq!((shown.status, shown.text()), (200, again.text()));
    // Who closed it is in the log of acts.
    let database = cloud::database(&bench.config.database).unwrap();
    let reach = registry::Reach::Platform;
    let mut store = database.connect().unwrap();
    let acts = registry::Registry::over(&mut *store).acts(&reach, None, 100).unwrap();
    assert_eq!(acts.iter().filter(|act| act.action == "closure.seal").count(), 1, "a repetition leaves none");
}

#[test]
fn a_day_that_cannot_be_closed_is_refused_by_its_member() {
    let bench = sold();
    for (body, status, code) in [
        (format!(r#"{{"date":"{}"}}"#, today(1)), 422, "MEMBER_INVALID"),
        (r#"{"date":"2026-02-30"}"#.to_owned(), 422, "MEMBER_INVALID"),
        (r#"{"date":"2001-01-01"}"#.to_owned(), 404, "NOT_FOUND"),
        (r#"{"date":"2026-03-14","outlet_id":"KIN-LIMETE-02"}"#.to_owned(), 404, "NOT_FOUND"),
    ] {
        let answer = close(&bench, 1, &body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
        if status == 422 {
            assert_eq!(answer.json()["member"], "date", "{body}");
        }
    }
    for path in [
        format!("z?outlet_id=KIN-GOMBE-01&date={}", today(1)),
        "z?outlet_id=KIN-GOMBE-01&date=yesterday".to_owned(),
        format!("a?outlet_id=KIN-GOMBE-01&since={}&until={}", today(1), today(2)),
        format!("a?outlet_id=KIN-GOMBE-01&since={}&until=2001-01-01", today(0)),
        "a?outlet_id=KIN-GOMBE-01&since=2020-01-01&until=2026-01-01".to_owned(),
        format!("a?outlet_id=KIN-GOMBE-01&since={0}&until={0}&after=%22", today(0)),
        format!("a?outlet_id=KIN-GOMBE-01&since={0}&until={0}&after=nonsense", today(0)),
        format!("a?outlet_id=KIN-GOMBE-01&since={0}&until={0}&limit=0", today(0)),
        "x?outlet_id=KIN-GOMBE-01&period=year".to_owned(),
        "x".to_owned(),
    ] {
        let answer = get(&bench, &path, "*/*");
        assert_eq!((answer.status, answer.code().as_str()), (400, "REQUEST_INVALID"), "{path}");
    }
}

#[test]
fn x_shows_what_is_sold_so_far_and_closes_nothing() {
    let bench = sold();
    for period in ["session", "day"] {
        let answer = get(&bench, &format!("x?outlet_id=KIN-GOMBE-01&period={period}"), "application/json");
        assert_eq!((answer.status, &answer.json()["transaction_count"]), (200, &4.into()));
        is_described(&answer, "SnapshotReport");
    }
    assert_eq!(close(&bench, 1, &format!(r#"{{"date":"{}"}}"#, today(0))).status, 201);
    let after = get(&bench, "x?outlet_id=KIN-GOMBE-01", "*/*");
    assert_eq!(after.json()["transaction_count"], 0);
    is_described(&after, "SnapshotReport");
    assert_eq!(get(&bench, "x?outlet_id=KIN-GOMBE-01&period=day", "*/*").json()["transaction_count"], 4);
}

#[test]
fn a_counts_articles_page_by_page() {
    let bench = sold();
    let days = format!("outlet_id=KIN-GOMBE-01&since={0}&until={0}", today(0));
    let whole = get(&bench, &format!("a?{days}"), "*/*");
    is_described(&whole, "ArticlesReport");
    let whole = whole.json();
    assert_eq!(whole["last"], true);
    let (mut articles, mut path) = (Vec::new(), format!("a?{days}&limit=1"));
    loop {
        let page = get(&bench, &path, "*/*");
        is_described(&page, "ArticlesReport");
        articles.extend(page.json()["articles"].as_array().unwrap().clone());
        let Some(link) = page.header("link") else { break };
        assert_eq!(page.json()["last"], false);
        let next = link.strip_prefix("</api/v1/reports/").unwrap().split('>').next().unwrap();
        path = next.to_owned();
    }
    assert_eq!(Value::from(articles), whole["articles"]);
}

#[test]
fn reports_are_tables_for_who_asks_for_tables() {
    let bench = sold();
    let day = today(0);
    assert_eq!(close(&bench, 1, &format!(r#"{{"date":"{day}"}}"#)).status, 201);
    let sale = |answer: &Raw| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.header("content-type").unwrap().starts_with("text/csv"), "{answer:?}");
        let text = answer.text().to_owned();
        assert!(text.ends_with("\r\n") && !text.starts_with('\u{feff}'), "{text}");
        text
    };
    let z = sale(&get(&bench, &format!("z?outlet_id=KIN-GOMBE-01&date={day}&format=csv"), "*/*"));
    assert!(
        z.starts_with("row,period,closure,") && z.contains("\r\ngroup,") && z.contains("\r\ncurrency,"),
        "{z}"
    );
    assert!(z.lines().all(|line| line.split(',').count() == 19), "{z}");
    let x = sale(&get(&bench, "x?outlet_id=KIN-GOMBE-01&period=day", "text/csv"));
    assert!(x.lines().nth(1).unwrap().contains(",CDF,4,"), "{x}");
    let a = sale(&get(
        &bench,
        &format!("a?outlet_id=KIN-GOMBE-01&since={day}&until={day}"),
        "text/csv, */*;q=0.1",
    ));
    assert!(a.contains(",\"'=SUM(A1),1\","), "a formula is a text: {a}");
    let none = get(&bench, "x?outlet_id=KIN-GOMBE-01", "text/html");
    assert_eq!((none.status, none.code().as_str()), (406, "NOT_ACCEPTABLE"));
}

#[test]
fn a_report_of_another_outlet_is_not_found() {
    let bench = sold();
    let day = today(0);
    for path in [
        format!("z?outlet_id=KIN-GOMBE-01&date={day}"),
        "x?outlet_id=KIN-GOMBE-01".to_owned(),
        format!("a?outlet_id=KIN-GOMBE-01&since={day}&until={day}"),
        "x?outlet_id=KIN-NOWHERE".to_owned(),
    ] {
        let answer = ask(bench.address, &format!("GET /api/v1/reports/{path}"), Some(2), &[], "");
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{path}");
    }
}
