//! What a receipt's QR code says, with and without a delegated key's credential.

#[path = "support/signer.rs"]
mod signer;

use fiscal::{
    AmountCap, Chain, Credential, CredentialFault, CredentialTerms, Epoch, EventKind, Head, HeadState,
    InvoiceNumber, IssueFault, Issuing, Moment, PayloadHash, Proven, Qr, QrFault, QrField, SealFault, Sealed,
    Signature, SignatureFault, Timestamp, Validated,
};
use p256::ecdsa::SigningKey;
use signer::{chain, issuing_key, key};

const SALE: &[u8] = include_bytes!("../../../vectors/canonical/valid_sale_ht_one_item.json");

fn sealed(key: &Proven<SigningKey>, last_number: u64) -> Sealed {
    let chain = Chain { epoch: Epoch(2), ..chain(key) };
    let now = "2026-02-04T10:15:31".parse().unwrap();
    let mut head =
        Head::open(chain, HeadState { number: InvoiceNumber::new(last_number), ..HeadState::START });
    let moment = Moment { now, tolerance_seconds: 0, counter: 0 };
    head.link(&Validated::read(SALE).unwrap().sale(), moment).unwrap().sign(key).unwrap()
}

fn terms(delegate: &Proven<SigningKey>) -> CredentialTerms {
    CredentialTerms {
        device: "BONO-USB-001".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(2),
        public_key: *delegate.public_key(),
        first: InvoiceNumber::new(1_000).unwrap(),
        count: 500,
        not_before: "2026-02-04T08:00:00".parse().unwrap(),
        hours: 12,
        cap: AmountCap::thousands(1_000).unwrap(),
    }
}

#[test]
fn the_text_begins_as_the_protocol_shows_and_reads_back_as_it_was_written() {
    let key = key(1);
    let sealed = sealed(&key, 104);
    let qr = Qr::of(&sealed, None).unwrap();
    let text = qr.to_text();
    let auth_code = sealed.signature.auth_code();
    assert!(
        text.starts_with(&format!("BONO-USB-001|105|{auth_code}|1|2|OUTLET-001|1|FV|2026-02-04T10:15:31|"))
    );
    assert_eq!(Qr::read(&text), Ok(qr.clone()));
    assert_eq!(Qr::read(&text).unwrap().to_text(), text);
    assert_eq!(qr.record_hash(), sealed.hash());
    assert_eq!(qr.verify(key.public_key()), Ok(()));
}

#[test]
fn every_changed_character_is_refused_or_does_not_verify() {
    let key = key(1);
    let text = Qr::of(&sealed(&key, 104), None).unwrap().to_text();
    for at in 0..text.len() {
        for replacement in ['0', '1', 'A', 'z', '|', '-', '_', '='] {
            let changed: String = text
                .char_indices()
                .map(|(index, character)| if index == at { replacement } else { character })
                .collect();
            if changed == text.as_str() {
                continue;
            }
            let Ok(read) = Qr::read(&changed) else { continue };
            let true_code = read.signature().auth_code() == read.auth_code();
            assert!(!true_code || read.verify(key.public_key()).is_err(), "{changed}");
        }
    }
}

/// An invoice whose every field is as long as it can be.
fn longest_payload() -> String {
    let line = r#"{"code":"A","description":"x","quantity":"-1","unit_price":"PRICE","tax_group":"g","taxable_unit":"u"}"#;
    let items: Vec<String> = (0..150)
        .map(|index| line.replace("PRICE", if index == 0 { "1000100000000.00" } else { "0.00" }))
        .collect();
    // At 899.89 %, the tax is as long as the total.
    format!(
        r#"{{"merchant_nif":"A12345678901234","outlet_id":"OUTLET-0123456789012","pos_terminal_id":"P","cashier_id":"C","invoice_type":"credit_note","timestamp":"9999-12-31T23:59:59","client":{{"registration":"","classification":"Individual"}},"items":[{}],"tax_groups":[{{"code":"g","name":"g","rate":"8.9989","base_amount":"-1000100000000.00","tax_amount":"-8999799890000.00"}}],"totals":{{"subtotal":"-1000100000000.00","total_vat":"-8999799890000.00","total":"-9999899890000.00","currency":"CDF"}},"payments":[{{"method":"cash","amount":"-9999899890000.00","instrument_id":""}}],"reference":{{"nature":"RRR"}}}}"#,
        items.join(",")
    )
}

#[test]
fn the_longest_text_has_314_characters_and_with_a_credential_460() {
    let key = key(1);
    let chain = Chain {
        device: "STELALA-0123456789AB".parse().unwrap(),
        key: key.public_key().id(),
        outlet: "OUTLET-0123456789012".parse().unwrap(),
        nif: "A12345678901234".parse().unwrap(),
        epoch: Epoch(u32::MAX),
    };
    let number = InvoiceNumber::new(InvoiceNumber::LAST.value() - 1);
    let mut head = Head::open(chain, HeadState { number, ..HeadState::START });
    let now = Timestamp::from_unix(u64::from(u32::MAX)).unwrap();
    let payload = longest_payload();
    let sale = Validated::read(payload.as_bytes()).unwrap().sale();
    let sealed =
        head.link(&sale, Moment { now, tolerance_seconds: 0, counter: 0 }).unwrap().sign(&key).unwrap();
    let text = Qr::of(&sealed, None).unwrap().to_text();
    assert_eq!(text.len(), 314);
    assert!(text.len() <= Qr::MAX_LENGTH_ONLINE);

    // The cap is far below such a total, so that no lease covers it: only the form is as long.
    let CredentialTerms { device, .. } = CredentialTerms { device: chain.device, ..terms(&key) };
    let lent =
        CredentialTerms { device, outlet: chain.outlet, nif: chain.nif, epoch: chain.epoch, ..terms(&key) };
    let first = InvoiceNumber::new(InvoiceNumber::LAST.value() - 499).unwrap();
    let lent = CredentialTerms { first, not_before: now, ..lent }.issue(&issuing_key(2)).unwrap();
    assert_eq!(lent.covers(&sealed.header), Err(CredentialFault::AboveCap));
    let key_id = text.split('|').nth(13).unwrap().len();
    let credential = "|".len() + Credential::LENGTH * 4 / 3;
    assert_eq!(text.len() - key_id + credential, Qr::MAX_LENGTH);
}

#[test]
fn each_field_has_one_form() {
    let text = Qr::of(&sealed(&key(1), 104), None).unwrap().to_text();
    let with = |field: usize, value: &str| {
        let mut fields: Vec<&str> = text.split('|').collect();
        fields[field] = value;
        Qr::read(&fields.join("|")).unwrap_err()
    };
    let wrong = [
        (0, "a b", QrField::Device),
        (1, "0105", QrField::Number),
        (1, "0", QrField::Number),
        (1, "+105", QrField::Number),
        (2, "UUUUUUUUUUUUUUUU", QrField::AuthCode),
        (3, "2", QrField::Version),
        (4, "4294967296", QrField::Epoch),
        (4, "02", QrField::Epoch),
        (6, "0", QrField::Items),
        (6, "151", QrField::Items),
        (7, "sale", QrField::InvoiceType),
        (8, "2026-02-04T10:15:31Z", QrField::Time),
        (9, "a1234567z", QrField::Nif),
        (10, "116", QrField::Total),
        (11, "-0.00", QrField::Vat),
        (12, "cdf", QrField::Currency),
        (13, "", QrField::Key),
        (14, "AAAA", QrField::Digest),
        (14, &"=".repeat(43), QrField::Digest),
    ];
    for (field, value, expected) in wrong {
        assert_eq!(with(field, value), QrFault::Field(expected), "{value}");
    }
    // The last character of 43 carries two bits that no byte uses: they are zero, or there would be two forms.
    let digest = text.split('|').nth(14).unwrap();
    let twin = char::from(digest.bytes().last().unwrap() + 1);
    assert_eq!(with(14, &format!("{}{twin}", &digest[..42])), QrFault::Field(QrField::Digest));
    assert_eq!(Qr::read("").unwrap_err(), QrFault::FieldCount);
    assert_eq!(Qr::read(&"|".repeat(14)).unwrap_err(), QrFault::FieldCount);
    assert_eq!(Qr::read(&"A".repeat(Qr::MAX_LENGTH + 1)).unwrap_err(), QrFault::TooLong);
}

#[test]
fn a_signature_of_the_upper_half_is_refused_on_a_receipt() {
    let sealed = sealed(&key(1), 104);
    let text = Qr::of(&sealed, None).unwrap().to_text();
    let signature = p256::ecdsa::Signature::from_slice(sealed.signature.as_bytes()).unwrap();
    let (r, s) = signature.split_scalars();
    let high = p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes();
    assert_eq!(Signature::from_bytes(high.into()), Err(SignatureFault::HighS));
    let mut buffer = [0; 86];
    let high = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode(&high, &mut buffer).unwrap();
    let (rest, _) = text.rsplit_once('|').unwrap();
    assert_eq!(Qr::read(&format!("{rest}|{high}")), Err(QrFault::Signature(SignatureFault::HighS)));
}

#[test]
fn a_record_that_is_no_invoice_has_no_qr_code_and_no_elements() {
    let key = key(1);
    let chain = chain(&key);
    let moment = Moment { now: Timestamp::EARLIEST, tolerance_seconds: 0, counter: 0 };
    let boot = Head::open(chain, HeadState::START)
        .link_event(EventKind::Boot, PayloadHash([0; 32]), moment)
        .unwrap();
    let boot = boot.sign(&key).unwrap();
    assert!(Qr::of(&boot, None).is_none());
    assert!(boot.elements("BONO".parse().unwrap(), None).is_none());
}

#[test]
fn the_five_elements_agree_with_each_other() {
    let sealed = sealed(&key(1), 104);
    let elements = sealed.elements("BONO".parse().unwrap(), None).unwrap();
    assert_eq!(elements.fiscal_number.to_string(), "BONO-2-00000105");
    let qr = Qr::read(&elements.qr).unwrap();
    assert_eq!(qr.auth_code(), elements.auth_code);
    assert_eq!(qr.header().time, elements.time);
    assert_eq!(qr.header().device, elements.device);
}

fn delegated_qr(
    last_number: u64,
    terms: CredentialTerms,
    issuer: &Proven<SigningKey, Issuing>,
) -> Option<Qr> {
    let credential = terms.issue(issuer).unwrap();
    let text = Qr::of(&sealed(&key(3), last_number), Some(&credential))?.to_text();
    Some(Qr::read(&text).unwrap())
}

fn verdict(qr: &Qr, issuer: &Proven<SigningKey, Issuing>) -> Result<(), CredentialFault> {
    let credential: &Credential = qr.credential().unwrap();
    assert_eq!(qr.verify(&credential.terms().public_key), Ok(()));
    credential.verify(issuer.public_key(), qr.header())
}

#[test]
fn a_delegated_seal_shows_its_credential_and_both_verify() {
    let (issuer, delegate) = (issuing_key(2), key(3));
    let qr = delegated_qr(1_041, terms(&delegate), &issuer).unwrap();
    assert_eq!(qr.credential().unwrap().terms(), &terms(&delegate));
    assert_eq!(verdict(&qr, &issuer), Ok(()));
    assert_eq!(verdict(&qr, &issuing_key(4)), Err(CredentialFault::OtherIssuer));
    assert_eq!(qr.verify(issuer.public_key()), Err(SealFault::OtherKey));
}

#[test]
fn a_delegate_may_seal_only_inside_its_block_hours_and_cap() {
    let (issuer, delegate) = (issuing_key(2), key(3));
    let terms = terms(&delegate);
    let hour = |text: &str| text.parse().unwrap();
    let outside_hours = Err(CredentialFault::OutsideHours);
    for (last_number, terms, expected) in [
        (998, terms, Err(CredentialFault::OutsideBlock)),
        (999, terms, Ok(())),
        (1_498, terms, Ok(())),
        (1_499, terms, Err(CredentialFault::OutsideBlock)),
        (1_041, CredentialTerms { not_before: hour("2026-02-04T10:15:31"), ..terms }, Ok(())),
        (1_041, CredentialTerms { not_before: hour("2026-02-04T10:15:32"), ..terms }, outside_hours),
        (1_041, CredentialTerms { not_before: hour("2026-02-03T22:15:32"), ..terms }, Ok(())),
        (1_041, CredentialTerms { not_before: hour("2026-02-03T22:15:31"), ..terms }, outside_hours),
        (
            1_041,
            CredentialTerms { cap: AmountCap::thousands(0).unwrap(), ..terms },
            Err(CredentialFault::AboveCap),
        ),
        (1_041, CredentialTerms { cap: AmountCap::thousands(1).unwrap(), ..terms }, Ok(())),
    ] {
        let sealed = sealed(&delegate, last_number);
        let credential = terms.issue(&issuer).unwrap();
        assert_eq!(credential.verify(issuer.public_key(), &sealed.header), expected, "{terms:?}");
        assert_eq!(
            Qr::of(&sealed, Some(&credential)).is_some(),
            expected.is_ok(),
            "no receipt shows what it may not"
        );
    }
}

#[test]
fn a_credential_for_someone_else_is_none() {
    let (issuer, delegate) = (issuing_key(2), key(3));
    let sealed = sealed(&delegate, 1_041);
    let terms = terms(&delegate);
    for stranger in [
        CredentialTerms { device: "OTHER".parse().unwrap(), ..terms },
        CredentialTerms { outlet: "OTHER".parse().unwrap(), ..terms },
        CredentialTerms { nif: "B1234567Z".parse().unwrap(), ..terms },
        CredentialTerms { epoch: Epoch(3), ..terms },
        CredentialTerms { public_key: *key(5).public_key(), ..terms },
    ] {
        let credential = stranger.issue(&issuer).unwrap();
        assert_eq!(
            credential.verify(issuer.public_key(), &sealed.header),
            Err(CredentialFault::OtherSubject)
        );
        assert!(Qr::of(&sealed, Some(&credential)).is_none());
    }
}

#[test]
fn terms_outside_the_limits_are_not_issued() {
    let (issuer, delegate) = (issuing_key(2), key(3));
    let terms = terms(&delegate);
    let last = InvoiceNumber::LAST;
    for (terms, possible) in [
        (CredentialTerms { count: 0, ..terms }, false),
        (CredentialTerms { count: 1, ..terms }, true),
        (CredentialTerms { count: 501, ..terms }, false),
        (CredentialTerms { hours: 11, ..terms }, false),
        (CredentialTerms { hours: 72, ..terms }, true),
        (CredentialTerms { hours: 73, ..terms }, false),
        (CredentialTerms { first: last, count: 1, ..terms }, true),
        (CredentialTerms { first: last, count: 2, ..terms }, false),
    ] {
        let issued = terms.issue(&issuer);
        assert_eq!(issued.is_ok(), possible, "{terms:?}");
        assert!(possible || matches!(issued, Err(IssueFault::Terms(CredentialFault::Terms))));
    }
    assert!(AmountCap::thousands(AmountCap::MAX_THOUSANDS).is_some());
    assert!(AmountCap::thousands(AmountCap::MAX_THOUSANDS + 1).is_none());
}
