//! What other signers sealed, and leave to credit there.

use super::*;

/// A fiscal memory of the shop that seals beside the ledger.
struct Device {
    key: Proven<SigningKey>,
    head: Head,
}

impl Device {
    fn new() -> Self {
        let key = Proven::prove(SigningKey::from_slice(&[3; 32]).unwrap(), [1; 32]).unwrap();
        let chain = Chain {
            device: "DEF-000001".parse().unwrap(),
            key: key.public_key().id(),
            outlet: SHOP.parse().unwrap(),
            nif: "A2301457K".parse().unwrap(),
            epoch: Epoch(0),
        };
        Self { key, head: Head::open(chain, HeadState::START) }
    }

    fn moment(now: Timestamp) -> Moment {
        Moment { now, tolerance_seconds: 120, counter: 0 }
    }

    fn seal(&mut self, payload: &[u8], now: Timestamp) -> Delivered {
        let validated = Validated::read(payload).unwrap();
        let linked = self.head.link(&validated.sale(), Self::moment(now)).unwrap();
        self.delivered(linked, std::str::from_utf8(payload).unwrap())
    }

    fn boot(&mut self, now: Timestamp) -> Delivered {
        let body = "{}";
        let hash = PayloadHash::of(body.as_bytes());
        let linked = self.head.link_event(EventKind::Boot, hash, Self::moment(now)).unwrap();
        self.delivered(linked, body)
    }

    fn delivered(&self, linked: fiscal::Linked, body: &str) -> Delivered {
        let sealed = linked.sign(&self.key).unwrap();
        Delivered { record: *sealed.record(), body: body.to_owned() }
    }

    fn deliver(&self, records: Vec<Delivered>) -> Result<Delivery, DeliveryFault> {
        Delivery::verify(records, self.key.public_key())
    }
}

#[test]
fn what_a_device_sealed_is_kept_and_anchored_and_must_follow_what_is_held() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = Device::new();
    let first = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let second = device.seal(&sale(SHOP, bench.now(), 51, "2"), bench.now());
    let third = device.seal(&sale(SHOP, bench.now(), 52, "3"), bench.now());
    bench.ledger.deliver(device.deliver(vec![first.clone()]).unwrap()).unwrap();
    let gap = bench.ledger.deliver(device.deliver(vec![third.clone()]).unwrap()).unwrap_err();
    assert!(matches!(gap, Refusal::NotNext { held: 1 }));
    let twice = bench.ledger.deliver(device.deliver(vec![first]).unwrap()).unwrap_err();
    assert!(matches!(twice, Refusal::NotNext { held: 1 }));
    let anchor = bench.ledger.deliver(device.deliver(vec![second, third]).unwrap()).unwrap();
    let body = anchor.row.body.unwrap();
    assert!(body.contains(r#""first_position":2,"last_position":3"#), "{body}");
    assert_eq!(bench.rows().iter().filter(|row| row.place.chain.signer.as_str() == "DEF-000001").count(), 3);
}

#[test]
fn a_delivery_that_was_altered_is_refused() {
    let bench = Bench::new();
    let mut device = Device::new();
    let sealed = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let body = sealed.body.replace("Savon", "Savin");
    let altered = vec![Delivered { body, ..sealed.clone() }];
    assert_eq!(device.deliver(altered).unwrap_err(), DeliveryFault::Body(0));
    let other = PublicKey::from(*SigningKey::from_slice(&[4; 32]).unwrap().verifying_key());
    assert_eq!(Delivery::verify(vec![sealed], &other).unwrap_err(), DeliveryFault::Seal(0));
}

#[test]
fn a_second_seal_of_a_sale_by_another_signer_is_flagged() {
    let mut bench = Bench::new();
    let (payload, first) = bench.sell();
    let mut device = Device::new();
    let second = device.seal(&payload, bench.now());
    bench.ledger.deliver(device.deliver(vec![second]).unwrap()).unwrap();
    assert_eq!(bench.events(), [EventKind::Provisioned, EventKind::Anchor, EventKind::Flag]);
    let flag = bench
        .rows()
        .iter()
        .rev()
        .find(|row| row.read().unwrap().header.subject == Subject::Event(EventKind::Flag))
        .unwrap()
        .body
        .clone()
        .unwrap();
    assert!(
        flag.contains(r#""reason":"duplicate""#) && flag.contains(&first.sealed.link.payload.to_string()),
        "{flag}"
    );
}

#[test]
fn a_sale_that_a_device_sealed_is_not_sealed_again_here() {
    let mut bench = Bench::new();
    let payload = bench.payload();
    let mut device = Device::new();
    let sealed = device.seal(&payload, bench.now());
    bench.ledger.deliver(device.deliver(vec![sealed]).unwrap()).unwrap();
    assert!(matches!(bench.seal(&payload, Some("till-1-0001")), Err(Refusal::Replay { .. })));
}

fn original_of(sealing: &Sealing) -> Reference {
    Reference { epoch: sealing.sealed.header.epoch, number: sealing.sealed.header.invoice().unwrap().number }
}

#[test]
fn a_voucher_keeps_the_original_until_its_device_has_delivered_that_time() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = Device::new();
    let expires = Timestamp::from_unix(NOW + 3_600).unwrap();
    let order =
        VoucherOrder { original: original_of(&original.1), device: "DEF-000001".parse().unwrap(), expires };
    let shop: OutletId = SHOP.parse().unwrap();
    let token = bench.ledger.vouch(shop, order, None).unwrap();
    let mut buffer = [0; 3_072];
    let key = PublicKey::from(*SigningKey::from_slice(&[9; 32]).unwrap().verifying_key());
    let voucher = Unverified::<Voucher>::from_text(&token, &mut buffer).unwrap().verify(&key).unwrap();
    assert_eq!(voucher.body().account.terms().identity.number.value(), 1);
    let note = bench.note(&original);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::VoucherOut { .. })));
    assert_eq!(bench.ledger.vouch(shop, order, None).unwrap(), token, "who lost the answer asks again");
    let other = VoucherOrder { device: "DEF-000002".parse().unwrap(), ..order };
    assert_eq!(bench.ledger.vouch(shop, other, None).unwrap_err().code(), "ORIGINAL_ELSEWHERE");
    bench.later(7_200);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::VoucherOut { .. })), "it may have been used");
    let boot = device.boot(bench.now());
    bench.ledger.deliver(device.deliver(vec![boot]).unwrap()).unwrap();
    assert!(bench.seal(&note, None).is_ok());
}

#[test]
fn what_a_device_credited_by_a_voucher_is_not_credited_again() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let mut device = Device::new();
    let expires = Timestamp::from_unix(NOW + 60).unwrap();
    let order =
        VoucherOrder { original: original_of(&original.1), device: "DEF-000001".parse().unwrap(), expires };
    bench.ledger.vouch(SHOP.parse().unwrap(), order, None).unwrap();
    let used = bench.note(&original);
    let used = device.seal(&used, bench.now());
    bench.later(120);
    let boot = device.boot(bench.now());
    bench.ledger.deliver(device.deliver(vec![used, boot]).unwrap()).unwrap();
    let note = bench.note(&original);
    assert!(matches!(bench.seal(&note, None), Err(Refusal::Credit(CreditFault::ExceedsOriginal { .. }))));
}
