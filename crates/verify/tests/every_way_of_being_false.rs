//! For each rule of the referee, something that breaks it; a rule that nothing here breaks fails the test.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    Amount, AmountCap, CredentialTerms, Epoch, InvoiceNumber, Position, Proven, Record, RecordHash, Subject,
};
use p256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};
use support::{
    Entry, at, bundle_of, delegated_qr, journal, key, purpose, qr, resealed, sale, seal_sale, serial, terms,
    trust,
};
use verify::{Finding, KeyUse, KnownHead, Language, Referee, Rule, Trust, verify_payload_of, verify_qr};

struct Case {
    expected: Rule,
    findings: Vec<Finding>,
}

fn case(expected: Rule, findings: Vec<Finding>) -> Case {
    Case { expected, findings }
}

fn of_qr(text: &str, trust: &Trust) -> Vec<Finding> {
    verify_qr(text, trust).findings
}

fn with_field(text: &str, field: usize, value: &str) -> String {
    let mut fields: Vec<&str> = text.split('|').collect();
    fields[field] = value;
    fields.join("|")
}

fn receipts() -> Vec<Case> {
    let text = qr(&key(1));
    let trusted = trust(key(1));
    let range = |first, last| match purpose(&key(1)) {
        KeyUse::Seal { device, outlet, nif, .. } => KeyUse::Seal { device, outlet, nif, first, last },
        KeyUse::Issue => KeyUse::Issue,
    };
    let owner = |device: &str, outlet: &str, nif: &str| {
        let (device, outlet, nif) = (device.parse().unwrap(), outlet.parse().unwrap(), nif.parse().unwrap());
        bundle_of([(key(1), KeyUse::Seal { device, outlet, nif, first: serial(0, 1), last: None })])
    };
    let (zero, high) = ("A".repeat(86), upper_half(&text));
    vec![
        case(Rule::QrTooLong, of_qr(&"A".repeat(461), &trusted)),
        case(Rule::QrFieldCount, of_qr("https://example.cd/", &trusted)),
        case(Rule::QrField(fiscal::QrField::Number), of_qr(&with_field(&text, 1, "0105"), &trusted)),
        case(Rule::SignatureForm, of_qr(&with_field(&text, 15, &zero), &trusted)),
        case(Rule::SignatureHighS, of_qr(&with_field(&text, 15, &high), &trusted)),
        case(Rule::AuthCodeMismatch, of_qr(&with_field(&text, 2, "0123456789ABCDEF"), &trusted)),
        case(Rule::KeyUnknown, of_qr(&text, &trust(key(2)))),
        case(Rule::KeyUnknown, of_qr(&text, &Trust::Keys(vec![*key(2).public_key()]))),
        case(Rule::KeyUse, of_qr(&text, &bundle_of([(key(1), KeyUse::Issue)]))),
        case(Rule::SignatureFalse, of_qr(&with_field(&text, 10, "11.60"), &trusted)),
        case(Rule::SignerMismatch, of_qr(&text, &owner("OTHER", "OUTLET-001", "A1234567Z"))),
        case(Rule::OutletMismatch, of_qr(&text, &owner("BONO-USB-001", "OTHER", "A1234567Z"))),
        case(Rule::NifMismatch, of_qr(&text, &owner("BONO-USB-001", "OUTLET-001", "B1234567Z"))),
        case(Rule::BeforeFirst, of_qr(&text, &bundle_of([(key(1), range(serial(0, 106), None))]))),
        case(Rule::BeforeFirst, of_qr(&text, &bundle_of([(key(1), range(serial(1, 1), None))]))),
        case(
            Rule::AfterLast,
            of_qr(&text, &bundle_of([(key(1), range(serial(0, 1), Some(serial(0, 104))))])),
        ),
    ]
}

fn upper_half(text: &str) -> String {
    let low = Base64UrlUnpadded::decode_vec(text.rsplit('|').next().unwrap()).unwrap();
    let (r, s) = p256::ecdsa::Signature::from_slice(&low).unwrap().split_scalars();
    Base64UrlUnpadded::encode_string(&p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes())
}

fn delegated_receipts() -> Vec<Case> {
    let (issuer, terms) = (key(2), terms(&key(3)));
    let trusted = bundle_of([(key(2), KeyUse::Issue)]);
    let text = |terms, last_number| delegated_qr(terms, &issuer, last_number);
    let later = "2026-02-04T12:00:01".parse().unwrap();
    let never_lent = CredentialTerms { hours: 73, ..terms };
    vec![
        case(Rule::IssuerUse, of_qr(&text(terms, 1_041), &bundle_of([(key(2), purpose(&key(2)))]))),
        case(Rule::KeyUnknown, of_qr(&text(terms, 1_041), &bundle_of([(key(4), KeyUse::Issue)]))),
        case(
            Rule::CredentialFalse,
            of_qr(&with_credential(&text(terms, 1_041), |bytes| bytes[37] += 1), &trusted),
        ),
        case(
            Rule::CredentialTerms,
            of_qr(&signed_by_hand(&text(terms, 1_041), &never_lent, &issuer), &trusted),
        ),
        case(Rule::CredentialBlock, of_qr(&text(terms, 1_499), &trusted)),
        case(
            Rule::CredentialHours,
            of_qr(&text(CredentialTerms { not_before: later, ..terms }, 1_041), &trusted),
        ),
        case(
            Rule::CredentialCap,
            of_qr(&text(CredentialTerms { cap: AmountCap::thousands(0).unwrap(), ..terms }, 1_041), &trusted),
        ),
    ]
}

/// Changes the bytes of the credential on a receipt.
fn with_credential(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (rest, credential) = text.rsplit_once('|').unwrap();
    let mut credential = Base64UrlUnpadded::decode_vec(credential).unwrap();
    change(&mut credential);
    format!("{rest}|{}", Base64UrlUnpadded::encode_string(&credential))
}

/// An issuer that signs terms which our code would not: hours past the limit, byte by byte from `docs/formats.md`.
fn signed_by_hand(text: &str, terms: &CredentialTerms, issuer: &Proven<SigningKey>) -> String {
    let mut signed = b"stelala-lease--1".to_vec();
    for id in [terms.device.as_str(), terms.outlet.as_str(), terms.nif.as_str()] {
        signed.push(u8::try_from(id.len()).unwrap());
        signed.extend(id.as_bytes());
    }
    signed.extend(terms.epoch.0.to_be_bytes());
    signed.extend(terms.public_key.to_compressed());
    signed.extend(terms.first.value().to_be_bytes());
    signed.extend(terms.count.to_be_bytes());
    signed.extend(terms.not_before.unix().to_be_bytes());
    signed.push(terms.hours);
    signed.extend(1_000_u32.to_be_bytes());
    signed.extend(issuer.public_key().id().0);
    let signature = issuer.sign(&RecordHash(Sha256::digest(&signed).into())).unwrap();
    with_credential(text, |bytes| {
        bytes[37] = terms.hours;
        bytes[53..].copy_from_slice(signature.as_bytes());
    })
}

fn payloads() -> Vec<Case> {
    let entry = &journal(&key(1))[0];
    let of = |change: fn(&mut Record)| {
        let changed = resealed(entry, &key(1), change);
        verify_payload_of(&changed.record, entry.payload.as_bytes()).findings
    };
    fn facts(record: &mut Record) -> &mut fiscal::InvoiceFacts {
        match &mut record.header.subject {
            Subject::Invoice(facts) => facts,
            Subject::Event(_) => panic!("an invoice"),
        }
    }
    vec![
        case(Rule::PayloadHash, verify_payload_of(&entry.record, sale(59).as_bytes()).findings),
        case(Rule::FactOutlet, of(|record| record.header.outlet = "OTHER".parse().unwrap())),
        case(Rule::FactNif, of(|record| facts(record).nif = "B1234567Z".parse().unwrap())),
        case(Rule::FactType, of(|record| facts(record).invoice_type = fiscal::InvoiceType::Advance)),
        case(Rule::FactTotal, of(|record| facts(record).total = Amount::ZERO)),
        case(Rule::FactVat, of(|record| facts(record).vat = Amount::ZERO)),
        case(Rule::FactCurrency, of(|record| facts(record).currency = "USD".parse().unwrap())),
        case(Rule::FactItems, of(|record| facts(record).items = 2)),
        case(
            Rule::Payload(fiscal::Reason::TotalMismatch),
            verify_payload_of(
                &entry.record,
                entry.payload.replace("\"116.00\",\"cu", "\"117.00\",\"cu").as_bytes(),
            )
            .findings,
        ),
    ]
}

fn of_lines(lines: impl IntoIterator<Item = String>, known: Option<KnownHead>) -> Vec<Finding> {
    let trusted = trust(key(1));
    let mut referee = Referee::new(&trusted, known);
    lines.into_iter().for_each(|line| referee.read(&line));
    referee.conclude().findings
}

fn of_journal(entries: &[Entry]) -> Vec<Finding> {
    of_lines(entries.iter().map(Entry::line), None)
}

fn journals() -> Vec<Case> {
    let entries = journal(&key(1));
    let changed = |at: usize, change: fn(&mut Record)| {
        let mut entries = entries.clone();
        entries[at] = resealed(&entries[at], &key(1), change);
        of_journal(&entries)
    };
    let without = |at: usize| [&entries[..at], &entries[at + 1..]].concat();
    let mut lines: Vec<String> = entries.iter().map(Entry::line).collect();
    let head = Some(KnownHead(entries[7].record.hash()));
    let cut = of_lines(lines[..7].to_vec(), head);
    let unknown_kind = {
        let mut bytes = entries[3].record.to_bytes().to_vec();
        bytes[16] = 0xEE;
        format!("{{\"record\":\"{}\",\"payload\":\"\"}}", Base64UrlUnpadded::encode_string(&bytes))
    };
    lines[2] = "not a line".to_owned();
    let twice = {
        let mut head = fiscal::Head::open(support::chain(&key(1)), fiscal::HeadState::START);
        let first = seal_sale(&mut head, &key(1), 5);
        of_journal(&[first, seal_sale(&mut head, &key(1), 5)])
    };
    vec![
        case(Rule::LineForm, of_lines(lines, None)),
        case(Rule::RecordForm, of_lines(["{\"record\":\"AAAA\",\"payload\":null}".to_owned()], None)),
        case(Rule::RecordKind, of_lines([unknown_kind], None)),
        case(Rule::ChainBroken, of_journal(&without(2))),
        case(Rule::ChainBroken, changed(4, |record| record.link.previous = RecordHash([0; 32]))),
        case(Rule::PositionGap, of_journal(&without(3))),
        case(Rule::PositionGap, changed(4, |record| record.link.position = Position::new(9).unwrap())),
        case(Rule::NumberGap, of_journal(&without(1))),
        case(Rule::NumberGap, of_journal(&[&entries[..2], &entries[1..]].concat())),
        case(Rule::SaleTwice, twice),
        case(Rule::EpochBack, {
            let mut entries = entries.clone();
            entries.iter_mut().take(4).for_each(|entry| {
                *entry = resealed(entry, &key(1), |record| record.header.epoch = Epoch(1));
            });
            of_journal(&entries)
        }),
        case(Rule::TimeBack, changed(4, |record| record.header.time = at(0).now)),
        case(Rule::OtherOutlet, changed(3, |record| record.header.outlet = "OTHER".parse().unwrap())),
        case(Rule::NifChanged, {
            let mut entries = entries.clone();
            entries[5] = resealed(&entries[5], &key(1), |record| {
                if let Subject::Invoice(facts) = &mut record.header.subject {
                    facts.nif = "B1234567Z".parse().unwrap();
                }
            });
            of_journal(&entries)
        }),
        case(Rule::HeadMissing, cut),
        case(Rule::JournalEmpty, of_lines([], None)),
    ]
}

#[test]
fn each_rule_is_broken_by_something_and_found() {
    let cases: Vec<Case> =
        [receipts(), delegated_receipts(), payloads(), journals()].into_iter().flatten().collect();
    for case in &cases {
        let found: Vec<Rule> = case.findings.iter().map(|finding| finding.rule).collect();
        assert!(found.contains(&case.expected), "{:?} expected, found {:?}", case.expected, found);
    }
    for rule in Rule::OWN {
        assert!(cases.iter().any(|case| case.expected == *rule), "nothing breaks {rule:?}");
    }
}

#[test]
fn each_rule_has_a_code_of_its_own_and_two_sentences() {
    let codes: std::collections::BTreeSet<&str> = Rule::OWN.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::OWN.len());
    for rule in Rule::OWN {
        assert_ne!(rule.sentence(Language::French), rule.sentence(Language::English));
        assert!(rule.sentence(Language::French).len() > 15);
    }
}

#[test]
fn a_lost_record_is_found_where_it_is_missing_and_nowhere_else() {
    let entries = journal(&key(1));
    let without_third = [&entries[..2], &entries[3..]].concat();
    let places: Vec<String> = of_journal(&without_third).into_iter().map(|finding| finding.place).collect();
    assert_eq!(places, ["#3", "#3", "#4"], "position and chain at the gap, the number at the next sale");
    let first = InvoiceNumber::FIRST;
    assert_eq!(entries[0].record.header.invoice().unwrap().number, first);
}
