//! For each rule of the referee, something that breaks it; a rule that nothing here breaks fails the test.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    Amount, AmountCap, Chain, CredentialTerms, Epoch, EventKind, Head, HeadState, InvoiceNumber, Position,
    PrivateKey, Proven, Record, RecordHash, Signature, Subject,
};
use p256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};
use support::{
    Entry, at, bundle_of, chain,
    cloud::{cloud_chain, ledger, provisioned},
    delegated_qr,
    export::{Export, attester, sign},
    issuing_key, journal, key,
    lies::{LIES, closed_with, days},
    outlet::{self, Holder, Outlet, Terms},
    public, purpose, qr, resealed, sale, seal_event, seal_sale, serial, terms,
    till::Till,
    trust, verdict,
};
use verify::{
    Audit, ExportManifest, ExportVerdict, Finding, HeadAt, KeyUse, KnownHead, Language, Last, Referee, Rule,
    Trust, verify_payload_of, verify_qr,
};

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
        bundle_of([(public(1), KeyUse::Seal { device, outlet, nif, first: serial(0, 1), last: None })])
    };
    let (zero, high) = ("A".repeat(86), upper_half(&text));
    let last = |number, seconds| Some(Last { serial: serial(0, number), time: at(seconds).now });
    let revoked = |last| of_qr(&text, &bundle_of([(public(1), range(serial(0, 1), last))]));
    vec![
        case(Rule::QrTooLong, of_qr(&"A".repeat(461), &trusted)),
        case(Rule::QrFieldCount, of_qr("https://example.cd/", &trusted)),
        case(Rule::QrField(fiscal::QrField::Number), of_qr(&with_field(&text, 1, "0105"), &trusted)),
        case(Rule::SignatureForm, of_qr(&with_field(&text, 15, &zero), &trusted)),
        case(Rule::SignatureHighS, of_qr(&with_field(&text, 15, &high), &trusted)),
        case(Rule::AuthCodeMismatch, of_qr(&with_field(&text, 2, "0123456789ABCDEF"), &trusted)),
        case(Rule::KeyUnknown, of_qr(&text, &trust(key(2)))),
        case(Rule::KeyUnknown, of_qr(&text, &Trust::Keys(vec![public(2)]))),
        case(Rule::KeyUse, of_qr(&text, &bundle_of([(public(1), KeyUse::Issue)]))),
        case(Rule::SignatureFalse, of_qr(&with_field(&text, 10, "11.60"), &trusted)),
        case(Rule::SignerMismatch, of_qr(&text, &owner("OTHER", "OUTLET-001", "A1234567Z"))),
        case(Rule::OutletMismatch, of_qr(&text, &owner("BONO-USB-001", "OTHER", "A1234567Z"))),
        case(Rule::NifMismatch, of_qr(&text, &owner("BONO-USB-001", "OUTLET-001", "B1234567Z"))),
        case(Rule::BeforeFirst, of_qr(&text, &bundle_of([(public(1), range(serial(0, 106), None))]))),
        case(Rule::BeforeFirst, of_qr(&text, &bundle_of([(public(1), range(serial(1, 1), None))]))),
        case(Rule::AfterLast, revoked(last(104, 60))),
        // A thief who reuses a low number, later than the last true seal.
        case(Rule::AfterLast, {
            let noon = at(0).now.unix();
            let time = fiscal::Timestamp::from_unix(noon - 1).unwrap();
            revoked(Some(Last { serial: serial(0, 200), time }))
        }),
    ]
}

fn upper_half(text: &str) -> String {
    let low = Base64UrlUnpadded::decode_vec(text.rsplit('|').next().unwrap()).unwrap();
    let (r, s) = p256::ecdsa::Signature::from_slice(&low).unwrap().split_scalars();
    Base64UrlUnpadded::encode_string(&p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes())
}

fn delegated_receipts() -> Vec<Case> {
    let terms = terms(&key(3));
    let trusted = bundle_of([(public(2), KeyUse::Issue)]);
    let text = delegated_qr(terms, &issuing_key(2), 1_041);
    let lent = |terms: CredentialTerms| of_qr(&signed_by_hand(&text, &terms), &trusted);
    let later = "2026-02-04T12:00:01".parse().unwrap();
    assert_eq!(lent(terms), [], "what is signed by hand is true when the terms cover the receipt");
    vec![
        case(Rule::IssuerUse, of_qr(&text, &bundle_of([(public(2), purpose(&key(2)))]))),
        case(Rule::KeyUnknown, of_qr(&text, &bundle_of([(public(4), KeyUse::Issue)]))),
        case(Rule::CredentialFalse, of_qr(&with_credential(&text, |bytes| bytes[37] += 1), &trusted)),
        case(Rule::CredentialTerms, lent(CredentialTerms { hours: 73, ..terms })),
        case(Rule::CredentialBlock, lent(CredentialTerms { count: 42, ..terms })),
        case(Rule::CredentialHours, lent(CredentialTerms { not_before: later, ..terms })),
        case(Rule::CredentialCap, lent(CredentialTerms { cap: AmountCap::thousands(0).unwrap(), ..terms })),
    ]
}

/// Changes the bytes of the credential on a receipt.
fn with_credential(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (rest, credential) = text.rsplit_once('|').unwrap();
    let mut credential = Base64UrlUnpadded::decode_vec(credential).unwrap();
    change(&mut credential);
    format!("{rest}|{}", Base64UrlUnpadded::encode_string(&credential))
}

/// The receipt with a credential that key 2 signed for any terms, byte by byte from `docs/formats.md`: our code makes
/// neither terms outside the limits nor a receipt that they do not cover.
fn signed_by_hand(text: &str, terms: &CredentialTerms) -> String {
    let issuer = public(2).id().0;
    let thousands = u32::try_from(terms.cap.amount().centimes() / 100_000).unwrap();
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
    signed.extend(thousands.to_be_bytes());
    signed.extend(issuer);
    let hash = RecordHash(Sha256::digest(&signed).into());
    let signature = SigningKey::from_slice(&[2; 32]).unwrap().sign(&hash).unwrap();
    let offset = u16::try_from(1_042 - terms.first.value()).unwrap();
    with_credential(text, |bytes| {
        bytes.clear();
        bytes.extend(terms.public_key.to_compressed());
        bytes.extend(u32::try_from(terms.not_before.unix()).unwrap().to_be_bytes());
        bytes.push(terms.hours);
        bytes.extend(offset.to_be_bytes());
        bytes.extend(terms.count.to_be_bytes());
        bytes.extend(&thousands.to_be_bytes()[1..]);
        bytes.extend(issuer);
        bytes.extend(Signature::normalised(signature).unwrap().as_bytes());
    })
}

fn payloads() -> Vec<Case> {
    let entry = &journal(&key(1))[0];
    let of = |change: fn(&mut Record)| {
        let changed = resealed(entry, change);
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
    lines.into_iter().for_each(|line| referee.read(line.as_bytes()));
    referee.conclude().findings
}

fn of_journal(entries: &[Entry]) -> Vec<Finding> {
    of_lines(entries.iter().map(Entry::line), None)
}

fn journals() -> Vec<Case> {
    let entries = journal(&key(1));
    let changed = |at: usize, change: fn(&mut Record)| {
        let mut entries = entries.clone();
        entries[at] = resealed(&entries[at], change);
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
        case(Rule::LineForm, of_lines(["[\"AAAA\",\"x\"]".to_owned()], None)),
        case(Rule::LineForm, of_lines(["{\"record\":\"AAAA\"}".to_owned()], None)),
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
                *entry = resealed(entry, |record| record.header.epoch = Epoch(1));
            });
            of_journal(&entries)
        }),
        case(Rule::TimeBack, changed(4, |record| record.header.time = at(0).now)),
        case(Rule::OtherOutlet, changed(3, |record| record.header.outlet = "OTHER".parse().unwrap())),
        case(Rule::NifChanged, {
            let mut entries = entries.clone();
            entries[5] = resealed(&entries[5], |record| {
                if let Subject::Invoice(facts) = &mut record.header.subject {
                    facts.nif = "B1234567Z".parse().unwrap();
                }
            });
            of_journal(&entries)
        }),
        case(Rule::CounterBack, {
            let mut entries = entries.clone();
            entries[3] = resealed(&entries[3], |record| record.link.counter = 9);
            of_journal(&entries)
        }),
        case(Rule::SealedAfterClose, of_journal(&handed_over(true, key(1)))),
        case(Rule::NoHandOver, of_journal(&handed_over(false, key(2)))),
        case(Rule::HeadMissing, cut),
        case(Rule::JournalEmpty, of_lines([], None)),
    ]
}

/// `closures.rs` has more of them, with their places.
fn closures() -> Vec<Case> {
    let mut cases: Vec<Case> =
        LIES.iter().map(|lie| case(lie.rule, of_journal(&closed_with(lie).entries))).collect();
    let closed_twice = |body: &str| {
        let mut till = days();
        till.close("2026-02-07T08:00:00");
        till.close_as(&body.replace("\"closure\":2", "\"closure\":3"), "2026-02-07T08:00:00");
        of_journal(&till.entries)
    };
    let body = days().body();
    let other = RecordHash([0xAB; 32]).to_string();
    let mut hashed = days();
    let last = hashed.entries[16].record.hash().to_string();
    hashed.close_as(&body.replace(&last, &other), "2026-02-07T08:00:00");
    cases.push(case(Rule::ClosureEmpty, closed_twice(&body)));
    cases.push(case(Rule::ClosureHashes, of_journal(&hashed.entries)));
    cases
}

/// Two records of one signer, closed or not, and one more by whoever comes next.
fn handed_over(closed: bool, next: Proven<SigningKey>) -> [Entry; 3] {
    let old = key(1);
    let mut head = Head::open(chain(&old), HeadState::START);
    let first = seal_sale(&mut head, &old, 1);
    let kind = if closed { EventKind::Close } else { EventKind::SelfTest };
    let second = seal_event(&mut head, &old, kind, 2);
    let same = next.public_key() == old.public_key();
    let device = if same { chain(&old).device } else { "CLOUD-HSM-1".parse().unwrap() };
    let state = if same { *head.state() } else { head.state().handed_over(None) };
    let mut entering = Head::open(Chain { device, ..chain(&next) }, state);
    [first, second, seal_sale(&mut entering, &next, 3)]
}

/// `cloud.rs`, `heads.rs` and `exports.rs` have more of them, with their places.
fn ledgers() -> Vec<Case> {
    let begun_with = |body: &str| {
        let mut till = Till::cloud(cloud_chain(1), key(1), HeadState::START);
        till.event(EventKind::Provisioned, body, "2026-02-04T08:00:00");
        till.change_key(key(2));
        till.sell(&sale(1), "2026-02-04T10:00:00");
        verdict(&till.entries).findings
    };
    let body = provisioned(1);
    let entries = ledger().entries;
    let head = HeadAt {
        outlet: entries[2].record.header.outlet,
        signer: entries[2].record.header.device,
        epoch: Epoch(0),
        position: entries[2].record.link.position,
        hash: RecordHash([1; 32]),
        time: at(0).now,
    };
    let trusted = Trust::Keys(vec![public(1), public(2)]);
    let file: String = entries.iter().map(|entry| entry.line() + "\n").collect();
    let rewritten = Audit::new(&trusted).heads([head]).journal(file.as_bytes()).unwrap().findings;
    let mut export = Export::of(&entries, 5);
    let (manifest, mut list) = (export.manifest(), export.list());
    list.outlet = "OTHER".parse().unwrap();
    list.parts[2].head = RecordHash([1; 32]);
    let lying = list.sign(&attester(), sign(8)).unwrap();
    let lying = export.audited(&ExportManifest::read(&lying, &attester()).unwrap()).findings;
    export.files.remove(&export.parts[1].file);
    export.files.get_mut(&export.parts[0].file).unwrap().insert(1, b' ');
    let spoiled = export.audited(&manifest).findings;
    vec![
        case(Rule::BindingForm, begun_with(&body.replacen(":0,", ": 0,", 1))),
        case(Rule::BindingMismatch, begun_with(&body.replacen(":0,", ":1,", 1))),
        case(Rule::KeyUnannounced, begun_with(&body)),
        case(Rule::HeadDiffers, rewritten),
        case(Rule::ManifestSignature, ExportVerdict::of_a_false_list().findings),
        case(Rule::ManifestOwner, lying.clone()),
        case(Rule::PartRange, lying),
        case(Rule::PartMissing, spoiled.clone()),
        case(Rule::PartChanged, spoiled),
    ]
}

/// The cloud leaves the line to device 0, which is told something else and sells.
fn entered(change: fn(&mut Terms)) -> Outlet {
    let mut outlet = Outlet::new(2);
    outlet.sell(3);
    let mut terms = outlet.leave(0);
    change(&mut terms);
    outlet.device_enters(0, terms);
    outlet.sell(1);
    outlet.deliver();
    outlet
}

/// `outlets.rs` has more of them, with their places and with what a ledger declares.
fn chains() -> Vec<Case> {
    let own = |kind, body: &str| {
        let mut outlet = Outlet::new(1);
        outlet.declare(kind, body);
        outlet::alone(&outlet.cloud.entries).findings
    };
    let body_of = |body: &str| {
        let mut outlet = Outlet::new(1);
        let terms = outlet.leave(0);
        outlet.enter(Holder::Device(0), body, terms, "2026-02-04T09:00:00");
        outlet::alone(&outlet.devices[0].entries).findings
    };
    let mut early = Outlet::new(1);
    early.devices[0].sell(&sale(900), "2026-02-04T08:00:01");
    vec![
        case(Rule::SealedStandingBy, outlet::alone(&early.devices[0].entries).findings),
        case(Rule::CloseForm, own(EventKind::Close, r#"{"signer":"cloud","to":""}"#)),
        case(Rule::CloseMismatch, own(EventKind::Close, r#"{"signer":"cloud","to":"D","last_number":9}"#)),
        case(Rule::HandOverForm, body_of("{}")),
        case(Rule::HandOverMismatch, {
            let terms = Terms { next: 1, close: RecordHash([1; 32]), floor: at(0).now };
            body_of(&format!(r#"{{"token":"{}"}}"#, outlet::enter_token(0, &terms)))
        }),
        case(Rule::FlagForm, own(EventKind::Flag, "{}")),
        case(Rule::RevocationForm, own(EventKind::Revocation, "{}")),
        case(Rule::AnchorForm, own(EventKind::Anchor, "{}")),
    ]
}

fn anchors() -> Vec<Case> {
    let anchor = |first: u64, head: &str| {
        let mut outlet = entered(|_| ());
        outlet.declare(
            EventKind::Anchor,
            &format!(
                r#"{{"signer":"{}","epoch":0,"first_position":{first},"last_position":{first},"previous_hash":"{head}","last_hash":"{head}"}}"#,
                outlet::device_id(0),
            ),
        );
        outlet.verdict().journal.findings
    };
    vec![
        case(Rule::AnchorGap, anchor(7, &"0".repeat(64))),
        case(Rule::AnchorDiffers, {
            let mut folders = entered(|_| ()).folders();
            let last = folders[1].1.len() - 1;
            folders[1].1[last] = resealed(&folders[1].1[last], |record| record.link.counter += 1);
            outlet::judged_as_journals(&folders).journal.findings
        }),
    ]
}

fn outlets() -> Vec<Case> {
    let together = |outlet: &Outlet| outlet.verdict().journal.findings;
    let mut twice = entered(|_| ());
    let last = twice.cloud.entries[4].record;
    let again = Terms { next: 4, close: last.hash(), floor: last.header.time };
    twice.device_enters(1, again);
    let mut other = Outlet::new(2);
    let terms = other.leave(0);
    other.device_enters(1, terms);
    let mut numbers = Outlet::new(2);
    numbers.sell(1);
    numbers.devices[1] = Till::of(
        Chain { device: outlet::device_id(1).parse().unwrap(), key: public(11).id(), ..cloud_chain(1) },
        key(11),
        HeadState::START,
    );
    numbers.devices[1].sell(&sale(901), "2026-02-04T09:00:00");
    let without = |at: usize| {
        let mut folders = entered(|_| ()).folders();
        folders.remove(at);
        outlet::judged(&folders).journal.findings
    };
    let mut short = entered(|_| ()).folders();
    short[1].1.pop();
    let mut back = entered(|_| ());
    back.take_back();
    back.sell(1);
    let mut later = back.folders();
    later[0].1.remove(0);
    later.remove(1);
    let mut exchanged = entered(|_| ()).folders();
    exchanged[1].0 = "DEF-9".to_owned();
    vec![
        case(Rule::ChainMissing, without(1)),
        case(Rule::ChainShort, outlet::judged(&short).journal.findings),
        case(Rule::FolderSigner, outlet::judged(&exchanged).findings),
        case(Rule::CloseUnknown, together(&entered(|terms| terms.close = RecordHash([1; 32])))),
        case(Rule::CloseTwice, together(&twice)),
        case(Rule::HandOverSigner, together(&other)),
        case(Rule::HandOverNumber, together(&entered(|terms| terms.next += 1))),
        case(Rule::NumberTwice, together(&numbers)),
        case(Rule::NumberMissing, outlet::judged_as_journals(&later).journal.findings),
        case(Rule::AfterRevocation, {
            let mut revoked = entered(|_| ());
            let end = format!(
                r#"{{"signer":"{}","key_id":"{}","epoch":0,"last_number":3,"reason":"lost","time":"2026-02-04T12:00:00"}}"#,
                outlet::device_id(0),
                public(10).id(),
            );
            revoked.declare(EventKind::Revocation, &end);
            together(&revoked)
        }),
    ]
}

fn authority() -> Vec<Case> {
    let noted = |notes: &[(usize, &str)], body: &dyn Fn(String) -> String| {
        let mut outlet = entered(|_| ());
        for (at, code) in notes {
            let text = outlet::authority_body(&outlet.cloud.entries[*at], code, "api");
            outlet.declare(EventKind::Authority, &body(text));
        }
        outlet.verdict().journal.findings
    };
    let (code, other) = ("YKAV7RVLAMCF7JNAAHX4KQ2M", "AAAA7RVLAMCF7JNAAHX4KQ2M");
    let same = |body: String| body;
    vec![
        case(Rule::AuthorityForm, noted(&[(1, "short")], &same)),
        case(
            Rule::AuthorityInvoice,
            noted(&[(1, code)], &|body| body.replace("\"position\":2", "\"position\":3")),
        ),
        case(Rule::AuthorityCodeReused, {
            let mut outlet = entered(|_| ());
            for at in [1, 2] {
                let invoice = outlet.cloud.entries[at].clone();
                outlet.note(&invoice, code, "api");
            }
            outlet.verdict().journal.findings
        }),
        case(Rule::AuthorityTwoCodes, noted(&[(1, code), (1, other)], &same)),
    ]
}

#[test]
fn each_rule_is_broken_by_something_and_found() {
    let cases = [
        receipts(),
        delegated_receipts(),
        payloads(),
        journals(),
        closures(),
        ledgers(),
        chains(),
        anchors(),
        outlets(),
        authority(),
    ];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
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
fn a_file_of_nothing_but_faults_is_counted_and_not_kept() {
    let trusted = trust(key(1));
    let mut referee = Referee::new(&trusted, None);
    (0..1_000).for_each(|_| referee.read(b""));
    let verdict = referee.conclude();
    assert_eq!(verdict.findings.len(), verify::JournalVerdict::MOST_FINDINGS);
    assert_eq!(verdict.more_findings, 900);
}

#[test]
fn text_that_is_not_utf8_is_not_repaired() {
    let line = journal(&key(1))[3].line().replace("period", "peri\u{FFFD}d");
    let mut bytes = line.into_bytes();
    let at = bytes.windows(3).position(|three| three == "\u{FFFD}".as_bytes()).unwrap();
    bytes.splice(at..at + 3, [0x9B]);
    let trusted = trust(key(1));
    let mut referee = Referee::new(&trusted, None);
    referee.read(&bytes);
    assert_eq!(referee.conclude().findings[0].rule, Rule::LineForm);
}

#[test]
fn a_lost_record_is_found_where_it_is_missing_and_nowhere_else() {
    let entries = journal(&key(1));
    let without_third = [&entries[..2], &entries[3..]].concat();
    let places: Vec<String> = of_journal(&without_third).into_iter().map(|finding| finding.place).collect();
    let (gap, sale) = ("#3 (position 4, closure)", "#4 (position 5, invoice 0/4)");
    assert_eq!(places, [gap, gap, sale], "position and chain at the gap, the number at the next sale");
    let first = InvoiceNumber::FIRST;
    assert_eq!(entries[0].record.header.invoice().unwrap().number, first);
}
