//! What reports read: never more than their period.

use std::{num::NonZeroUsize, sync::mpsc};

use def_protocol::{ArticlesAsked, SnapshotPeriod};
use def_trials::Sale;
use fiscal::{Timestamp, UtcOffset};
use ledger::{Delivery, Offer};
use serde_json::json;

use crate::{
    both::articles_of,
    cloud::{Cloud, outlet},
    device::Device,
};

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Sells so many on each of some days; each day is closed.
fn sold(days: &[(&str, u32)]) -> Cloud {
    let cloud = Cloud::open(UtcOffset::KINSHASA, at("2026-03-01T08:00:00"));
    for (day, count) in days {
        let now = at(&format!("{day}T09:00:00"));
        cloud.set(now);
        let (sender, receiver) = mpsc::channel();
        for seed in 0..*count {
            let payload = Sale::of("CAISSE-1", now, 2, seed).payload().into_bytes();
            let sender = sender.clone();
            cloud.ledger.submit(Offer::read(payload, None).unwrap(), move |answer| {
                sender.send(answer.is_ok()).unwrap();
            });
        }
        drop(sender);
        assert!(receiver.iter().all(|sealed| sealed));
        cloud.close(day).unwrap();
    }
    cloud.read.take();
    cloud
}

/// More than are read at once.
const MANY: u32 = 300;

#[test]
fn articles_read_the_invoices_of_their_days_and_no_others() {
    let days = [("2026-03-01", 40), ("2026-03-02", MANY), ("2026-03-03", 1), ("2026-03-05", 60)];
    let cloud = sold(&days);
    for (since, until, rows) in [
        ("2026-03-02", "2026-03-02", MANY as usize),
        ("2026-03-03", "2026-03-04", 1),
        ("2026-03-04", "2026-03-04", 0),
        ("2026-03-03", "2026-03-09", 61),
        ("2026-03-01", "2026-03-01", 40),
        ("2020-01-01", "2026-02-28", 0),
    ] {
        let json = articles_of(&cloud, since, until, None, 64);
        assert_eq!(cloud.read.take().0, rows, "{since} to {until}");
        assert_eq!(json.contains(r#""articles":[]"#), rows == 0);
        // The next page reads them again, and no more.
        articles_of(&cloud, since, until, Some("ART-010:0000000000000000"), 3);
        assert_eq!(cloud.read.take().0, rows, "{since} to {until}");
    }
}

#[test]
fn snapshots_read_the_head_alone() {
    let cloud = sold(&[("2026-03-01", 40), ("2026-03-02", 10)]);
    for period in [SnapshotPeriod::Session, SnapshotPeriod::Day] {
        cloud.ledger.snapshot(outlet(), period).unwrap();
        assert_eq!(cloud.read.take(), (0, 2));
    }
}

#[test]
fn closures_read_no_sale_and_are_found_again_among_the_later_closures() {
    let days: Vec<_> = (1..=9).map(|day| (format!("2026-03-0{day}"), 12)).collect();
    let days: Vec<_> = days.iter().map(|(day, count)| (day.as_str(), *count)).collect();
    let cloud = sold(&days);
    let payload = Sale::of("CAISSE-1", at("2026-03-09T09:00:00"), 2, 99).payload();
    cloud.sell(&payload).unwrap();
    cloud.read.take();
    cloud.close("2026-03-09").unwrap();
    assert_eq!(cloud.read.take().0, 0, "what is closed was counted");
    for (day, closures) in [("2026-03-09", 1), ("2026-03-08", 3), ("2026-03-01", 10)] {
        assert_eq!(cloud.close(day).unwrap()["repeated"], true);
        assert_eq!(cloud.read.take().0, closures, "{day}");
    }
}

#[test]
fn what_devices_delivered_is_among_the_articles_and_not_in_the_own_signer_s_totals() {
    let now = at("2026-03-14T09:00:00");
    let cloud = Cloud::open(UtcOffset::KINSHASA, now);
    cloud.sell(&Sale::of("CAISSE-1", now, 2, 1).payload()).unwrap();
    let snapshot = |cloud: &Cloud| cloud.ledger.snapshot(outlet(), SnapshotPeriod::Day).unwrap().json;
    let before = snapshot(&cloud);
    let mut device = Device::open(UtcOffset::KINSHASA, now);
    for seed in 2..5 {
        device.sell(&Sale::of("CAISSE-2", now, 2, seed).payload()).unwrap();
    }
    let delivery = Delivery::verify(device.journal(0), &device.key()).unwrap();
    cloud.ledger.deliver(delivery, None).unwrap();
    assert_eq!(snapshot(&cloud), before);
    let articles = articles_of(&cloud, "2026-03-14", "2026-03-14", None, 64);
    assert_eq!(articles.matches(r#""code""#).count(), 8, "{articles}");
}

#[test]
fn reports_that_cannot_be_made_say_what_to_do() {
    let cloud = sold(&[("2026-03-01", 2)]);
    let most = NonZeroUsize::MIN;
    let day = "2026-03-01".parse().unwrap();
    let asked = ArticlesAsked { since: day, until: day, after: None };
    let refusal =
        |asked: &ArticlesAsked<'_>| cloud.ledger.articles(outlet(), asked, most).unwrap_err().to_string();
    let backwards = ArticlesAsked { until: "2026-02-28".parse().unwrap(), ..asked };
    assert_eq!(refusal(&backwards), "the last day is before the first: exchange them");
    for cursor in ["x", "C001:zz", "C001:12", ":0000000000000000"] {
        let asked = ArticlesAsked { after: def_protocol::Cursor::new(cursor), ..asked };
        assert_eq!(refusal(&asked), "after: send the `next` of the answer before, as it was");
    }
    let elsewhere = "LUB-01".parse().unwrap();
    assert_eq!(cloud.ledger.articles(elsewhere, &asked, most).unwrap_err().code(), "WRONG_OUTLET");
    let snapshot = cloud.ledger.snapshot(elsewhere, SnapshotPeriod::Day);
    assert_eq!(snapshot.unwrap_err().code(), "WRONG_OUTLET");

    // What someone with full access to the database can do.
    let change = |sql: &str| {
        let database = rusqlite::Connection::open(cloud.database()).unwrap();
        database.execute_batch("DROP TRIGGER IF EXISTS records_stay_on_update").unwrap();
        assert_eq!(database.execute(sql, []).unwrap(), 1);
    };
    change("UPDATE records SET body = replace(body, 'CAISSE-1', 'CAISSE-2') WHERE number = 2");
    let refused = cloud.ledger.articles(outlet(), &asked, most).unwrap_err();
    assert!(refused.to_string().contains("not the one that was sealed"), "{refused}");
    change("UPDATE records SET body = NULL WHERE number = 2");
    let refused = cloud.ledger.articles(outlet(), &asked, most).unwrap_err();
    assert_eq!((refused.code(), refused.is_temporary()), ("NOT_FOUND", false));
    assert!(refused.to_string().contains("erased"), "{refused}");
    assert_eq!(json!(refused.code()), "NOT_FOUND");
}

#[test]
fn a_sum_that_no_amount_holds_is_refused_as_the_device_does() {
    let mut both = crate::both::Both::open(UtcOffset::KINSHASA, at("2026-03-14T09:00:00"));
    // Each is near the greatest amount, so each has its day.
    for day in 14..17 {
        let now = at(&format!("2026-03-{day}T09:00:00"));
        both.set(now);
        let sale = Sale { lines: vec![("B".into(), 4_000_000_000, 2_000)], ..Sale::of("C", now, 1, day) };
        both.sell(&sale.payload(), None).unwrap();
        both.close(&format!("2026-03-{day}")).unwrap();
    }
    let [since, until] = ["2026-03-14", "2026-03-16"].map(|day| day.parse().unwrap());
    let asked = ArticlesAsked { since, until, after: None };
    let refused = both.cloud.ledger.articles(outlet(), &asked, NonZeroUsize::MIN).unwrap_err();
    let device = both.device.ask(r#"RPT|A {"since":"2026-03-14","until":"2026-03-16"}"#);
    assert_eq!(device["code"], refused.code());
    assert_eq!(device["detail"], refused.to_string());
}
