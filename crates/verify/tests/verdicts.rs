//! What is true is found true, and the words say what that proves.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Chain, Epoch, EventKind, Head, HeadState, Moment};
use support::{
    Entry, bundle_of, chain, delegated_qr, issuing_key, journal, key, public, purpose, qr, root_key,
    seal_event, seal_sale, serial, terms, trust,
};
use verify::{
    Bundle, BundleFault, JournalLine, KeyList, KeyUse, KnownHead, Language, Last, Referee, Report, Rule,
    Trust, TrustedKey, verify_payload, verify_qr,
};

fn verdict(entries: &[Entry], trust: &Trust, known: Option<KnownHead>) -> verify::JournalVerdict {
    let mut referee = Referee::new(trust, known);
    entries.iter().for_each(|entry| referee.read(entry.line().as_bytes()));
    referee.conclude()
}

#[test]
fn a_true_receipt_is_true_under_a_key_and_under_a_bundle() {
    let text = qr(&key(1));
    for trust in [Trust::Keys(vec![*key(2).public_key(), *key(1).public_key()]), trust(key(1))] {
        let verdict = verify_qr(&text, &trust);
        assert!(verdict.is_true(), "{:?}", verdict.findings);
        assert!(verify_qr(&format!("{text}\r\n"), &trust).is_true(), "a scanner's line end does not matter");
    }
}

#[test]
fn a_delegated_receipt_is_true_when_its_issuer_is_trusted() {
    let text = delegated_qr(terms(&key(3)), &issuing_key(2), 1_041);
    for trust in [bundle_of([(public(2), KeyUse::Issue)]), Trust::Keys(vec![public(2)])] {
        assert!(verify_qr(&text, &trust).is_true());
        let report = Report::of_qr(&verify_qr(&text, &trust), &trust, Language::English);
        assert!(report.does_not_prove.iter().any(|line| line.contains("reached the ledger")));
    }
}

#[test]
fn the_words_say_what_a_seal_proves_and_what_not() {
    let text = qr(&key(1));
    let by_hand = Trust::Keys(vec![*key(1).public_key()]);
    let report = Report::of_qr(&verify_qr(&text, &by_hand), &by_hand, Language::English);
    assert!(report.valid);
    assert!(report.does_not_prove.iter().any(|line| line.contains("articles")));
    assert!(report.does_not_prove.iter().any(|line| line.contains("first copy")));
    assert!(report.does_not_prove.iter().any(|line| line.contains("given by hand")));
    let facts: Vec<(&str, &str)> =
        report.facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect();
    assert!(facts.contains(&("Total", "116.00 CDF")));
    assert!(facts.contains(&("Number", "105 (epoch 0)")));

    let listed = trust(key(1));
    let report = Report::of_qr(&verify_qr(&text, &listed), &listed, Language::French);
    assert_eq!(report.title, "VRAI : ce sceau est valide");
    assert!(report.proves.iter().any(|line| line.contains("2026-02-01")));

    let false_one = verify_qr(&text.replacen("116.00", "11.60", 1), &listed);
    let report = Report::of_qr(&false_one, &listed, Language::French);
    assert!(!report.valid && report.proves.is_empty() && report.findings[0].code == "signature_false");
}

#[test]
fn a_true_journal_is_true_with_its_own_head_and_with_an_older_one() {
    let entries = journal(&key(1));
    let trust = trust(key(1));
    for known in [None, Some(entries[7].record.hash()), Some(entries[3].record.hash())] {
        let verdict = verdict(&entries, &trust, known.map(KnownHead));
        assert_eq!(verdict.findings, []);
        assert_eq!((verdict.lines, verdict.invoices, verdict.payloads_absent), (8, 6, 0));
        assert_eq!(verdict.heads_met, u64::from(known.is_some()));
        assert!(Report::of_journal(&verdict, &trust, Language::French).complete);
    }
}

#[test]
fn a_part_of_a_journal_is_true_and_the_words_say_that_it_is_a_part() {
    let entries = journal(&key(1));
    let trust = trust(key(1));
    let verdict = verdict(&entries[4..], &trust, None);
    assert_eq!(verdict.findings, []);
    let report = Report::of_journal(&verdict, &trust, Language::English);
    assert!(report.title.starts_with("TRUE IN PART") && report.valid && !report.complete);
    assert!(report.does_not_prove.iter().any(|line| line.contains("before the first record")));
}

#[test]
fn a_file_that_begins_with_a_later_epoch_is_a_part() {
    let key = key(1);
    let later = Chain { epoch: Epoch(2), ..chain(&key) };
    let entries = [seal_sale(&mut Head::open(later, HeadState::START), &key, 1)];
    let verdict = verdict(&entries, &trust(key), None);
    assert_eq!((verdict.findings.len(), verdict.is_part), (0, true));
}

#[test]
fn a_journal_without_payloads_is_true_and_the_words_say_what_was_not_checked() {
    let trust = trust(key(1));
    let mut referee = Referee::new(&trust, None);
    for entry in journal(&key(1)) {
        referee.read(JournalLine::new(&entry.record, None).to_json().as_bytes());
    }
    let verdict = referee.conclude();
    assert_eq!((verdict.findings.len(), verdict.payloads_absent), (0, 8));
    assert!(
        Report::of_journal(&verdict, &trust, Language::English)
            .does_not_prove
            .iter()
            .any(|line| line.ends_with("8."))
    );
}

#[test]
fn a_hand_over_goes_on_with_the_numbers_and_a_new_epoch_begins_at_one() {
    let (old, new) = (key(1), key(2));
    let mut head = Head::open(chain(&old), HeadState::START);
    let mut entries = vec![
        seal_sale(&mut head, &old, 1),
        seal_sale(&mut head, &old, 2),
        seal_event(&mut head, &old, EventKind::Close, 3),
    ];
    let second = Chain { device: "CLOUD-HSM-1".parse().unwrap(), ..chain(&new) };
    let mut entering = Head::open(second, head.state().handed_over(None));
    entries
        .extend([seal_event(&mut entering, &new, EventKind::HandOver, 4), seal_sale(&mut entering, &new, 5)]);
    let state = entering.state().in_new_epoch();
    let mut next_epoch = Head::open(Chain { epoch: Epoch(1), ..second }, state);
    entries.extend([
        seal_event(&mut next_epoch, &new, EventKind::Epoch, 6),
        seal_sale(&mut next_epoch, &new, 7),
    ]);

    let of_cloud = match purpose(&new) {
        KeyUse::Seal { outlet, nif, .. } => {
            KeyUse::Seal { device: second.device, outlet, nif, first: serial(0, 3), last: None }
        }
        KeyUse::Issue => panic!("a sealing key"),
    };
    let of_old = purpose(&old);
    let trust = bundle_of([(*old.public_key(), of_old), (*new.public_key(), of_cloud)]);
    let journal = verdict(&entries, &trust, None);
    assert_eq!((journal.findings.len(), journal.untied_epochs, journal.is_part), (0, 0, false));
    let numbers: Vec<u64> = entries
        .iter()
        .filter_map(|entry| entry.record.header.invoice())
        .map(|facts| facts.number.value())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 1]);
}

#[test]
fn a_signer_that_takes_over_again_goes_on_with_its_own_positions() {
    let (old, new) = (key(1), key(2));
    let close = |head: &mut Head, key| seal_event(head, key, EventKind::Close, 2);
    let mut first = Head::open(chain(&old), HeadState::START);
    let mut entries = vec![seal_sale(&mut first, &old, 1), close(&mut first, &old)];
    let guest = Chain { device: "CLOUD-HSM-1".parse().unwrap(), ..chain(&new) };
    let mut between = Head::open(guest, first.state().handed_over(None));
    entries.extend([seal_sale(&mut between, &new, 2), close(&mut between, &new)]);
    let mut again = Head::open(chain(&old), between.state().handed_over(first.state().position));
    entries.push(seal_sale(&mut again, &old, 4));
    assert_eq!(entries[4].record.link.position.value(), 3);
    let trust = Trust::Keys(vec![*old.public_key(), *new.public_key()]);
    assert_eq!(verdict(&entries, &trust, None).findings, []);
}

#[test]
fn an_epoch_that_does_not_name_the_one_before_is_said_to_prove_less() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let mut entries = vec![seal_sale(&mut head, &key, 1), seal_sale(&mut head, &key, 2)];
    let mut untied = Head::open(Chain { epoch: Epoch(1), ..chain(&key) }, HeadState::START);
    entries.push(seal_sale(&mut untied, &key, 3));
    let trust = trust(key);
    let journal = verdict(&entries, &trust, None);
    assert_eq!((journal.findings.len(), journal.untied_epochs), (0, 1));
    let report = Report::of_journal(&journal, &trust, Language::English);
    assert!(report.does_not_prove.iter().any(|line| line.contains("does not name")));
}

fn list(keys: Vec<TrustedKey>) -> KeyList {
    KeyList { issued: "2026-02-01T00:00:00".parse().unwrap(), keys }
}

#[test]
fn a_bundle_reads_back_as_it_was_signed_and_only_under_its_root() {
    let (root, other) = (root_key(8), root_key(9));
    let revoked = match purpose(&key(1)) {
        KeyUse::Seal { device, outlet, nif, first, .. } => {
            let last = Some(Last { serial: serial(3, 12), time: "2026-01-31T09:00:00".parse().unwrap() });
            KeyUse::Seal { device, outlet, nif, first, last }
        }
        KeyUse::Issue => KeyUse::Issue,
    };
    let keys = vec![
        TrustedKey { key: public(1), purpose: revoked },
        TrustedKey { key: public(2), purpose: KeyUse::Issue },
    ];
    let jws = list(keys).sign(&root).unwrap();
    let read = Bundle::read(&format!("{jws}\n"), root.public_key()).unwrap();
    assert_eq!(read.issued().to_string(), "2026-02-01T00:00:00");
    assert!(
        !verify_qr(&qr(&key(1)), &Trust::Bundle(read)).is_true(),
        "its last seal is before this one's time"
    );
    assert_eq!(Bundle::read(&jws, other.public_key()), Err(BundleFault::SignatureFalse));

    let parts: Vec<&str> = jws.split('.').collect();
    // {"alg":"none","typ":"stelala-trust+jwt"}, and one with a critical member of its own.
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoic3RlbGFsYS10cnVzdCtqd3QifQ.{}.", parts[1]);
    assert_eq!(Bundle::read(&none, root.public_key()), Err(BundleFault::Kind));
    let header = r#"{"alg":"ES256","typ":"stelala-trust+jwt","kid":"","crit":["exp"]}"#;
    let critical =
        format!("{}.{}.{}", Base64UrlUnpadded::encode_string(header.as_bytes()), parts[1], parts[2]);
    assert_eq!(Bundle::read(&critical, root.public_key()), Err(BundleFault::Form));
    for wrong in ["", ".", "a.b", "a.b.c", &format!("{}.{}", parts[0], parts[1])] {
        assert_eq!(Bundle::read(wrong, root.public_key()), Err(BundleFault::Form), "{wrong:?}");
    }
}

#[test]
fn a_key_stands_once_for_each_outlet_and_either_seals_or_lends() {
    let seal = purpose(&key(1));
    let elsewhere = match seal {
        KeyUse::Seal { device, nif, first, last, .. } => {
            KeyUse::Seal { device, outlet: "OUTLET-002".parse().unwrap(), nif, first, last }
        }
        KeyUse::Issue => KeyUse::Issue,
    };
    let entry = |purpose| TrustedKey { key: public(1), purpose };
    for (purposes, possible) in [
        (vec![seal, elsewhere], true),
        (vec![elsewhere, seal], true),
        (vec![seal, seal], false),
        (vec![seal, KeyUse::Issue], false),
        (vec![KeyUse::Issue, KeyUse::Issue], false),
    ] {
        let signed = list(purposes.into_iter().map(entry).collect()).sign(&root_key(8));
        assert_eq!(signed.is_ok(), possible);
        if let Ok(jws) = signed {
            let bundle = Bundle::read(&jws, root_key(8).public_key()).unwrap();
            assert!(
                verify_qr(&qr(&key(1)), &Trust::Bundle(bundle)).is_true(),
                "the outlet's own entry decides"
            );
        }
    }
}

#[test]
fn a_payload_gets_its_hash_and_its_faults() {
    let valid = verify_payload(support::SALE.as_bytes());
    assert!(valid.sale.is_some() && valid.findings.is_empty());
    let text = support::SALE.replace("\"unit_price\":\"100.00\"", "\"unit_price\":\"-100.00\"");
    let invalid = verify_payload(text.as_bytes());
    let report = Report::of_payload(&invalid, Language::French);
    assert_eq!(
        (report.findings[0].place.as_str(), report.findings[0].code.as_str()),
        ("items[0].unit_price", "price_form")
    );
    assert!(report.findings[0].sentence.contains("jamais négative"));
}

#[test]
fn a_clock_set_in_the_headers_future_is_no_reason_to_panic() {
    let mut head = Head::open(chain(&key(1)), HeadState::START);
    let moment = Moment { now: fiscal::Timestamp::LATEST, tolerance_seconds: 0, counter: u64::MAX };
    let linked =
        head.link(&fiscal::Validated::read(support::SALE.as_bytes()).unwrap().sale(), moment).unwrap();
    let entry = Entry { record: *linked.sign(&key(1)).unwrap().record(), payload: support::SALE.to_owned() };
    let trust = trust(key(1));
    let verdict = verdict(&[entry], &trust, None);
    assert!(Report::of_journal(&verdict, &trust, Language::French).valid);
}

#[test]
fn a_key_of_a_cloud_seals_for_many_outlets_and_each_is_found_in_the_list() {
    let (key, outlets) = (key(1), ["KIN-3", "KIN-1", "KIN-2"]);
    let of = |outlet: &str| match purpose(&key) {
        KeyUse::Seal { device, nif, first, last, .. } => {
            KeyUse::Seal { device, outlet: outlet.parse().unwrap(), nif, first, last }
        }
        KeyUse::Issue => KeyUse::Issue,
    };
    let others = [(public(2), of("KIN-1")), (public(3), of("KIN-4"))];
    let trust = bundle_of(outlets.map(|outlet| (public(1), of(outlet))).into_iter().chain(others));
    for (outlet, expected) in outlets
        .map(|outlet| (outlet, None))
        .into_iter()
        .chain([("KIN-0", Some(Rule::OutletMismatch)), ("KIN-4", Some(Rule::OutletMismatch))])
    {
        let chain = Chain { outlet: outlet.parse().unwrap(), ..chain(&key) };
        let mut till = support::till::Till::of(chain, support::key(1), HeadState::START);
        till.event(EventKind::SelfTest, "{}", "2026-02-04T10:00:00");
        let found = verdict(&till.entries, &trust, None).findings;
        assert_eq!(found.first().map(|finding| finding.rule), expected, "{outlet}");
    }
}
