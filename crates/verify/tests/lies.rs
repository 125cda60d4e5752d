//! The lies that a dump can tell, each told of the journal of a device: which record is named, and why.
//!
//! `fixtures/device-journal.jsonl` was made once with `stelala device simulate` and the payloads of `examples/day`: two
//! days and two closures, between which the power failed after three vain counts of the secure element, an export, an
//! acknowledgement, a reset, and a third closure in the new epoch. `fixtures/device-key.pem` is the device's key.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{EventKind, PublicKey, RecordHash, Timestamp};
use support::{Entry, bundle_of, public, resealed, serial, till::rechained};
use verify::{JournalLine, JournalVerdict, KeyUse, KnownHead, Language, Referee, Report, Rule, Trust};

const JOURNAL: &str = include_str!("fixtures/device-journal.jsonl");

fn device_key() -> PublicKey {
    PublicKey::from_pem(include_str!("fixtures/device-key.pem")).unwrap()
}

fn lines() -> Vec<String> {
    JOURNAL.lines().map(str::to_owned).collect()
}

fn entries() -> Vec<Entry> {
    let read = |line: &str| {
        let line = JournalLine::read(line.as_bytes()).unwrap();
        Entry { record: line.record().unwrap(), payload: line.payload().unwrap().to_owned() }
    };
    JOURNAL.lines().map(read).collect()
}

fn judged(lines: &[String], trust: &Trust, known: Option<KnownHead>) -> JournalVerdict {
    let mut referee = Referee::new(trust, known);
    lines.iter().for_each(|line| referee.read(line.as_bytes()));
    referee.conclude()
}

/// What is found under the device's key, and where.
fn found(lines: &[String]) -> Vec<(Rule, String)> {
    by(lines, &Trust::Keys(vec![device_key()]))
}

fn by(lines: &[String], trust: &Trust) -> Vec<(Rule, String)> {
    let findings = judged(lines, trust, None).findings;
    findings.into_iter().map(|finding| (finding.rule, finding.place)).collect()
}

fn at(place: &str, rules: &[Rule]) -> Vec<(Rule, String)> {
    rules.iter().map(|rule| (*rule, place.to_owned())).collect()
}

/// The lines of entries that key 1 sealed.
fn told(entries: &[Entry]) -> Vec<(Rule, String)> {
    let lines: Vec<String> = entries.iter().map(Entry::line).collect();
    by(&lines, &Trust::Keys(vec![public(1)]))
}

#[test]
fn the_journal_of_a_device_is_true_and_its_closures_are_compared_in_full() {
    let trust = Trust::Keys(vec![device_key()]);
    let verdict = judged(&lines(), &trust, None);
    assert_eq!(verdict.findings, []);
    assert_eq!((verdict.lines, verdict.invoices, verdict.is_part), (53, 42, false));
    assert_eq!((verdict.closures, verdict.closures_unchecked, verdict.closures_without_zone), (3, 0, 0));
    assert!(Report::of_journal(&verdict, &trust, Language::French).complete);
    assert_eq!(
        told(&rechained(&entries(), |_, _| ())),
        [],
        "and so it is when another key seals all of it anew"
    );
}

#[test]
fn a_changed_byte_of_a_payload_is_found_in_its_record() {
    let sale = "#10 (position 10, invoice 0/8)";
    let mut words = lines();
    words[9] = words[9].replacen(r#"\"description\":\""#, r#"\"description\":\"X"#, 1);
    assert_eq!(found(&words), at(sale, &[Rule::PayloadHash]));
    let mut sum = lines();
    sum[9] = sum[9].replacen(r#"\"subtotal\":\"1"#, r#"\"subtotal\":\"2"#, 1);
    let subtotal = Rule::Payload(fiscal::Reason::SubtotalMismatch);
    assert_eq!(
        found(&sum),
        [(subtotal, format!("{sale} totals.subtotal")), (Rule::PayloadHash, sale.to_owned())]
    );
    let mut closure = lines();
    closure[20] = closure[20].replacen("2862038.78", "2862038.77", 1);
    assert_eq!(found(&closure), at("#21 (position 21, closure)", &[Rule::PayloadHash]));
}

#[test]
fn a_changed_byte_of_a_record_is_found_whichever_it_is() {
    let all = lines();
    let true_lines = &all[..12];
    let trust = Trust::Keys(vec![device_key()]);
    let line: serde_json::Value = serde_json::from_str(&true_lines[9]).unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(line["record"].as_str().unwrap()).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let mut lines = true_lines.to_vec();
        let record = Base64UrlUnpadded::encode_string(&changed);
        lines[9] = lines[9].replace(line["record"].as_str().unwrap(), &record);
        let findings = judged(&lines, &trust, None).findings;
        assert!(
            findings.iter().any(|finding| finding.place.starts_with("#10")),
            "byte {place}: {findings:?}"
        );
    }
}

#[test]
fn a_changed_total_in_a_header_is_found_in_its_record_and_in_the_one_that_names_it() {
    let mut entries = entries();
    let fiscal::Subject::Invoice(facts) = &mut entries[9].record.header.subject else { panic!("an invoice") };
    facts.total = "2100.00".parse().unwrap();
    let lines: Vec<String> = entries.iter().map(Entry::line).collect();
    let next = "#11 (position 11, invoice 0/9)";
    let mut expected = at("#10 (position 10, invoice 0/8)", &[Rule::SignatureFalse, Rule::FactTotal]);
    expected.extend(at(next, &[Rule::ChainBroken]));
    assert_eq!(found(&lines), expected);
}

#[test]
fn a_changed_record_before_a_closure_is_no_fault_of_the_closures() {
    let mut entries = entries();
    entries[19].record.link.counter += 1;
    let lines: Vec<String> = entries.iter().map(Entry::line).collect();
    let mut expected = at("#20 (position 20, invoice 0/18)", &[Rule::SignatureFalse]);
    expected.extend(at("#21 (position 21, closure)", &[Rule::ChainBroken]));
    assert_eq!(found(&lines), expected);
}

#[test]
fn a_removed_record_is_missed_where_it_was() {
    let mut without_sale = lines();
    without_sale.remove(9);
    let next = "#10 (position 11, invoice 0/9)";
    assert_eq!(found(&without_sale), at(next, &[Rule::PositionGap, Rule::ChainBroken, Rule::NumberGap]));
    let mut without_closure = lines();
    without_closure.remove(20);
    let next = "#21 (position 22, invoice 0/19)";
    assert_eq!(found(&without_closure), at(next, &[Rule::PositionGap, Rule::ChainBroken]));
    let mut without_recovery = lines();
    without_recovery.remove(27);
    assert_eq!(
        found(&without_recovery),
        at("#28 (position 29, boot)", &[Rule::PositionGap, Rule::ChainBroken])
    );
}

#[test]
fn a_doubled_record_is_found_at_its_second_place() {
    let mut lines = lines();
    lines.insert(10, lines[9].clone());
    let again = "#11 (position 10, invoice 0/8)";
    let rules = [Rule::PositionGap, Rule::ChainBroken, Rule::NumberGap, Rule::SaleTwice];
    assert_eq!(found(&lines), at(again, &rules));
}

#[test]
fn reordered_records_are_found_where_the_order_breaks() {
    let mut lines = lines();
    lines.swap(9, 10);
    let rules = [Rule::PositionGap, Rule::ChainBroken, Rule::NumberGap];
    let mut expected = at("#10 (position 11, invoice 0/9)", &rules);
    expected.extend(at("#11 (position 10, invoice 0/8)", &[&[Rule::CounterBack], &rules[..]].concat()));
    expected.extend(at("#12 (position 12, invoice 0/10)", &rules));
    assert_eq!(found(&lines), expected);
}

#[test]
fn an_invented_record_is_found_as_nobodys() {
    // A sale that follows the last one, by someone who has not the device's key.
    let entries = entries();
    let invented = |key_id| {
        resealed(&entries[51], |record| {
            record.header.key = key_id;
            record.link.previous = entries[52].record.hash();
            record.link.position = entries[52].record.link.position.next().unwrap();
            record.link.counter += 5;
            record.link.payload = fiscal::PayloadHash::of(sale_of_tomorrow().as_bytes());
            let fiscal::Subject::Invoice(facts) = &mut record.header.subject else { panic!("an invoice") };
            facts.number = facts.number.next().unwrap();
        })
    };
    for (key_id, rule) in [(device_key().id(), Rule::SignatureFalse), (public(1).id(), Rule::KeyUnknown)] {
        let mut lines = lines();
        lines.push(Entry { payload: sale_of_tomorrow(), ..invented(key_id) }.line());
        assert_eq!(found(&lines), at("#54 (position 8, invoice 1/5)", &[rule]));
        // In the middle, the next record does not name it.
        let moved = lines.pop().unwrap();
        lines.insert(20, moved);
        let places: Vec<String> = found(&lines).into_iter().map(|(_, place)| place).collect();
        assert!(places[0].starts_with("#21 (position 8, invoice 1/5)"), "{places:?}");
    }
}

fn sale_of_tomorrow() -> String {
    entries()[51].payload.replacen("\"timestamp\":\"2026-11-21", "\"timestamp\":\"2026-11-22", 1)
}

#[test]
fn a_wrong_signer_is_found_by_the_signed_list() {
    let header = entries()[0].record.header;
    let nif = entries()[2].record.header.invoice().unwrap().nif;
    let (first, last) = (serial(0, 1), None);
    let seals = |device: &str, outlet: &str, nif: &str| {
        let (device, outlet, nif) = (device.parse().unwrap(), outlet.parse().unwrap(), nif.parse().unwrap());
        bundle_of([(device_key(), KeyUse::Seal { device, outlet, nif, first, last })])
    };
    let (device, outlet) = (header.device.as_str(), header.outlet.as_str());
    assert_eq!(by(&lines(), &seals(device, outlet, nif.as_str())), []);
    let first_line = "#1 (position 1, provisioned)";
    let first_sale = "#3 (position 3, invoice 0/1)";
    for (trust, rule, place) in [
        (seals("DEF-000002", outlet, nif.as_str()), Rule::SignerMismatch, first_line),
        (seals(device, "KIN-GOMBE-02", nif.as_str()), Rule::OutletMismatch, first_line),
        (seals(device, outlet, "B2301457K"), Rule::NifMismatch, first_sale),
        (bundle_of([(public(1), KeyUse::Issue)]), Rule::KeyUnknown, first_line),
        (bundle_of([(device_key(), KeyUse::Issue)]), Rule::KeyUse, first_line),
    ] {
        let found = by(&lines(), &trust);
        assert_eq!(found[0], (rule, place.to_owned()));
        assert!(found.iter().all(|(found, _)| *found == rule));
    }
}

#[test]
fn time_that_goes_back_is_found_though_the_chain_is_whole() {
    let entries = &entries()[..20];
    let earlier = Timestamp::from_unix(entries[8].record.header.time.unix() - 1).unwrap();
    let back = rechained(entries, |at, entry| {
        if at == 9 {
            entry.record.header.time = earlier;
        }
    });
    assert_eq!(told(&back), at("#10 (position 10, invoice 0/8)", &[Rule::TimeBack]));
}

#[test]
fn a_z_that_does_not_match_is_found_though_the_device_signed_it() {
    for (from, to, rule, member) in [
        ("2862038.78", "1862038.78", Rule::ClosureBase, "totals[1].base"),
        ("457926.20", "357926.20", Rule::ClosureVat, "totals[1].vat"),
        (r#""sequence_end":18"#, r#""sequence_end":17"#, Rule::ClosureNumbers, "sequence_end"),
        (r#""closure":1"#, r#""closure":2"#, Rule::ClosureNumber, "closure"),
        (r#""first_day":"2026-11-20""#, r#""first_day":"2026-11-19""#, Rule::ClosureDays, "first_day"),
    ] {
        let lied = rechained(&entries()[..21], |at, entry| {
            if at == 20 {
                assert!(entry.payload.contains(from), "{from} in {}", entry.payload);
                entry.payload = entry.payload.replacen(from, to, 1);
            }
        });
        assert_eq!(told(&lied), at(&format!("#21 (position 21, closure) {member}"), &[rule]));
    }
    let hidden = rechained(&entries(), |at, entry| {
        if at == 43 {
            entry.payload = entry.payload.replace(r#""counter_skipped":2"#, r#""counter_skipped":0"#);
        }
    });
    assert_eq!(told(&hidden), at("#44 (position 44, closure) counter_skipped", &[Rule::ClosureSkipped]));
}

#[test]
fn a_closure_of_the_day_before_does_not_close_the_day() {
    let all = entries();
    let repeated = all[20].payload.clone();
    let lied = rechained(&all[..44], |at, entry| {
        if at == 43 {
            assert_eq!(entry.record.header.subject, fiscal::Subject::Event(EventKind::Closure));
            entry.payload = repeated.clone();
        }
    });
    let found = told(&lied);
    assert!(found.iter().all(|(_, place)| place.starts_with("#44 (position 44, closure) ")), "{found:?}");
    let rules: Vec<Rule> = found.into_iter().map(|(rule, _)| rule).collect();
    for rule in [
        Rule::ClosureNumber,
        Rule::ClosurePositions,
        Rule::ClosureNumbers,
        Rule::ClosureDays,
        Rule::ClosureNet,
    ] {
        assert!(rules.contains(&rule), "{rule:?} in {rules:?}");
    }
}

#[test]
fn a_truncated_end_is_found_by_a_head_that_was_kept_elsewhere() {
    let trust = Trust::Keys(vec![device_key()]);
    let head: RecordHash = entries()[52].record.hash();
    assert_eq!(judged(&lines(), &trust, Some(KnownHead(head))).findings, []);
    for kept in [52, 44, 20] {
        let cut = &lines()[..kept];
        assert_eq!(judged(cut, &trust, None).findings, [], "the file alone does not show it");
        let findings = judged(cut, &trust, Some(KnownHead(head))).findings;
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].rule, &findings[0].place), (Rule::HeadMissing, &head.to_string()));
    }
    let mut half = lines();
    half[52].truncate(200);
    assert_eq!(found(&half), at("#53", &[Rule::LineForm]));
}

#[test]
fn the_words_say_which_record_and_why() {
    let mut lines = lines();
    lines.remove(9);
    let trust = Trust::Keys(vec![device_key()]);
    let verdict = judged(&lines, &trust, None);
    let says = verdict.findings[0].sentence(Language::English);
    assert!(says.starts_with("#10 (position 11, invoice 0/9): the position is not the next"), "{says}");
    let report = Report::of_journal(&verdict, &trust, Language::French);
    assert_eq!(report.findings[0].place, "#10 (position 11, invoice 0/9)");
    assert_eq!(report.findings[0].code, "position_gap");
    let unchecked = report.facts.iter().find(|fact| fact.code == "closures_unchecked");
    assert_eq!(unchecked.map(|fact| fact.value.as_str()), Some("1"), "its sums are not judged over a gap");
}
