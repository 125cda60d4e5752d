use def_engine::Memory;
use def_protocol::reply::Seal;
use def_sim::{ManualClock, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
};
use fiscal::{Chain, Epoch, Head, HeadState, Moment, Prefix, Sealed, Validated};
use serde_json::Value;
use signing::Signer;

use super::{Open, ready, ring};

/// One payload, a device and the cloud: every member of the seal is the same but the signer's id and what follows from
/// its key.
pub(super) fn the_cloud_seals_as_the_device_does(open: Open<'_>) {
    let ring = ring(open());
    let key = ready(&ring).unwrap();
    let prefix: Prefix = "KING".parse().unwrap();

    let world = World::new(64, 7);
    world.change(|state| state.clock = ManualClock::at(at(OPENING)));
    let authority = Authority::default();
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    assert_eq!(host.ask(&authority.initialisation())["status"], "OK");

    for number in 1..=3 {
        let payload = Sale::of("CAISSE-1", at(OPENING), 4, number).payload();
        let answer = host.sell(&payload);
        assert_eq!(answer["status"], "OK", "{answer}");
        let device: Seal = serde_json::from_value(answer).unwrap();

        let sale = Validated::read(payload.as_bytes()).unwrap().sale();
        let record = &device.record;
        let chain = Chain {
            device: ring.device(),
            key: key.id(),
            outlet: record.header.outlet,
            nif: "A2301457K".parse().unwrap(),
            epoch: Epoch(0),
        };
        // The chain as the device had it before this sale.
        let before = HeadState {
            position: fiscal::Position::new(device.position - 1),
            number: fiscal::InvoiceNumber::new(device.invoice_seq - 1),
            hash: device.previous_hash,
            time: at(OPENING),
        };
        let moment = Moment { now: device.timestamp, tolerance_seconds: 0, counter: device.counter };
        let linked = Head::open(chain, before).link(&sale, moment).unwrap();
        let sealed = ring.seal(vec![linked]).unwrap().remove(0);
        compare(&device, &sealed, prefix);
    }
}

fn compare(device: &Seal, cloud: &Sealed, prefix: Prefix) {
    let seal = Seal::of(cloud, prefix).unwrap();
    let [device_members, cloud_members] = [device, &seal].map(|seal| serde_json::to_value(seal).unwrap());
    let [Value::Object(one), Value::Object(other)] = [device_members, cloud_members] else { unreachable!() };
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let own = ["auth_code", "device_id", "qr_payload", "record_hash", "signature", "record"];
    for (name, value) in &one {
        assert_eq!(
            value == &other[name],
            !own.contains(&name.as_str()),
            "{name}: {value} and {}",
            other[name]
        );
    }

    // The header but for who and with which key, and all of the link.
    let (mut header, expected) = (cloud.header, device.record.header);
    assert_ne!((header.device, header.key), (expected.device, expected.key));
    (header.device, header.key) = (expected.device, expected.key);
    assert_eq!((header, cloud.link), (expected, device.record.link));

    // The QR text, field by field: device id, auth code, key id and signature are the signer's own.
    let fields = |seal: &Seal| seal.qr_payload.split('|').map(str::to_owned).collect::<Vec<_>>();
    let [one, other] = [fields(device), fields(&seal)];
    assert_eq!(one.len(), other.len());
    let differ: Vec<_> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    assert_eq!(differ.len(), 4, "{one:?} and {other:?}");
    assert_eq!(differ[..2], [0, 2]);
}
