//! Reports of an outlet whose line goes to a device in the middle of a day, and back.

use def_protocol::{SnapshotPeriod, token::HandOver};
use def_trials::Sale;
use fiscal::{Epoch, Timestamp, UtcOffset};
use ledger::{Delivery, Refusal, Standing};
use serde_json::Value;

use crate::{
    both::articles_of,
    cloud::{Cloud, outlet},
    device::Device,
};

const DAY: &str = "2026-03-14";

struct Shop {
    cloud: Cloud,
    device: Device,
    now: Timestamp,
    seed: u32,
    delivered: u64,
}

impl Shop {
    fn open() -> Self {
        let now: Timestamp = "2026-03-14T08:00:00".parse().unwrap();
        let cloud = Cloud::open(UtcOffset::KINSHASA, now);
        let device = Device::open_from(UtcOffset::KINSHASA, now, None);
        Self { cloud, device, now, seed: 0, delivered: 0 }
    }

    fn later(&mut self, seconds: u64) {
        self.now = Timestamp::from_unix(self.now.unix() + seconds).unwrap();
        self.cloud.set(self.now);
        self.device.set(self.now);
    }

    fn sale(&mut self) -> String {
        self.later(1);
        self.seed += 1;
        Sale::of("CAISSE-1", self.now, 2, self.seed).payload()
    }

    /// The numbers that were given.
    fn sell_here(&mut self, count: u32) -> Vec<u64> {
        let sold = (0..count).map(|_| {
            let sale = self.sale();
            self.cloud.sell(&sale).unwrap()["invoice_seq"].as_u64().unwrap()
        });
        sold.collect()
    }

    fn sell_there(&mut self, count: u32) -> Vec<u64> {
        let sold = (0..count).map(|_| {
            let sale = self.sale();
            self.device.sell(&sale).unwrap()["invoice_seq"].as_u64().unwrap()
        });
        sold.collect()
    }

    fn deliver(&mut self) {
        let standing = Standing {
            device: "DEF-000001".parse().unwrap(),
            outlet: outlet(),
            key: self.device.key(),
            nif: "A2301457K".parse().unwrap(),
            certificates: vec![(Timestamp::EARLIEST, Timestamp::LATEST)],
            ended: None,
        };
        let journal = self.device.journal(self.delivered);
        self.delivered += journal.len() as u64;
        let delivery = Delivery::examine(journal, &standing).unwrap();
        let taken = self.cloud.ledger.deliver(delivery, None).unwrap();
        assert!(
            taken.again.is_none() && taken.non_compliant.is_empty() && taken.unfit.is_empty(),
            "{taken:?}"
        );
    }

    fn give_to_device(&mut self) {
        self.later(1);
        self.cloud.ledger.leave(outlet(), "DEF-000001".parse().unwrap(), None).unwrap();
        let close = self.cloud.ledger.line(outlet()).unwrap().close.unwrap();
        let order = HandOver::Enter {
            epoch: close.epoch,
            next_number: close.next_number,
            previous: close.previous,
            floor: close.floor,
        };
        self.later(1);
        self.device.hand_over(order, self.now);
        self.deliver();
        assert!(self.cloud.ledger.line(outlet()).unwrap().entered);
    }

    fn take_back(&mut self) {
        self.later(1);
        self.device.hand_over(HandOver::Leave { epoch: Epoch(0) }, self.now);
        self.deliver();
        self.cloud.ledger.enter(outlet(), "DEF-000001".parse().unwrap(), None).unwrap();
    }

    fn snapshot(&self, period: SnapshotPeriod) -> String {
        self.cloud.ledger.snapshot(outlet(), period).unwrap().json
    }
}

fn closure(json: &str) -> Value {
    let mut closure: Value = serde_json::from_str(json).unwrap();
    closure["repeated"] = Value::Null;
    closure
}

#[test]
fn while_a_device_holds_the_line_x_is_what_the_device_says() {
    let mut shop = Shop::open();
    assert_eq!(shop.sell_here(2), [1, 2]);
    shop.give_to_device();
    for _ in 0..2 {
        assert_eq!(shop.sell_there(3).len(), 3);
        shop.deliver();
        for (period, name) in [(SnapshotPeriod::Session, "session"), (SnapshotPeriod::Day, "day")] {
            let said = shop.device.text(&format!(r#"RPT|X {{"period":"{name}"}}"#));
            assert_eq!(shop.snapshot(period), said, "{name}");
        }
        // The next session begins; the day goes on.
        shop.device.close(DAY).unwrap();
        shop.deliver();
    }
    // The session is empty, and the day over.
    shop.later(86_400);
    for (period, name) in [(SnapshotPeriod::Session, "session"), (SnapshotPeriod::Day, "day")] {
        let said = shop.device.text(&format!(r#"RPT|X {{"period":"{name}"}}"#));
        assert_eq!(shop.snapshot(period), said, "{name}");
    }
}

#[test]
fn each_signer_closes_what_it_sold_and_the_holder_s_closure_is_repeated() {
    let mut shop = Shop::open();
    assert_eq!(shop.sell_here(2), [1, 2]);
    shop.give_to_device();
    assert_eq!(shop.sell_there(2), [3, 4]);
    shop.deliver();
    // The own signer's sales of the morning are its own to close, whoever holds the line now.
    let own = shop.cloud.close(DAY).unwrap();
    assert_eq!((own["sequence_start"].as_u64(), own["sequence_end"].as_u64()), (Some(1), Some(2)));
    let by_device = shop.device.close(DAY).unwrap();
    shop.deliver();
    let ledger = &shop.cloud.ledger;
    let closures = ledger.closures(outlet(), DAY.parse().unwrap()).unwrap();
    let said: Vec<Value> = closures.iter().map(|found| closure(&found.closure_json().unwrap())).collect();
    assert_eq!(said, [closure(&by_device.to_string()), closure(&own.to_string())]);
    // There is nothing more to close here: the day's closure is the device's (D12).
    let again = ledger.close(outlet(), DAY.parse().unwrap(), None).unwrap();
    assert_eq!((again.repeated, again.row), (true, closures[0].row.clone()));
    assert_eq!(ledger.closure(outlet(), DAY.parse().unwrap()).unwrap().unwrap().row, closures[0].row);
    let unclosed = ledger.close(outlet(), "2026-03-13".parse().unwrap(), None).unwrap_err();
    assert!(matches!(unclosed, Refusal::NotFound(_)), "{unclosed:?}");
    // Back again, the numbers go on, and so do the own closures.
    shop.take_back();
    assert_eq!(shop.sell_here(2), [5, 6]);
    let last = shop.cloud.close(DAY).unwrap();
    assert_eq!((last["sequence_start"].as_u64(), last["sequence_end"].as_u64()), (Some(5), Some(6)));
    let first = ledger_closures(&shop);
    assert_eq!(first[0]["sequence_start"].as_u64(), Some(5));
}

fn ledger_closures(shop: &Shop) -> Vec<Value> {
    let closures = shop.cloud.ledger.closures(outlet(), DAY.parse().unwrap()).unwrap();
    closures.iter().map(|found| closure(&found.closure_json().unwrap())).collect()
}

#[test]
fn articles_are_of_all_that_was_sold_whoever_signed() {
    let mut shop = Shop::open();
    shop.sell_here(2);
    shop.give_to_device();
    shop.sell_there(2);
    shop.deliver();
    shop.take_back();
    shop.sell_here(1);
    let sold = articles_of(&shop.cloud, DAY, DAY, None, 64);
    // The same sales by one signer alone.
    let alone = Cloud::open(UtcOffset::KINSHASA, shop.now);
    let again = Shop { cloud: alone, ..Shop::open() };
    let mut times = Shop::open();
    let mut payloads = Vec::new();
    payloads.extend((0..2).map(|_| times.sale()));
    times.later(2);
    payloads.extend((0..2).map(|_| times.sale()));
    times.later(1);
    payloads.push(times.sale());
    again.cloud.set(shop.now);
    for payload in payloads {
        again.cloud.sell(&payload).unwrap();
    }
    assert_eq!(sold, articles_of(&again.cloud, DAY, DAY, None, 64));
}
