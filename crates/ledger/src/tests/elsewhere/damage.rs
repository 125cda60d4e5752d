//! What comes damaged, made up, or again and again.

use super::*;
use crate::{Cause, Standing, Unfit, UnfitReason};

/// A shop whose line a device holds that has sold twice, and the two sales.
fn sold_twice() -> (Bench, TestDevice, [Delivered; 2]) {
    let mut bench = Bench::new();
    let mut device = bench.hand_over();
    let sold = [50, 51].map(|till| device.seal(&sale(SHOP, bench.now(), till, "1"), bench.now()));
    (bench, device, sold)
}

fn damaged(right: &Delivered) -> Delivered {
    Delivered { body: right.body.replace("Savon", "Savin"), ..right.clone() }
}

/// With the signature of another record.
fn falsely_signed(right: &Delivered, other: &Delivered) -> Delivered {
    let mut record = right.record;
    record.signature = other.record.signature;
    Delivered { record, ..right.clone() }
}

impl Bench {
    /// What the device answers when it is asked from a position on.
    fn answer(&self, device: &TestDevice, from: u64, records: Vec<Delivered>) -> Taken {
        let delivery = Delivery::examine(records, &device.standing()).unwrap();
        let delivery = delivery.read_again(fiscal::Position::new(from).unwrap());
        self.ledger.deliver(delivery, None).unwrap()
    }

    fn force_line(&self, device: &TestDevice) {
        let lost = Lost { device: device.id(), key: device.key().id(), reason: "broken" };
        self.ledger.force(shop(), lost, None).unwrap();
    }

    fn kept(&self) -> Vec<UnfitReason> {
        self.ledger.unfit(shop(), None, 1_000).unwrap().iter().map(|unfit| unfit.reason).collect()
    }
}

fn again(taken: &Taken) -> (usize, Option<u64>) {
    (taken.entered, taken.again.map(fiscal::Position::value))
}

#[test]
fn what_comes_damaged_however_often_never_takes_the_place_of_the_right_one() {
    let (bench, device, [first, second]) = sold_twice();
    for wrong in [damaged(&first), falsely_signed(&first, &second)] {
        for _ in 0..3 {
            let taken = bench.deliver(&device, vec![wrong.clone(), second.clone()]);
            assert_eq!(again(&taken), (0, Some(3)));
            let taken = bench.answer(&device, 3, vec![wrong.clone(), second.clone()]);
            assert_eq!(
                again(&taken),
                (0, Some(3)),
                "the line goes on: the device has it right, or is broken"
            );
        }
    }
    assert_eq!(bench.kept().len(), 2, "each is kept once");
    let taken = bench.deliver(&device, vec![first.clone(), second]);
    assert_eq!((again(&taken), taken.non_compliant.len()), ((2, None), 0));
    assert!(matches!(bench.seal(first.body.as_bytes(), None), Err(Refusal::Replay { .. })));
    assert!(bench.causes().is_empty());
}

#[test]
fn of_a_line_that_was_given_up_what_the_device_answers_enters_as_damaged_as_it_is() {
    let (bench, device, [first, second]) = sold_twice();
    bench.force_line(&device);
    let records = vec![damaged(&first), second];
    assert_eq!(again(&bench.deliver(&device, records.clone())), (0, Some(3)));
    assert_eq!(again(&bench.deliver(&device, records.clone())), (0, Some(3)), "nobody was asked");
    assert_eq!(
        again(&bench.answer(&device, 2, records.clone())),
        (0, Some(3)),
        "it was asked something else"
    );
    assert_eq!(again(&bench.answer(&device, 3, records.clone())), (2, None));
    assert_eq!(bench.causes()[0], names(&[Cause::BodyDiffers, Cause::EpochOver]));
    let row = bench.rows().into_iter().find(|row| row.hash == first.record.link.payload).unwrap();
    assert_eq!(row.body, None);
    // The right one comes late, and is kept beside it.
    let taken = bench.deliver(&device, vec![first.clone()]);
    assert_eq!(again(&taken), (0, None));
    assert_eq!(taken.unfit[0].reason, UnfitReason::Completes);
    assert_eq!(taken.unfit[0].body, first.body.as_bytes());
    assert!(bench.deliver(&device, vec![first]).unfit.is_empty(), "once");
}

#[test]
fn a_signature_that_came_false_and_entered_is_kept_when_it_comes_right() {
    let (bench, device, [first, second]) = sold_twice();
    bench.force_line(&device);
    let wrong = falsely_signed(&first, &second);
    let alone = bench.answer(&device, 3, vec![wrong.clone()]);
    assert_eq!((again(&alone), alone.unfit[0].reason), ((0, Some(3)), UnfitReason::Signature));
    assert_eq!(again(&bench.answer(&device, 3, vec![wrong.clone(), second])), (2, None));
    assert_eq!(bench.causes()[0], names(&[Cause::SignatureFalse, Cause::EpochOver]));
    // It is known by its payload and its number, and has no seal to show.
    assert!(matches!(bench.seal(first.body.as_bytes(), None), Err(Refusal::Replay { .. })));
    let number = "KINGOMBE01-0-00000001".parse().unwrap();
    assert_eq!(bench.ledger.invoice(&number).unwrap_err().code(), "NOT_FOUND");
    // Held is held: alone and again it is no evidence of anything.
    assert!(bench.deliver(&device, vec![wrong]).unfit.is_empty());
    assert_eq!(bench.deliver(&device, vec![first]).unfit[0].reason, UnfitReason::Completes);
    assert_eq!(bench.kept(), [UnfitReason::Signature, UnfitReason::Completes]);
}

#[test]
fn who_has_no_key_makes_no_evidence_of_a_fork() {
    let (bench, device, [first, second]) = sold_twice();
    let mut made_up = falsely_signed(&first, &second);
    made_up.record.link.counter += 1;
    let taken = bench.deliver(&device, vec![first.clone(), made_up.clone(), second]);
    assert_eq!(taken.unfit[0].reason, UnfitReason::Signature);
    assert_eq!(again(&taken), (2, None));
    bench.deliver(&device, vec![made_up]);
    assert!(!bench.kept().contains(&UnfitReason::Fork), "{:?}", bench.kept());
}

#[test]
fn a_made_up_first_line_does_not_say_of_which_chain_the_rest_is() {
    let (bench, device, [first, second]) = sold_twice();
    let mut made_up = first.clone();
    made_up.record.header.epoch = Epoch(9);
    let taken = bench.deliver(&device, vec![made_up, first, second]);
    assert_eq!((again(&taken), taken.unfit.len()), ((2, None), 1));
    assert_eq!(taken.unfit[0].reason, UnfitReason::Signature);
}

#[test]
fn a_stretch_has_one_flag_and_a_day_so_much_evidence_and_no_more() {
    let (bench, device, [first, _]) = sold_twice();
    let flags = |bench: &Bench| bench.bodies(EventKind::Flag).len();
    let held = device.journal[0].clone();
    let made_up = |from: u64, count: u64| -> Vec<Delivered> {
        let others = (from..from + count).map(|counter| {
            let mut other = first.clone();
            other.record.header.epoch = Epoch(9);
            other.record.link.counter = counter;
            other
        });
        std::iter::once(held.clone()).chain(others).collect()
    };
    let taken = bench.deliver(&device, made_up(100, 10));
    assert_eq!((taken.unfit.len(), taken.unkept, flags(&bench)), (10, 0, 1));
    let most = Unfit::MOST_A_DAY;
    let taken = bench.deliver(&device, made_up(200, most as u64));
    assert_eq!((taken.unfit.len(), taken.unkept, flags(&bench)), (most - 10, 10, 2));
    let taken = bench.deliver(&device, made_up(400, 5));
    assert_eq!((taken.unfit.len(), taken.unkept, flags(&bench)), (0, 5, 2));
    assert_eq!(bench.kept().len(), most);
    bench.later(86_400);
    let taken = bench.deliver(&device, made_up(500, 5));
    assert_eq!((taken.unfit.len(), taken.unkept, flags(&bench)), (5, 0, 3));
}

#[test]
fn a_device_of_another_certificate_is_not_asked_for_what_is_right() {
    let (bench, device, _) = sold_twice();
    let standing = Standing { certificates: Vec::new(), ..device.standing() };
    let taken = bench.deliver_as(&standing, device.journal.clone());
    assert_eq!((again(&taken), taken.unfit.len(), taken.non_compliant.len()), ((2, None), 0, 2));
}
