//! The worked examples of `docs/formats.md` are what the code makes, byte for byte.
//!
//! `docs/check-with-openssl` and `docs/check_with_cryptography.py` verify the same examples without any of our code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    AmountCap, Chain, CredentialTerms, Epoch, EventKind, Head, HeadState, InvoiceNumber, Listing, Moment,
    PayloadHash, Position, PrivateKey, Proven, Qr, RecordHash, Sealed, Timestamp, Validated,
};
use p256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};
use verify::{
    Audit, Bundle, ExportList, ExportManifest, ExportPart, HeadAt, JournalLine, KeyList, KeyUse, PartFile,
    Referee, Serial, Trust, TrustedKey, verify_qr,
};

const DOCUMENT: &str = include_str!("../../../docs/formats.md");
const PAYLOAD: &[u8] = include_bytes!("../../../vectors/canonical/valid_sale_ht_one_item.json");

/// The fenced blocks that follow a line `<!-- example: NAME -->`.
fn blocks() -> BTreeMap<&'static str, String> {
    let mut blocks = BTreeMap::new();
    for part in DOCUMENT.split("<!-- example: ").skip(1) {
        let (name, rest) = part.split_once(" -->").unwrap();
        let (_, rest) = rest.split_once("```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let (block, _) = rest.split_once("\n```").unwrap();
        blocks.insert(name, block.to_owned());
    }
    blocks
}

fn key<P>(name: &str) -> Proven<SigningKey, P> {
    Proven::prove(SigningKey::from_slice(&Sha256::digest(name)).unwrap(), [0; 32]).unwrap()
}

fn moment(now: &str, counter: u64) -> Moment {
    Moment { now: now.parse().unwrap(), tolerance_seconds: 0, counter }
}

fn sealed_by(head: &mut Head, key: &Proven<SigningKey>) -> Sealed {
    let sale = Validated::read(PAYLOAD).unwrap().sale();
    head.link(&sale, moment("2026-02-04T10:15:32", 118)).unwrap().sign(key).unwrap()
}

fn head(key: &Proven<SigningKey>, last_number: u64) -> Head {
    let chain = Chain {
        device: "BONO-USB-001".parse().unwrap(),
        key: key.public_key().id(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(0),
    };
    let previous = RecordHash(Sha256::digest("the record before").into());
    let time: Timestamp = "2026-02-04T10:15:30".parse().unwrap();
    let state = HeadState {
        position: Position::new(211),
        number: InvoiceNumber::new(last_number),
        hash: previous,
        time,
    };
    Head::open(chain, state)
}

fn sealed(key: &Proven<SigningKey>, last_number: u64) -> Sealed {
    sealed_by(&mut head(key, last_number), key)
}

/// A closure over the one invoice of the examples: its body, and its line.
fn closure(key: &Proven<SigningKey>) -> (String, String) {
    let mut head = head(key, 104);
    let invoice = sealed_by(&mut head, key);
    let body = format!(
        concat!(
            r#"{{"period":"2026-02-04","sequence_start":105,"sequence_end":105,"#,
            r#""totals":[{{"tax_group":"standard_vat","base":"100.00","vat":"16.00","rate":"0.16","#,
            r#""currency":"CDF","invoice_type":"sale","nature":null,"count":1}}],"#,
            r#""currencies":[{{"currency":"CDF","sales":"116.00","returns":"0.00","voids":"0.00","#,
            r#""net":"116.00","vat":"16.00","count":1}}],"#,
            r#""closure":12,"first_day":"2026-02-04","last_day":"2026-02-04","#,
            r#""position_start":212,"position_end":212,"previous_hash":"{}","last_hash":"{}","#,
            r#""counter_skipped":0}}"#,
        ),
        invoice.link.previous,
        invoice.hash(),
    );
    let hash = PayloadHash::of(body.as_bytes());
    let linked = head.link_event(EventKind::Closure, hash, moment("2026-02-04T17:00:00", 119)).unwrap();
    let line = JournalLine::new(&linked.sign(key).unwrap(), Some(&body)).to_json();
    (body, line)
}

/// The list of an export with one part, these lines.
fn manifest(lines: &str, attester: &Proven<SigningKey, Listing>) -> String {
    let part = ExportPart::read(lines.as_bytes(), PartFile::FIRST).unwrap();
    let list = ExportList {
        issued: "2026-02-05T06:00:00".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        parts: vec![part],
    };
    let key = SigningKey::from_slice(&Sha256::digest("stelala formats example: attesting key")).unwrap();
    list.sign(attester.public_key(), |hash| key.sign(&RecordHash(*hash))).unwrap()
}

fn manifest_body(manifest: &str) -> String {
    let body = Base64UrlUnpadded::decode_vec(manifest.split('.').nth(1).unwrap()).unwrap();
    String::from_utf8(body).unwrap()
}

/// What a cloud signer with the example's key would say of the example's outlet.
fn cloud_binding(key: &Proven<SigningKey>) -> String {
    let public_key = Base64UrlUnpadded::encode_string(&key.public_key().to_spki());
    format!(
        r#"{{"signer":"cloud","merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","prefix":"BONO","epoch":0,"first_number":1,"utc_offset_minutes":60,"public_key":"{public_key}"}}"#
    )
}

/// What it would say when it leaves the line to a device after the example's invoice, and takes it back.
fn cloud_hand_over(key: &Proven<SigningKey>) -> [String; 2] {
    let public_key = Base64UrlUnpadded::encode_string(&key.public_key().to_spki());
    let [close, own] = ["the close of the device", "the cloud's own record before"]
        .map(|name| RecordHash(Sha256::digest(name).into()));
    [
        r#"{"signer":"cloud","to":"DEF-000123","last_number":105}"#.to_owned(),
        format!(
            r#"{{"signer":"cloud","from":"DEF-000123","public_key":"{public_key}","next_number":120,"close_hash":"{close}","own_previous":"{own}"}}"#
        ),
    ]
}

/// What the ledger would seal of the authority's answer about the example's invoice.
fn authority(record: &Sealed) -> String {
    format!(
        concat!(
            r#"{{"signer":"BONO-USB-001","epoch":0,"position":212,"number":105,"record_hash":"{}","#,
            r#""nim":"CD01002345-1","uid":"3f0c7a52-6c0e-4b8e-9a51-1d2b7c9e4f10","code":"YKAV7RVLAMCF7JNAAHX4KQ2M","#,
            r#""date_time":"04/02/2026 11:15:40","#,
            r#""qr":"F;CD01002345-1;YKAV7RVLAMCF7JNAAHX4KQ2M;A1234567Z;20260204111540","#,
            r#""counters":"64/64 FV","total":"116.00","vtotal":"16.00","source":"api","host":"edef.dgirdc.cd","test":false}}"#
        ),
        record.hash()
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// As the document breaks long lines.
fn lines(text: &str) -> String {
    text.as_bytes().chunks(96).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
}

fn examples() -> BTreeMap<&'static str, String> {
    let sealing_key: Proven<SigningKey> = key("stelala formats example: sealing key");
    let issuing_key = key("stelala formats example: issuing key");
    let root_key = key("stelala formats example: root key");
    let record = sealed(&sealing_key, 104);
    let elements = record.elements("BONO".parse().unwrap(), None).unwrap();
    let bytes = record.to_bytes();
    let (header, rest) = bytes.split_at(bytes.len() - 144);
    let (link, signature) = rest.split_at(80);

    let terms = CredentialTerms {
        device: "BONO-USB-001".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(0),
        public_key: *sealing_key.public_key(),
        first: InvoiceNumber::new(1_000).unwrap(),
        count: 500,
        not_before: "2026-02-04T06:00:00".parse().unwrap(),
        hours: 12,
        cap: AmountCap::thousands(5_000).unwrap(),
    };
    let credential = terms.issue(&issuing_key).unwrap();
    let offline = sealed(&sealing_key, 1_041);
    let first = Serial { epoch: Epoch(0), number: Some(InvoiceNumber::FIRST) };
    let seal = KeyUse::Seal { device: terms.device, outlet: terms.outlet, nif: terms.nif, first, last: None };
    let keys = vec![
        TrustedKey { key: *sealing_key.public_key(), purpose: seal },
        TrustedKey { key: *issuing_key.public_key(), purpose: KeyUse::Issue },
    ];
    let bundle = KeyList { issued: "2026-02-01T00:00:00".parse().unwrap(), keys }.sign(&root_key).unwrap();
    let (closure_body, closure_line) = closure(&sealing_key);
    let journal_line = JournalLine::new(&record, std::str::from_utf8(PAYLOAD).ok()).to_json();
    let attesting_key: Proven<SigningKey, Listing> = key("stelala formats example: attesting key");
    let manifest = manifest(&format!("{journal_line}\n{closure_line}\n"), &attesting_key);
    let head = HeadAt {
        outlet: record.header.outlet,
        signer: record.header.device,
        epoch: record.header.epoch,
        position: record.link.position,
        hash: record.hash(),
        time: record.header.time,
    };

    let [cloud_close, cloud_entered] = cloud_hand_over(&sealing_key);
    BTreeMap::from([
        ("payload", String::from_utf8(PAYLOAD.to_vec()).unwrap()),
        ("public-key", sealing_key.public_key().to_pem().trim_end().to_owned()),
        ("key-id", sealing_key.public_key().id().to_string()),
        ("header", lines(&hex(header))),
        ("link", lines(&hex(link))),
        ("digest", record.link.digest().to_string()),
        ("record-hash", record.hash().to_string()),
        ("signature", lines(&hex(signature))),
        ("auth-code", elements.auth_code.to_string()),
        ("fiscal-number", elements.fiscal_number.to_string()),
        ("qr", elements.qr.to_string()),
        ("journal-line", journal_line),
        ("cloud-binding", cloud_binding(&sealing_key)),
        ("cloud-close", cloud_close),
        ("cloud-hand-over", cloud_entered),
        ("authority-body", authority(&record)),
        ("attester-key", attesting_key.public_key().to_pem().trim_end().to_owned()),
        ("manifest-body", manifest_body(&manifest)),
        ("manifest", manifest),
        ("head", head.to_json()),
        ("closure-body", closure_body),
        ("closure-line", closure_line),
        ("issuer-key", issuing_key.public_key().to_pem().trim_end().to_owned()),
        ("delegated-qr", Qr::of(&offline, Some(&credential)).unwrap().to_text().to_string()),
        ("root-key", root_key.public_key().to_pem().trim_end().to_owned()),
        ("bundle", bundle),
    ])
}

#[test]
fn every_example_of_the_document_is_what_the_code_makes() {
    let (stated, made) = (blocks(), examples());
    for (name, made) in &made {
        assert_eq!(stated.get(name), Some(made), "\n<!-- example: {name} -->\n```text\n{made}\n```\n");
    }
    assert_eq!(stated.len(), made.len(), "an example that nothing makes");
}

#[test]
fn the_examples_are_true_to_the_referee() {
    let made = examples();
    let root = fiscal::PublicKey::from_pem(&made["root-key"]).unwrap();
    let bundle = Trust::Bundle(Bundle::read(&made["bundle"], &root).unwrap());
    for qr in [&made["qr"], &made["delegated-qr"]] {
        let verdict = verify_qr(qr, &bundle);
        assert!(verdict.is_true(), "{:?}", verdict.findings);
    }
}

#[test]
fn the_example_of_a_closure_is_true_to_the_referee() {
    let made = examples();
    let root = fiscal::PublicKey::from_pem(&made["root-key"]).unwrap();
    let bundle = Trust::Bundle(Bundle::read(&made["bundle"], &root).unwrap());
    let mut referee = Referee::new(&bundle, None);
    referee.read(made["journal-line"].as_bytes());
    referee.read(made["closure-line"].as_bytes());
    let verdict = referee.conclude();
    assert_eq!(verdict.findings, []);
    // Its beginning is in the file; which closure came before it, and in which zone, is not.
    assert_eq!((verdict.closures, verdict.closures_unchecked, verdict.closures_without_zone), (1, 1, 1));
}

#[test]
fn the_examples_of_an_export_a_head_and_a_binding_are_true_to_the_referee() {
    let made = examples();
    let key = |name: &str| fiscal::PublicKey::from_pem(&made[name]).unwrap();
    let manifest = ExportManifest::read(&made["manifest"], &key("attester-key")).unwrap();
    let trust = Trust::Keys(vec![key("public-key")]);
    let part = format!("{}\n{}\n", made["journal-line"], made["closure-line"]);
    let head = HeadAt::read(made["head"].as_bytes()).unwrap();
    let verdict = Audit::new(&trust).heads([head]).export(&manifest, |_| Ok(Some(part.as_bytes()))).unwrap();
    assert!(verdict.is_true() && verdict.signed, "{verdict:?}");
    assert_eq!((verdict.journal.lines, verdict.journal.heads_met), (2, 1));

    let sealing_key: Proven<SigningKey> = self::key("stelala formats example: sealing key");
    let chain = *self::head(&sealing_key, 104).chain();
    let mut first = Head::open(chain, HeadState::START);
    let hash = PayloadHash::of(made["cloud-binding"].as_bytes());
    let linked = first.link_event(EventKind::Provisioned, hash, moment("2026-02-04T08:00:00", 0)).unwrap();
    let line = JournalLine::new(&linked.sign(&sealing_key).unwrap(), Some(&made["cloud-binding"])).to_json();
    assert_eq!(Audit::new(&trust).journal(line.as_bytes()).unwrap().findings, []);
}

#[test]
fn the_examples_of_a_hand_over_are_true_to_the_referee() {
    let made = examples();
    let trust = Trust::Keys(vec![fiscal::PublicKey::from_pem(&made["public-key"]).unwrap()]);
    let key: Proven<SigningKey> = self::key("stelala formats example: sealing key");
    let mut head = self::head(&key, 104);
    let chain = *head.chain();
    let mut lines = vec![JournalLine::new(&sealed_by(&mut head, &key), None).to_json()];
    let close = &made["cloud-close"];
    let left = head
        .link_event(EventKind::Close, PayloadHash::of(close.as_bytes()), moment("2026-02-04T10:20:00", 119))
        .unwrap();
    lines.push(JournalLine::new(&left.sign(&key).unwrap(), Some(close)).to_json());
    // The example names hashes that no records have; those of this chain take their places.
    let device = RecordHash(Sha256::digest("the close of the device").into());
    let before = RecordHash(Sha256::digest("the cloud's own record before").into());
    let entered = made["cloud-hand-over"].replace(&before.to_string(), &head.state().hash.to_string());
    let mut head =
        Head::open(chain, HeadState { number: InvoiceNumber::new(119), hash: device, ..*head.state() });
    let linked = head
        .link_event(
            EventKind::HandOver,
            PayloadHash::of(entered.as_bytes()),
            moment("2026-02-04T12:00:00", 120),
        )
        .unwrap();
    lines.push(JournalLine::new(&linked.sign(&key).unwrap(), Some(&entered)).to_json());
    let verdict = Audit::new(&trust).journal(lines.join("\n").as_bytes()).unwrap();
    assert_eq!((&verdict.findings[..], verdict.hand_overs_unchecked), (&[][..], 1));
}

#[test]
fn the_example_of_the_authoritys_elements_is_true_to_the_referee() {
    let made = examples();
    let trust = Trust::Keys(vec![fiscal::PublicKey::from_pem(&made["public-key"]).unwrap()]);
    let key: Proven<SigningKey> = self::key("stelala formats example: sealing key");
    let judged = |body: &str| {
        let mut head = self::head(&key, 104);
        let mut lines = vec![JournalLine::new(&sealed_by(&mut head, &key), None).to_json()];
        let hash = PayloadHash::of(body.as_bytes());
        let linked = head.link_event(EventKind::Authority, hash, moment("2026-02-04T10:16:00", 119)).unwrap();
        lines.push(JournalLine::new(&linked.sign(&key).unwrap(), Some(body)).to_json());
        Audit::new(&trust).journal(lines.join("\n").as_bytes()).unwrap()
    };
    let verdict = judged(&made["authority-body"]);
    assert_eq!((&verdict.findings[..], verdict.authority, verdict.authority_unchecked), (&[][..], 1, 0));
    let false_number = made["authority-body"].replace(r#""number":105"#, r#""number":106"#);
    assert_eq!(judged(&false_number).findings[0].rule, verify::Rule::AuthorityInvoice);
}

#[test]
fn the_document_lists_every_code_of_the_referee_and_no_other() {
    let own = verify::Rule::OWN.iter().map(|rule| rule.code());
    let payload = fiscal::Reason::ALL.iter().map(|reason| reason.code());
    let codes: BTreeSet<&str> = own.chain(payload).chain(["qr_field"]).collect();
    let (_, section) = DOCUMENT.split_once("## 13. Codes of the referee").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let (_, lists) = section.split_once("Receipts, seals and journals:").unwrap();
    let listed: BTreeSet<&str> = lists.split('`').skip(1).step_by(2).collect();
    assert_eq!(listed, codes);
}

#[test]
fn the_lengths_of_the_document_are_those_of_the_code() {
    assert!(DOCUMENT.contains(&format!("**Header**, 49 to {} bytes:", fiscal::Header::MAX_LENGTH)));
    assert!(DOCUMENT.contains(&format!("**Link**, {} bytes:", fiscal::Link::LENGTH)));
    assert!(
        DOCUMENT.contains(&format!("The credential is {} bytes in base64url:", fiscal::Credential::LENGTH))
    );
    assert!(DOCUMENT.contains(&format!("at most {} characters:", Qr::MAX_LENGTH_ONLINE)));
    assert!(DOCUMENT.contains(&format!("most {} characters.", Qr::MAX_LENGTH)));
}
