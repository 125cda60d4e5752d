//! Orders, activations and registration requests, read as those read them to whom they speak.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod world;

use def_protocol::{
    Nonce,
    token::{
        Acknowledgement, Activation, Body, HandOver, NewState, Newest, Policy, Realm, StateChange,
        TaxManifest, TimeGrant, Token, TokenFault, Unverified,
    },
};
use fiscal::{DEFAULT_MANIFEST, DeviceId, Epoch, InvoiceNumber, RecordHash, Signature, UtcOffset};
use pki::*;
use signing::Attester;
use world::*;

fn device() -> DeviceId {
    subject().device
}

fn operator() -> Operator {
    Operator::new(Key::make(), Realm::Development)
}

fn read<'b, B: Body<'b>>(text: &str, buffer: &'b mut [u8; 8192], key: &fiscal::PublicKey) -> Token<'b, B> {
    Unverified::from_text(text, buffer).unwrap().verify(key).unwrap()
}

#[test]
fn a_device_is_told_to_leave_and_to_enter_from_now_on() {
    let operator = operator();
    let mut buffer = [0; 8192];
    let text = operator.leave(device(), Epoch(2), now()).unwrap();
    let token: Token<'_, HandOver> = read(&text, &mut buffer, &operator.public_key());
    assert_eq!(token.for_device(device(), Realm::Development, now()), Ok(()));
    let early = token.for_device(device(), Realm::Development, "2026-03-14T07:59:59".parse().unwrap());
    assert_eq!(early.unwrap_err(), TokenFault::TooEarly);
    assert_eq!(token.into_body(), HandOver::Leave { epoch: Epoch(2) });

    let terms = EnterTerms {
        epoch: Epoch(2),
        next_number: InvoiceNumber::new(58).unwrap(),
        previous: RecordHash([7; 32]),
        floor: now(),
    };
    let text = operator.enter(device(), terms, now()).unwrap();
    let token: Token<'_, HandOver> = read(&text, &mut buffer, &operator.public_key());
    let EnterTerms { epoch, next_number, previous, floor } = terms;
    assert_eq!(token.into_body(), HandOver::Enter { epoch, next_number, previous, floor });
}

#[test]
fn other_orders_hold_from_five_minutes_ago_for_a_day() {
    let operator = operator();
    let key = operator.public_key();
    let mut buffer = [0; 8192];
    let newest =
        Newest { epoch: Epoch(0), number: InvoiceNumber::new(9).unwrap(), hash: RecordHash([1; 32]) };
    let text = operator.acknowledge(device(), newest, true, now()).unwrap();
    let token: Token<'_, Acknowledgement> = read(&text, &mut buffer, &key);
    for (at, holds) in [("07:54:59", false), ("07:55:00", true), ("08:00:00", true)] {
        let at = format!("2026-03-14T{at}").parse().unwrap();
        assert_eq!(token.for_device(device(), Realm::Development, at).is_ok(), holds, "{at}");
    }
    assert!(token.for_device(device(), Realm::Development, after(86_400)).is_ok());
    assert!(token.for_device(device(), Realm::Development, after(86_401)).is_err());
    assert!(token.for_device(device(), Realm::Production, now()).is_err());
    assert_eq!(token.into_body(), Acknowledgement { newest, time: now(), revoke: true });

    let text = operator.state(device(), NewState::Revoked, "stolen", now()).unwrap();
    let token: Token<'_, StateChange<'_>> = read(&text, &mut buffer, &key);
    assert_eq!(token.into_body(), StateChange { state: NewState::Revoked, reason: "stolen" });
    let refused = operator.state(device(), NewState::Revoked, &"a".repeat(65), now());
    assert_eq!(refused.unwrap_err().code(), "PKI_TOKEN");

    let text = operator.manifest(device(), 3, DEFAULT_MANIFEST.groups, now()).unwrap();
    let token: Token<'_, TaxManifest<'_>> = read(&text, &mut buffer, &key);
    assert_eq!(token.into_body(), TaxManifest::new(3, DEFAULT_MANIFEST.groups));
}

#[test]
fn the_word_for_what_time_it_is_holds_for_one_challenge() {
    let operator = operator();
    let challenge = Nonce([3; 16]);
    let text = operator.time(device(), now(), challenge, None).unwrap();

    let bytes = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::decode_vec(&text).unwrap();
    let signature = Signature::from_bytes(bytes.try_into().unwrap()).unwrap();
    let grant =
        TimeGrant { realm: Realm::Development, device: device(), timestamp: now(), challenge, newest: None };
    grant.verify(&operator.public_key(), &signature).unwrap();
    let other = TimeGrant { challenge: Nonce([4; 16]), ..grant };
    assert!(other.verify(&operator.public_key(), &signature).is_err());
}

#[test]
fn an_activation_binds_a_device_that_stands_by() {
    let activator = Activator::new(Key::make(), Realm::Development);
    let [dgi, operator] = [Key::make().public_key(), Key::make().public_key()];
    let binding = Binding {
        nif: subject().nif,
        outlet: subject().outlet,
        prefix: "KINGOMBE01".parse().unwrap(),
        epoch: Epoch(4),
        offset: UtcOffset::KINSHASA,
        policy: Policy::default(),
        dgi,
        operator,
    };
    let text = activator.activate(device(), &binding, now()).unwrap();
    let mut buffer = [0; 8192];
    let token: Token<'_, Activation> = read(&text, &mut buffer, &activator.public_key());
    assert!(token.for_device(device(), Realm::Development, now()).is_ok());
    assert!(token.for_device("DEF-2".parse().unwrap(), Realm::Development, now()).is_err());
    let body = token.into_body();
    assert_eq!(body.first_number, None);
    assert_eq!((body.nif, body.outlet, body.prefix), (binding.nif, binding.outlet, binding.prefix));
    assert_eq!((body.epoch, body.dgi, body.operator), (Epoch(4), dgi, operator));
}

#[test]
fn an_activation_is_known_again_by_who_made_it_and_no_other_is_taken_for_it() {
    let activator = Activator::new(Key::make(), Realm::Development);
    let [dgi, operator] = [Key::make().public_key(), Key::make().public_key()];
    let binding = Binding {
        nif: subject().nif,
        outlet: subject().outlet,
        prefix: "KINGOMBE01".parse().unwrap(),
        epoch: Epoch(4),
        offset: UtcOffset::KINSHASA,
        policy: Policy::default(),
        dgi,
        operator,
    };
    let text = activator.activate(device(), &binding, now()).unwrap();
    assert_eq!(activator.verify(&text, device(), &binding), Ok(Epoch(4)));
    let later = Binding { epoch: Epoch(5), offset: UtcOffset::LUBUMBASHI, ..binding };
    assert_eq!(activator.verify(&text, device(), &later), Ok(Epoch(4)), "a reset brings it to the line");
    assert!(activator.verify(&text, "DEF-2".parse().unwrap(), &binding).is_err());
    for other in [
        Binding { nif: "B7654321X".parse().unwrap(), ..binding },
        Binding { outlet: "OTHER".parse().unwrap(), ..binding },
        Binding { prefix: "OTHER01".parse().unwrap(), ..binding },
        Binding { epoch: Epoch(3), ..binding },
        Binding { dgi: operator, ..binding },
        Binding { operator: dgi, ..binding },
    ] {
        assert!(activator.verify(&text, device(), &other).is_err(), "{other:?}");
    }
    let production = Activator::new(Key::make(), Realm::Production);
    assert!(production.verify(&text, device(), &binding).is_err());
    let stranger = Activator::new(Key::make(), Realm::Development);
    assert!(
        activator.verify(&stranger.activate(device(), &binding, now()).unwrap(), device(), &binding).is_err()
    );
    assert!(activator.verify("activation", device(), &binding).is_err());
}

#[test]
fn a_registration_request_is_believed_as_it_was_signed_and_not_otherwise() {
    let World { issuing, device, .. } = World::new("Trial");
    let key = Key::make();
    let request = RegistrationRequest::new(&Registration {
        requested: now(),
        prefix: "KINGOMBE01".parse().unwrap(),
        epoch: Epoch(0),
        firmware_version: "1.2.0",
        activated: now(),
        activation_record: Some(&[1, 2, 3]),
        certificate: &device,
        issuers: &issuing.chain_pem(),
    });
    let text = request.sign(key.as_ref()).unwrap();
    let read = RegistrationRequest::verify(&text, &key.public_key()).unwrap();
    assert_eq!(read, request);
    assert_eq!(read.certificate().unwrap(), device);
    assert_eq!((read.device(), read.outlet()), (Some(subject().device), Some(subject().outlet)));
    let other = RegistrationRequest::verify(&text, &Key::make().public_key());
    assert_eq!(other, Err(RegistrationFault::SignatureFalse));
    for at in 0..text.len() {
        let mut altered = text.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(RegistrationRequest::verify(&altered, &key.public_key()).is_err(), "character {at}");
    }
}
