//! What other signers sealed, and leave to credit there.

mod damage;

use super::*;
use crate::{Cause, CloseTerms, Holder, Lost, Standing, Taken, UnfitReason, testing::TestDevice};

const DEVICE: &str = "DEF-000001";

fn shop() -> OutletId {
    SHOP.parse().unwrap()
}

impl Bench {
    fn deliver(&self, device: &TestDevice, records: Vec<Delivered>) -> Taken {
        self.deliver_as(&device.standing(), records)
    }

    fn deliver_as(&self, standing: &Standing, records: Vec<Delivered>) -> Taken {
        self.ledger.deliver(Delivery::examine(records, standing).unwrap(), None).unwrap()
    }

    /// All that a device has sealed.
    fn deliver_all(&self, device: &TestDevice) -> Taken {
        self.deliver(device, device.journal.clone())
    }

    /// The line goes to a new device, which enters.
    fn hand_over(&mut self) -> TestDevice {
        let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
        device.boot(self.now());
        self.hand_to(&mut device);
        device
    }

    fn hand_to(&mut self, device: &mut TestDevice) {
        self.ledger.leave(shop(), device.id(), None).unwrap();
        device.enter(&self.terms(), self.now());
        let taken = self.deliver_all(device);
        assert_eq!((taken.again, taken.non_compliant.len()), (None, 0), "{taken:?}");
    }

    fn terms(&self) -> CloseTerms {
        self.ledger.line(shop()).unwrap().close.unwrap()
    }

    /// What the flags over faulty records say, in order.
    fn causes(&self) -> Vec<Vec<String>> {
        let irregular = self.ledger.non_compliant_of(shop(), None, 100).unwrap();
        irregular.into_iter().map(|found| found.record.causes).collect()
    }

    fn bodies(&self, kind: EventKind) -> Vec<String> {
        let of_kind = |row: &&Row| row.read().unwrap().header.subject == Subject::Event(kind);
        self.rows().iter().filter(of_kind).map(|row| row.body.clone().unwrap()).collect()
    }
}

fn names(causes: &[Cause]) -> Vec<String> {
    causes.iter().map(|cause| cause.name().to_owned()).collect()
}

fn number_of(sealing: &Sealing) -> u64 {
    sealing.sealed.header.invoice().unwrap().number.value()
}

#[test]
fn numbers_go_on_from_the_cloud_to_a_device_and_back() {
    let mut bench = Bench::new();
    bench.sell();
    bench.sell();
    let mut device = bench.hand_over();
    let third = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    assert_eq!(third.record.header.invoice().unwrap().number.value(), 3);
    device.close(bench.now());
    let taken = bench.deliver_all(&device);
    assert_eq!((taken.entered, taken.again, taken.non_compliant.len()), (2, None, 0));
    assert_eq!(taken.held.unwrap().newest.unwrap().number.value(), 3);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert_eq!(number_of(&bench.sell().1), 4);
    bench.hand_to(&mut device);
    let fifth = device.seal(&sale(SHOP, bench.now(), 51, "1"), bench.now());
    assert_eq!(fifth.record.header.invoice().unwrap().number.value(), 5);
    assert!(bench.deliver_all(&device).non_compliant.is_empty());
}

#[test]
fn the_records_of_a_hand_over_say_what_the_referee_wants_to_know() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = bench.hand_over();
    let own_before =
        bench.rows().iter().filter(|row| row.place.chain.signer == bench.signer.device()).count();
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let close = device.close(bench.now());
    bench.deliver_all(&device);
    let recorded = bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert_eq!(bench.bodies(EventKind::Close)[0], r#"{"signer":"cloud","to":"DEF-000001","last_number":1}"#);
    let row = recorded.row;
    let record = row.read().unwrap();
    assert_eq!(record.link.previous, close.record.hash(), "it names the record with which the device left");
    // Its own anchor of the last delivery stands between.
    assert_eq!(record.link.position.value(), own_before as u64 + 2);
    let own = bench.database.clone().at(crate::Place { position: record.link.position, ..row.place });
    assert_eq!(own.unwrap().unwrap(), row);
    let before = bench.rows().into_iter().find(|other| {
        other.place.position.next() == Some(row.place.position) && other.place.chain == row.place.chain
    });
    let expected = format!(
        r#"{{"signer":"cloud","from":"DEF-000001","public_key":"{}","next_number":3,"close_hash":"{}","own_previous":"{}"}}"#,
        <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(
            &bench.signer.active_key().unwrap().to_spki()
        ),
        close.record.hash(),
        before.unwrap().read().unwrap().hash(),
    );
    assert_eq!(row.body.unwrap(), expected);
}

#[test]
fn while_a_device_holds_the_line_a_sale_is_refused_and_what_is_known_is_answered() {
    let mut bench = Bench::new();
    let (payload, first) = bench.sell();
    bench.seal(&payload, Some("till-1-0001")).unwrap_err();
    let keyed = bench.payload();
    let second = bench.seal(&keyed, Some("till-1-0002")).unwrap();
    let device = bench.hand_over();
    let fresh = bench.payload();
    let refusal = bench.seal(&fresh, Some("till-1-0003")).unwrap_err();
    assert!(
        matches!(refusal, Refusal::HandedOver { device: holder } if holder == device.id()),
        "{refusal:?}"
    );
    assert_eq!(bench.seal(&keyed, Some("till-1-0002")).unwrap().sealed, second.sealed);
    let replayed = bench.seal(&payload, None).unwrap_err();
    assert!(matches!(replayed, Refusal::Replay { number, .. } if number.value() == number_of(&first)));
    assert!(matches!(bench.seal(&payload, Some("till-1-0002")), Err(Refusal::KeyReused)));
}

#[test]
fn leaving_and_entering_again_repeat_their_records() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    let left = bench.ledger.leave(shop(), device.id(), None).unwrap();
    let again = bench.ledger.leave(shop(), device.id(), None).unwrap();
    assert_eq!((left.repeated, again.repeated, &left.row), (false, true, &again.row));
    let other: DeviceId = "DEF-000002".parse().unwrap();
    let refusal = bench.ledger.leave(shop(), other, None).unwrap_err();
    assert!(matches!(refusal, Refusal::HandedOver { .. }), "{refusal:?}");
    device.enter(&bench.terms(), bench.now());
    assert!(!bench.ledger.line(shop()).unwrap().entered);
    bench.deliver_all(&device);
    assert!(bench.ledger.line(shop()).unwrap().entered);
    let early = bench.ledger.enter(shop(), device.id(), None).unwrap_err();
    assert!(matches!(early, Refusal::NotClosed { device: holder } if holder == device.id()), "{early:?}");
    device.close(bench.now());
    bench.deliver_all(&device);
    assert!(matches!(bench.ledger.enter(shop(), other, None), Err(Refusal::HandedOver { .. })));
    let entered = bench.ledger.enter(shop(), device.id(), None).unwrap();
    bench.sell();
    let again = bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert_eq!((entered.repeated, again.repeated, &entered.row), (false, true, &again.row));
    assert!(matches!(bench.ledger.enter(shop(), other, None), Err(Refusal::NotHolder { .. })));
    assert_eq!(bench.ledger.line(shop()).unwrap().holder, Holder::Own);
}

#[test]
fn a_close_of_before_does_not_give_the_line_back_that_was_given_again() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    bench.ledger.leave(shop(), device.id(), None).unwrap();
    let refusal = bench.ledger.enter(shop(), device.id(), None).unwrap_err();
    assert!(matches!(refusal, Refusal::NotClosed { .. }), "{refusal:?}");
}

#[test]
fn a_line_that_nothing_was_sold_on_goes_over_and_back_from_number_1() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    assert_eq!(bench.bodies(EventKind::Close)[0], r#"{"signer":"cloud","to":"DEF-000001","last_number":0}"#);
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert!(bench.bodies(EventKind::HandOver)[1].contains(r#""next_number":1,"#));
    assert_eq!(number_of(&bench.sell().1), 1);
}

#[test]
fn nothing_that_comes_back_is_earlier_than_the_device_s_close() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = bench.hand_over();
    let ahead = Timestamp::from_unix(NOW + 2).unwrap();
    device.close(ahead);
    bench.deliver_all(&device);
    let recorded = bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert_eq!(recorded.row.time, ahead);
    let mut device = {
        bench.hand_to(&mut device);
        device
    };
    device.close(Timestamp::from_unix(NOW + 60).unwrap());
    bench.deliver_all(&device);
    let refusal = bench.ledger.enter(shop(), device.id(), None).unwrap_err();
    assert_eq!(refusal.code(), "CLOCK_ROLLBACK_DETECTED");
    bench.later(60);
    assert!(bench.ledger.enter(shop(), device.id(), None).is_ok());
}

#[test]
fn a_lost_device_loses_the_line_to_a_new_epoch_and_its_key_at_the_last_number_held() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = bench.hand_over();
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    bench.deliver_all(&device);
    let unheard = device.seal(&sale(SHOP, bench.now(), 51, "1"), bench.now());
    let lost = Lost { device: device.id(), key: device.key().id(), reason: "lost" };
    let opened = bench.ledger.force(shop(), lost, None).unwrap();
    assert_eq!(opened.row.place.chain.epoch, Epoch(1));
    let revocation = bench.bodies(EventKind::Revocation).pop().unwrap();
    let expected = format!(
        r#"{{"signer":"DEF-000001","key_id":"{}","epoch":0,"last_number":2,"reason":"lost","time":"{}"}}"#,
        device.key().id(),
        bench.now()
    );
    assert_eq!(revocation, expected);
    let unreported =
        r#"{"reason":"unreported","epoch":0,"last_position":3,"last_number":2,"signer":"DEF-000001"}"#;
    assert_eq!(bench.bodies(EventKind::Flag), [unreported]);
    let again = bench.ledger.force(shop(), lost, None).unwrap();
    assert_eq!((again.repeated, &again.row), (true, &opened.row));
    let (_, first) = bench.sell();
    assert_eq!((first.sealed.header.epoch, number_of(&first)), (Epoch(1), 1));
    // What it delivers still is kept in its old chain, and flagged.
    let taken = bench.deliver(&device, vec![unheard]);
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::EpochOver]));
    let other = Lost { device: "DEF-000009".parse().unwrap(), ..lost };
    assert!(matches!(bench.ledger.force(shop(), other, None), Err(Refusal::NotHolder { .. })));
}

#[test]
fn a_new_epoch_is_later_than_any_that_a_device_has_begun() {
    let mut bench = Bench::new();
    bench.sell();
    let device = bench.hand_over();
    // It was reset by the authority while it held the line.
    let mut reset = TestDevice::new(SHOP, DEVICE, Epoch(1));
    reset.boot(bench.now());
    reset.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    assert_eq!(bench.deliver_all(&reset).entered, 2);
    let lost = Lost { device: device.id(), key: device.key().id(), reason: "lost" };
    let opened = bench.ledger.force(shop(), lost, None).unwrap();
    assert_eq!(opened.row.place.chain.epoch, Epoch(2));
    assert_eq!(bench.sell().1.sealed.header.epoch, Epoch(2));
    assert!(bench.ledger.force(shop(), lost, None).unwrap().repeated);
}

#[test]
fn a_restored_epoch_flags_the_line_of_the_device_that_held_it_and_takes_it_back() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = bench.hand_over();
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    bench.deliver_all(&device);
    bench.ledger.open_epoch(shop(), crate::EpochReason::Restored, None, None).unwrap();
    let flags = bench.bodies(EventKind::Flag);
    assert!(flags[0].contains(r#""reason":"unreported""#) && !flags[0].contains("signer"), "{flags:?}");
    assert!(flags[1].ends_with(r#""last_position":3,"last_number":2,"signer":"DEF-000001"}"#), "{flags:?}");
    assert_eq!(bench.ledger.line(shop()).unwrap().holder, Holder::Own);
    assert_eq!(number_of(&bench.sell().1), 1);
}

#[test]
fn what_is_held_already_is_passed_over_and_a_gap_is_asked_for_again() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = bench.hand_over();
    for till in 50..54 {
        device.seal(&sale(SHOP, bench.now(), till, "1"), bench.now());
    }
    let journal = device.journal.clone();
    let gap = bench.deliver(&device, journal[4..].to_vec());
    assert_eq!((gap.entered, gap.again.map(fiscal::Position::value)), (0, Some(3)));
    assert!(gap.unfit.is_empty() && bench.bodies(EventKind::Flag).is_empty(), "a gap is nothing to keep");
    let all = bench.deliver_all(&device);
    assert_eq!((all.entered, all.again, all.unfit.len()), (4, None, 0));
    let before = bench.rows().len();
    let again = bench.deliver_all(&device);
    assert_eq!((again.entered, again.again), (0, None));
    assert_eq!(again.held, all.held);
    assert_eq!(bench.rows().len(), before, "nothing is appended for nothing");
    let more = device.seal(&sale(SHOP, bench.now(), 60, "1"), bench.now());
    let overlap = bench.deliver(&device, [&journal[3..], &[more]].concat());
    assert_eq!((overlap.entered, overlap.again), (1, None));
    let anchors = bench.bodies(EventKind::Anchor);
    assert!(anchors.last().unwrap().contains(r#""first_position":7,"last_position":7"#), "{anchors:?}");
}

#[test]
fn another_record_in_the_place_of_a_held_one_is_kept_as_evidence_and_never_enters() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let mut twin = TestDevice::new(SHOP, DEVICE, Epoch(0));
    twin.boot(bench.now());
    twin.enter(&bench.terms(), bench.now());
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    bench.deliver_all(&device);
    let forked = twin.seal(&sale(SHOP, bench.now(), 51, "9"), bench.now());
    let behind = twin.seal(&sale(SHOP, bench.now(), 52, "9"), bench.now());
    let taken = bench.deliver(&twin, vec![forked.clone(), behind.clone()]);
    assert_eq!(taken.entered, 0);
    assert_eq!(taken.unfit.iter().map(|unfit| unfit.reason).collect::<Vec<_>>(), [UnfitReason::Fork]);
    let kept = bench.ledger.unfit(shop(), None, 10).unwrap();
    assert_eq!(kept[0].record, forked.record.to_bytes().to_vec());
    let flag = bench.bodies(EventKind::Flag).pop().unwrap();
    assert!(
        flag.starts_with(r#"{"reason":"unfit","signer":"DEF-000001","epoch":0,"position":3,"cause":"fork""#),
        "{flag}"
    );
    // The second time it is known, and one that goes on from it is told by its hash.
    let again = bench.deliver(&twin, vec![forked]);
    assert!(again.unfit.is_empty());
    let taken = bench.deliver(&twin, vec![behind]);
    assert_eq!(taken.unfit[0].reason, UnfitReason::Chain);
    assert_eq!(bench.ledger.flag_counts(shop()).unwrap().unfit, 2);
}

#[test]
fn records_of_another_signer_among_a_delivery_hold_nothing_up() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let mut other = TestDevice::new(SHOP, "DEF-000002", Epoch(0));
    let foreign = other.boot(bench.now());
    let one = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let two = device.seal(&sale(SHOP, bench.now(), 51, "1"), bench.now());
    let taken = bench.deliver(&device, vec![one, foreign, two]);
    assert_eq!((taken.entered, taken.again), (2, None));
    assert_eq!(taken.unfit[0].reason, UnfitReason::OtherChain);
}

#[test]
fn what_is_sealed_without_a_valid_certificate_or_behind_the_end_of_its_key_is_flagged_and_blocks_only_itself()
{
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let expired = Standing {
        certificates: vec![(Timestamp::EARLIEST, Timestamp::from_unix(NOW).unwrap())],
        ..device.standing()
    };
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    bench.later(1);
    device.seal(&sale(SHOP, bench.now(), 51, "1"), bench.now());
    let taken = bench.deliver_as(&expired, device.journal.clone());
    assert_eq!((taken.entered, taken.non_compliant.len()), (2, 1));
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::CertificateExpired]));
    let ended = crate::Ended {
        epoch: Epoch(0),
        number: taken.non_compliant[0].number,
        time: bench.now(),
        why: "lost",
    };
    device.seal(&sale(SHOP, bench.now(), 52, "1"), bench.now());
    let taken =
        bench.deliver_as(&Standing { ended: Some(ended), ..device.standing() }, device.journal.clone());
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::KeyEnded]));
    // The next is right again.
    device.seal(&sale(SHOP, bench.now(), 53, "1"), bench.now());
    assert!(bench.deliver_all(&device).non_compliant.is_empty());
}

#[test]
fn who_seals_without_the_line_or_behind_its_close_or_out_of_number_is_flagged() {
    let mut bench = Bench::new();
    bench.sell();
    let mut stranger = TestDevice::new(SHOP, "DEF-000002", Epoch(0));
    stranger.seal(&sale(SHOP, bench.now(), 40, "1"), bench.now());
    assert_eq!(bench.deliver_all(&stranger).non_compliant[0].causes, names(&[Cause::NotHolder]));
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    bench.ledger.leave(shop(), device.id(), None).unwrap();
    let terms = bench.terms();
    let skipped = CloseTerms { next_number: terms.next_number.next().unwrap(), ..terms };
    device.enter(&skipped, bench.now());
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    device.seal(&sale(SHOP, bench.now(), 51, "1"), bench.now());
    let taken = bench.deliver_all(&device);
    assert_eq!(taken.non_compliant.len(), 1, "the one behind it goes on: {taken:?}");
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::NumberNotNext]));
    device.close(bench.now());
    device.seal(&sale(SHOP, bench.now(), 52, "1"), bench.now());
    assert_eq!(bench.deliver_all(&device).non_compliant[0].causes, names(&[Cause::AfterClose]));
}

#[test]
fn a_hand_over_that_does_not_name_the_cloud_s_close_is_flagged() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    bench.ledger.leave(shop(), device.id(), None).unwrap();
    let made_up = CloseTerms { previous: fiscal::RecordHash([9; 32]), ..bench.terms() };
    device.enter(&made_up, bench.now());
    assert_eq!(bench.deliver_all(&device).non_compliant[0].causes, names(&[Cause::HandOverUnknown]));
    assert!(!bench.ledger.line(shop()).unwrap().entered);
}

#[test]
fn a_time_that_goes_back_is_flagged() {
    let mut bench = Bench::new();
    let device = bench.hand_over();
    let mut back = TestDevice::new(SHOP, DEVICE, Epoch(0));
    back.journal.clone_from(&device.journal);
    // The head keeps the later time, so the record is made by hand.
    let record = device.journal.last().unwrap().record;
    let mut head = Head::open(
        Chain {
            device: device.id(),
            key: device.key().id(),
            outlet: shop(),
            nif: "A2301457K".parse().unwrap(),
            epoch: Epoch(0),
        },
        HeadState {
            position: Some(record.link.position),
            number: None,
            hash: record.hash(),
            time: Timestamp::EARLIEST,
        },
    );
    let earlier = Timestamp::from_unix(NOW - 1).unwrap();
    let moment = Moment { now: earlier, tolerance_seconds: 0, counter: 0 };
    let linked = head.link_event(EventKind::Boot, PayloadHash::of(b"{}"), moment).unwrap();
    let key = Proven::prove(SigningKey::from_slice(&[b'1'; 32]).unwrap(), [1; 32]).unwrap();
    let sealed = linked.sign(&key).unwrap();
    let record = Delivered { record: *sealed.record(), body: "{}".to_owned(), idempotency_key: None };
    let taken = bench.deliver(&device, vec![record]);
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::TimeBack]));
    assert_eq!(taken.non_compliant[0].number, None);
    assert!(bench.bodies(EventKind::Flag)[0].contains(r#""number":null,"#));
}

#[test]
fn a_faulty_invoice_is_found_by_its_number_and_with_the_one_that_repeats_it() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let expired = Standing { certificates: Vec::new(), ..device.standing() };
    device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    bench.deliver_as(&expired, device.journal.clone());
    let number: fiscal::FiscalNumber = "KINGOMBE01-0-00000001".parse().unwrap();
    let found = bench.ledger.non_compliant(&number).unwrap().unwrap();
    assert_eq!((found.record.causes, found.reissued_by), (names(&[Cause::CertificateMissing]), None));
    let again = String::from_utf8(sale(SHOP, bench.now(), 51, "1")).unwrap();
    let again = again.strip_suffix('}').unwrap().to_owned()
        + r#","annex":{"ext":[["reissues","KINGOMBE01-0-00000001"]]}}"#;
    device.seal(again.as_bytes(), bench.now());
    assert!(bench.deliver_all(&device).non_compliant.is_empty());
    let listed = bench.ledger.non_compliant_of(shop(), None, 10).unwrap();
    assert_eq!(listed[0].reissued_by, Some("KINGOMBE01-0-00000002".parse().unwrap()));
    assert!(bench.ledger.non_compliant_of(shop(), Some(listed[0].flag), 10).unwrap().is_empty());
    assert_eq!(bench.ledger.non_compliant(&"KINGOMBE01-0-00000002".parse().unwrap()).unwrap(), None);
}

#[test]
fn a_delivered_sale_is_answered_under_its_key_and_refused_as_a_replay_without() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let payload = bench.payload();
    let mut sealed = device.seal(&payload, bench.now());
    sealed.idempotency_key = Some("till-1-0001".parse().unwrap());
    bench.deliver(&device, vec![sealed.clone()]);
    let again = bench.seal(&payload, Some("till-1-0001")).unwrap();
    assert_eq!((again.repeated, again.sealed.record()), (true, &sealed.record));
    assert!(matches!(bench.seal(&payload, None), Err(Refusal::Replay { .. })));
    let found = bench.ledger.invoice(&"KINGOMBE01-0-00000001".parse().unwrap()).unwrap().unwrap();
    assert_eq!(found.sealed.record(), &sealed.record);
}

#[test]
fn a_key_that_was_used_before_a_delivery_stays_with_its_first_sale() {
    let mut bench = Bench::new();
    let first = bench.payload();
    let sealed = bench.seal(&first, Some("till-1-0001")).unwrap();
    let mut device = bench.hand_over();
    let mut second = device.seal(&bench.payload(), bench.now());
    second.idempotency_key = Some("till-1-0001".parse().unwrap());
    assert_eq!(bench.deliver(&device, vec![second]).entered, 1);
    assert_eq!(bench.seal(&first, Some("till-1-0001")).unwrap().sealed, sealed.sealed);
}

#[test]
fn a_key_that_somebody_delivered_with_another_sale_is_free_for_who_sells_here() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let planted = bench.payload();
    let mut sealed = device.seal(&planted, bench.now());
    sealed.idempotency_key = Some("till-1-0002".parse().unwrap());
    bench.deliver(&device, vec![sealed]);
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    let own = bench.payload();
    let key = "till-1-0002".parse().unwrap();
    assert_eq!(bench.ledger.by_key(shop(), &key).unwrap().unwrap().body.unwrap().as_bytes(), planted);
    let first = bench.seal(&own, Some("till-1-0002")).unwrap();
    assert_eq!((first.repeated, number_of(&first)), (false, 2));
    assert_eq!(bench.seal(&own, Some("till-1-0002")).unwrap().sealed, first.sealed);
    assert_eq!(bench.ledger.by_key(shop(), &key).unwrap().unwrap().body.unwrap().as_bytes(), own);
    // What the device sealed under it is answered with its own bytes, and other bytes of here are refused.
    assert!(matches!(bench.seal(&planted, Some("till-1-0002")), Err(Refusal::KeyReused)));
    let other = bench.payload();
    assert!(matches!(bench.seal(&other, Some("till-1-0002")), Err(Refusal::KeyReused)));
}

#[test]
fn a_second_seal_of_a_sale_by_another_signer_is_flagged_until_one_of_them_is_voided() {
    let mut bench = Bench::new();
    let (payload, first) = bench.sell();
    let mut device = bench.hand_over();
    let second = device.seal(&payload, bench.now());
    let taken = bench.deliver(&device, vec![second.clone()]);
    assert_eq!(taken.duplicates.len(), 1);
    let flag = bench.bodies(EventKind::Flag).pop().unwrap();
    assert!(
        flag.contains(r#""reason":"duplicate""#) && flag.contains(&first.sealed.link.payload.to_string()),
        "{flag}"
    );
    let open = bench.ledger.duplicates(shop()).unwrap();
    assert_eq!(
        (open[0].first.number, open[0].second.number.map(|number| number.value())),
        (first.sealed.header.invoice().map(|facts| facts.number), Some(2))
    );
    bench.count += 1;
    let sealed = second.record.verify(&device.key()).unwrap();
    let note = credit_note(std::str::from_utf8(&payload).unwrap(), &sealed, bench.now(), bench.count);
    let note = note.replace(r#""nature":"RAM""#, r#""nature":"RAN""#);
    device.seal(note.as_bytes(), bench.now());
    let taken = bench.deliver_all(&device);
    assert!(taken.non_compliant.is_empty(), "{taken:?}");
    assert!(bench.ledger.duplicates(shop()).unwrap().is_empty());
}

#[test]
fn a_note_of_a_device_that_takes_back_more_than_is_left_is_flagged() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = bench.hand_over();
    for till in [1, 2] {
        bench.count += till;
        let note = bench.note(&original);
        device.seal(&note, bench.now());
    }
    let taken = bench.deliver_all(&device);
    assert_eq!((taken.entered, taken.non_compliant.len()), (2, 1));
    assert_eq!(taken.non_compliant[0].causes, names(&[Cause::CreditExceeds]));
    // One that credits what the device sealed in the very delivery is right.
    let sold = device.seal(&bench.payload(), bench.now());
    let sealed = sold.record.verify(&device.key()).unwrap();
    bench.count += 1;
    let note = credit_note(&sold.body, &sealed, bench.now(), bench.count);
    device.seal(note.as_bytes(), bench.now());
    assert!(bench.deliver_all(&device).non_compliant.is_empty());
}

fn original_of(sealing: &Sealing) -> Reference {
    Reference { epoch: sealing.sealed.header.epoch, number: sealing.sealed.header.invoice().unwrap().number }
}

#[test]
fn a_voucher_is_for_the_device_that_holds_the_line_and_keeps_the_original_until_it_is_over() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let expires = Timestamp::from_unix(NOW + 3_600).unwrap();
    let order = VoucherOrder { original: original_of(&original.1), device: DEVICE.parse().unwrap(), expires };
    let early = bench.ledger.vouch(shop(), order, None).unwrap_err();
    assert!(matches!(early, Refusal::NotHolder { .. }), "{early:?}");
    let mut device = bench.hand_over();
    let token = bench.ledger.vouch(shop(), order, None).unwrap();
    let mut buffer = [0; 3_072];
    let key = PublicKey::from(*SigningKey::from_slice(&[9; 32]).unwrap().verifying_key());
    let voucher = Unverified::<Voucher>::from_text(&token, &mut buffer).unwrap().verify(&key).unwrap();
    assert_eq!(voucher.body().account.terms().identity.number.value(), 1);
    assert_eq!(bench.ledger.vouch(shop(), order, None).unwrap(), token, "who lost the answer asks again");
    // Its own note is the device's to seal: the voucher does not stand in its way.
    let note = bench.note(&original);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::HandedOver { .. })));
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    assert!(
        matches!(bench.seal(&note, None), Err(Refusal::VoucherOut { .. })),
        "it may enter again and use it"
    );
    bench.later(3_601);
    assert!(bench.seal(&note, None).is_ok(), "who enters again now seals later than the voucher lasts");
}

#[test]
fn a_voucher_is_out_until_its_device_has_delivered_that_time() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = bench.hand_over();
    let expires = Timestamp::from_unix(NOW + 60).unwrap();
    let order = VoucherOrder { original: original_of(&original.1), device: device.id(), expires };
    bench.ledger.vouch(shop(), order, None).unwrap();
    let later = VoucherOrder { expires: Timestamp::from_unix(NOW + 7_200).unwrap(), ..order };
    assert!(matches!(bench.ledger.vouch(shop(), later, None), Err(Refusal::VoucherOut { .. })));
    bench.later(120);
    assert!(
        matches!(bench.ledger.vouch(shop(), later, None), Err(Refusal::VoucherOut { .. })),
        "it may have been used"
    );
    device.boot(bench.now());
    bench.deliver_all(&device);
    assert!(bench.ledger.vouch(shop(), later, None).is_ok());
}

#[test]
fn what_a_device_credited_by_a_voucher_is_not_credited_again() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = bench.hand_over();
    let expires = Timestamp::from_unix(NOW + 60).unwrap();
    let order = VoucherOrder { original: original_of(&original.1), device: device.id(), expires };
    bench.ledger.vouch(shop(), order, None).unwrap();
    let used = bench.note(&original);
    device.seal(&used, bench.now());
    bench.later(120);
    device.close(bench.now());
    assert!(bench.deliver_all(&device).non_compliant.is_empty());
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    let note = bench.note(&original);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::Credit(CreditFault::ExceedsOriginal { .. }))));
}

#[test]
fn what_a_device_sold_is_credited_here_once_the_line_is_back() {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let sold = device.seal(&bench.payload(), bench.now());
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    let sealed = sold.record.verify(&device.key()).unwrap();
    let note = |count| credit_note(&sold.body, &sealed, bench.now(), count);
    assert!(bench.seal(note(70).as_bytes(), None).is_ok());
    let more = bench.seal(note(71).as_bytes(), None);
    assert!(matches!(more, Err(Refusal::Credit(CreditFault::ExceedsOriginal { .. }))), "{more:?}");
}

#[test]
fn a_faulty_note_is_repeated_without_taking_twice_and_a_good_one_is_not() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = bench.hand_over();
    let note = bench.note(&original);
    device.seal(&note, bench.now());
    bench.deliver_as(&Standing { certificates: Vec::new(), ..device.standing() }, device.journal.clone());
    device.close(bench.now());
    bench.deliver_all(&device);
    bench.ledger.enter(shop(), device.id(), None).unwrap();
    let repeated = |note: Vec<u8>, number: &str| {
        let text = String::from_utf8(note).unwrap();
        let (payments, reference) = text.split_once(r#","reference":"#).unwrap();
        let (reference, _) = reference.split_once("}}").unwrap();
        format!(r#"{payments},"reference":{reference}}},"annex":{{"ext":[["reissues","{number}"]]}}}}"#)
            .into_bytes()
    };
    let first = repeated(bench.note(&original), "KINGOMBE01-0-00000002");
    let sealed = bench.seal(&first, None).unwrap();
    assert_eq!(number_of(&sealed), 3);
    let listed = bench.ledger.non_compliant_of(shop(), None, 10).unwrap();
    assert_eq!(listed[0].reissued_by, Some("KINGOMBE01-0-00000003".parse().unwrap()));
    // It took the place of the faulty one, and nothing takes its own.
    for number in ["KINGOMBE01-0-00000002", "KINGOMBE01-0-00000003"] {
        let more = repeated(bench.note(&original), number);
        assert!(matches!(bench.seal(&more, None), Err(Refusal::Credit(_))), "{number}");
    }
}

#[test]
fn a_stretch_that_is_verified_as_a_whole_is_refused_at_its_first_fault() {
    let bench = Bench::new();
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    let sealed = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let body = sealed.body.replace("Savon", "Savin");
    let altered = vec![Delivered { body, ..sealed.clone() }];
    assert_eq!(Delivery::verify(altered, &device.key()).unwrap_err(), DeliveryFault::Body(0));
    let other = PublicKey::from(*SigningKey::from_slice(&[4; 32]).unwrap().verifying_key());
    assert_eq!(Delivery::verify(vec![sealed], &other).unwrap_err(), DeliveryFault::Seal(0));
    assert_eq!(Delivery::verify(Vec::new(), &other).unwrap_err(), DeliveryFault::Empty);
    assert_eq!(Delivery::examine(Vec::new(), &device.standing()).unwrap_err(), DeliveryFault::Empty);
}

#[test]
fn another_process_learns_at_its_next_sale_that_the_line_went_or_came_back() {
    let mut bench = Bench::new();
    bench.sell();
    let other = bench.another();
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    other.leave(shop(), device.id(), None).unwrap();
    let payload = bench.payload();
    assert!(matches!(bench.seal(&payload, None), Err(Refusal::HandedOver { .. })));
    device.enter(&bench.terms(), bench.now());
    device.close(bench.now());
    let delivery = Delivery::examine(device.journal.clone(), &device.standing()).unwrap();
    other.deliver(delivery, None).unwrap();
    other.enter(shop(), device.id(), None).unwrap();
    assert_eq!(number_of(&bench.seal(&payload, None).unwrap()), 2);
    // A credit note is looked for first, and refused by nobody's old knowledge either.
    let original = bench.sell();
    bench.hand_to(&mut device);
    let note = bench.note(&original);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::HandedOver { .. })));
    device.close(bench.now());
    let delivery = Delivery::examine(device.journal.clone(), &device.standing()).unwrap();
    other.deliver(delivery, None).unwrap();
    other.enter(shop(), device.id(), None).unwrap();
    assert!(bench.seal(&note, None).is_ok());
}

#[test]
fn who_gave_the_line_and_took_it_is_in_the_log_of_acts() {
    let mut bench = Bench::new();
    let by =
        || Some(crate::By { actor: "owner".parse().unwrap(), tenant: None, request: "r-1".parse().unwrap() });
    let mut device = TestDevice::new(SHOP, DEVICE, Epoch(0));
    bench.ledger.leave(shop(), device.id(), by()).unwrap();
    device.enter(&bench.terms(), bench.now());
    device.close(bench.now());
    let delivery = Delivery::examine(device.journal.clone(), &device.standing()).unwrap();
    bench.ledger.deliver(delivery, by()).unwrap();
    bench.ledger.enter(shop(), device.id(), by()).unwrap();
    bench.hand_to(&mut device);
    let lost = Lost { device: device.id(), key: device.key().id(), reason: "broken" };
    bench.ledger.force(shop(), lost, by()).unwrap();
    // Asked for again nothing is done.
    bench.ledger.force(shop(), lost, by()).unwrap();
    let acts: Vec<&str> = bench.database.tables().acts.iter().map(|act| act.action).collect();
    assert_eq!(acts, ["line.leave", "delivery.take", "line.enter", "line.force"]);
}
