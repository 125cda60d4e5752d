//! Closures that are true are found true, and each figure that is not is named.

mod support;

use fiscal::{Chain, EventKind, HeadState, RecordHash};
use support::{
    Entry, bundle_of, chain, counted, found, key,
    lies::{LIES, Lie, closed_with, days},
    public, purpose, resealed, sale, serial,
    till::{PAYLOADS, Till, binding},
    trust, verdict,
};
use verify::{JournalLine, KeyUse, Language, Last, Referee, Report, Rule, Trust};

const EVENING: &str = "2026-02-07T08:00:00";

#[test]
fn a_closure_over_every_kind_of_invoice_is_true() {
    let mut till = days();
    till.close(EVENING);
    let journal = verdict(&till.entries);
    assert_eq!(counted(&journal), [2, 0, 0]);
    let report = Report::of_journal(&journal, &trust(key(1)), Language::English);
    assert!(report.complete && report.title.starts_with("TRUE: "));
    assert!(report.proves.iter().any(|line| line.ends_with("checked so: 2.")), "{:?}", report.proves);
}

#[test]
fn each_figure_that_a_closure_states_wrongly_is_found_and_named() {
    for lie in LIES {
        let Lie { rule, member, .. } = lie;
        let till = closed_with(lie);
        let place = format!("#18 (position 18, closure) {member}");
        assert_eq!(
            found(&verdict(&till.entries)),
            [(*rule, place.trim_end())],
            "{} for {}",
            lie.to,
            lie.from
        );
    }
}

#[test]
fn a_hash_of_another_record_is_found_at_both_ends() {
    let body = days().body();
    let entries = days().entries;
    for (member, of) in [("previous_hash", 3), ("last_hash", 16)] {
        let (from, to) = (entries[of].record.hash(), entries[of - 1].record.hash());
        let mut till = days();
        till.close_as(&body.replacen(&from.to_string(), &to.to_string(), 1), EVENING);
        let place = format!("#18 (position 18, closure) {member}");
        assert_eq!(found(&verdict(&till.entries)), [(Rule::ClosureHashes, place.as_str())]);
    }
    let mut till = days();
    till.close_as(
        &body.replace(
            &entries[3].record.hash().to_string(),
            &RecordHash([0xAB; 32]).to_string().to_uppercase(),
        ),
        EVENING,
    );
    assert_eq!(verdict(&till.entries).findings[0].rule, Rule::ClosureForm, "hashes are written in one way");
}

#[test]
fn the_sentence_gives_both_figures() {
    let lie = LIES.iter().find(|lie| lie.rule == Rule::ClosureBase).unwrap();
    let finding = &verdict(&closed_with(lie).entries).findings[0];
    let says = finding.sentence(Language::English);
    assert!(says.ends_with("(the closure says 90999.99, its records 91000.00)"), "{says}");
    let says = finding.sentence(Language::French);
    assert!(says.ends_with("(la clôture dit 90999.99, ses enregistrements 91000.00)"), "{says}");
}

#[test]
fn an_entry_that_is_left_out_added_or_moved_is_found() {
    let body = days().body();
    let (totals, rest) = body.split_once(r#""currencies""#).unwrap();
    let (begin, entries) = totals.split_once("[{").unwrap();
    let entries: Vec<&str> = entries.strip_suffix("}],").unwrap().split("},{").collect();
    let written = |entries: &[&str]| format!(r#"{begin}[{{{}}}],"currencies"{rest}"#, entries.join("},{"));
    assert_eq!(written(&entries), body);
    let swapped = [&[entries[1], entries[0]], &entries[2..]].concat();
    for (entries, member) in [
        (entries[..entries.len() - 1].to_vec(), "totals"),
        ([&entries[..], &entries[..1]].concat(), "totals"),
        (entries[1..].to_vec(), "totals[0]"),
        (swapped, "totals[0]"),
    ] {
        let mut till = days();
        till.close_as(&written(&entries), EVENING);
        let place = format!("#18 (position 18, closure) {member}");
        assert_eq!(found(&verdict(&till.entries)), [(Rule::ClosureGroups, place.as_str())]);
    }
    let (before, after) = rest.split_once("},{").unwrap();
    let (_, after) = after.split_once("}]").unwrap();
    let mut till = days();
    till.close_as(&format!(r#"{totals}"currencies"{before}}}]{after}"#), EVENING);
    let place = "#18 (position 18, closure) currencies";
    assert_eq!(found(&verdict(&till.entries)), [(Rule::ClosureCurrencies, place)]);
}

#[test]
fn a_sale_after_what_was_closed_is_missed_in_it() {
    let mut till = days();
    let body = till.body();
    till.sell(&sale(9), "2026-02-07T07:00:00");
    till.close_as(&body, EVENING);
    let found: Vec<Rule> = verdict(&till.entries).findings.iter().map(|finding| finding.rule).collect();
    for rule in [Rule::ClosurePositions, Rule::ClosureHashes, Rule::ClosureNumbers, Rule::ClosureDays] {
        assert!(found.contains(&rule), "{rule:?} in {found:?}");
    }
    for rule in
        [Rule::ClosureBase, Rule::ClosureVat, Rule::ClosureCount, Rule::ClosureSales, Rule::ClosureNet]
    {
        assert!(found.contains(&rule), "{rule:?} in {found:?}");
    }
}

#[test]
fn a_closure_that_says_again_what_the_one_before_said_is_false() {
    let mut till = days();
    let first = till.entries[3].payload.clone();
    till.close_as(&first, EVENING);
    let verdict = verdict(&till.entries);
    assert!(found(&verdict).contains(&(Rule::ClosureNumber, "#18 (position 18, closure) closure")));
    assert!(found(&verdict).contains(&(Rule::ClosurePositions, "#18 (position 18, closure) position_start")));
}

#[test]
fn a_closure_of_nothing_is_false() {
    let mut till = days();
    till.close(EVENING);
    let body = till.entries[17].payload.replace(r#""closure":2"#, r#""closure":3"#);
    till.close_as(&body, EVENING);
    assert_eq!(found(&verdict(&till.entries)), [(Rule::ClosureEmpty, "#19 (position 19, closure)")]);
}

#[test]
fn after_a_closure_that_cannot_be_read_the_next_is_compared_again() {
    let mut till = days();
    till.close_as("{}", EVENING);
    till.sell(&sale(9), EVENING);
    till.close(EVENING);
    let journal = verdict(&till.entries);
    assert_eq!(found(&journal), [(Rule::ClosureForm, "#18 (position 18, closure)")]);
    assert_eq!((journal.closures, journal.closures_unchecked), (3, 2), "which number it has is not known");
    till.sell(&sale(10), EVENING);
    let lie = till.body().replace(r#""closure":4"#, r#""closure":5"#);
    till.close_as(&lie, EVENING);
    assert_eq!(
        found(&verdict(&till.entries))[1],
        (Rule::ClosureNumber, "#22 (position 22, closure) closure")
    );
}

#[test]
fn a_closure_without_invoices_has_the_days_of_its_records() {
    let mut till = Till::provisioned(key(1));
    till.event(EventKind::Boot, "{}", "2026-02-04T23:30:00");
    till.close("2026-02-05T08:00:00");
    assert!(
        till.entries[2]
            .payload
            .contains(r#""sequence_start":null,"sequence_end":null,"totals":[],"currencies":[]"#)
    );
    assert!(till.entries[2].payload.contains(r#""first_day":"2026-02-04","last_day":"2026-02-05""#));
    assert_eq!(counted(&verdict(&till.entries)), [1, 0, 0]);
}

#[test]
fn days_are_those_of_the_outlets_zone_or_where_the_file_does_not_say_it_of_some_zone() {
    // 23:30 UTC is the next day in Kinshasa, as the body says.
    for (minutes, place) in [(60, None), (0, Some("first_day"))] {
        let mut till = Till::open(key(1));
        till.event(EventKind::Provisioned, &binding("provisioned", minutes, 1), "2026-02-04T23:00:00");
        till.sell(&sale(1), "2026-02-04T23:30:00");
        till.close("2026-02-05T08:00:00");
        let verdict = verdict(&till.entries);
        let place = place.map(|member| format!("#3 (position 3, closure) {member}"));
        assert_eq!(verdict.findings.first().map(|finding| &finding.place), place.as_ref(), "{minutes}");
        assert_eq!(verdict.closures_without_zone, 0);
    }
    let mut till = Till::open(key(1));
    till.sell(&sale(1), "2026-02-04T23:30:00");
    till.close("2026-02-05T08:00:00");
    let journal = verdict(&till.entries);
    assert_eq!(counted(&journal), [1, 0, 1]);
    let report = Report::of_journal(&journal, &trust(key(1)), Language::English);
    assert!(report.does_not_prove.iter().any(|line| line.contains("which the file does not say")));
    let mut till = Till::open(key(1));
    till.sell(&sale(1), "2026-02-04T23:30:00");
    let lie = till.body().replace("2026-02-05", "2026-02-06");
    till.close_as(&lie, "2026-02-07T08:00:00");
    assert_eq!(verdict(&till.entries).findings[0].rule, Rule::ClosureDays, "no zone is a day ahead");
}

#[test]
fn an_activation_of_another_outlet_or_device_says_no_zone() {
    for (from, to) in [("BONO-USB-001", "BONO-USB-002"), ("OUTLET-001", "OUTLET-002")] {
        let mut till = Till::open(key(1));
        till.event(EventKind::Provisioned, &replaced_in_token(from, to), "2026-02-04T08:00:00");
        till.sell(&sale(1), "2026-02-04T10:00:00");
        till.close("2026-02-05T08:00:00");
        assert_eq!(counted(&verdict(&till.entries)), [1, 0, 1]);
    }
}

fn replaced_in_token(from: &str, to: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let body = binding("provisioned", 60, 1);
    let token = body.split('"').nth(7).unwrap();
    let mut bytes = Base64UrlUnpadded::decode_vec(token).unwrap();
    let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    body.replace(token, &Base64UrlUnpadded::encode_string(&bytes))
}

#[test]
fn a_device_that_enters_with_a_later_number_makes_the_file_a_part() {
    let state = HeadState { number: fiscal::InvoiceNumber::new(104), ..HeadState::START };
    let mut till = Till::of(chain(&key(1)), key(1), state);
    till.event(EventKind::Provisioned, &binding("provisioned", 60, 105), "2026-02-04T08:00:00");
    till.sell(&sale(1), "2026-02-04T10:00:00");
    till.close("2026-02-05T08:00:00");
    let journal = verdict(&till.entries);
    assert_eq!(counted(&journal), [1, 0, 0]);
    assert!(journal.is_part, "the numbers up to 104 are elsewhere");
    let without = verdict(&[&till.entries[..1], &till.entries[2..]].concat());
    assert_eq!(without.closures_unchecked, 1);
}

/// A dump after a reset: a new epoch of a device that entered its outlet at number 500.
fn after_a_reset() -> Till {
    let state = HeadState { number: fiscal::InvoiceNumber::new(499), ..HeadState::START };
    let mut till = Till::of(chain(&key(1)), key(1), state);
    till.event(EventKind::Provisioned, &binding("provisioned", 60, 500), "2026-02-04T08:00:00");
    till.sell(&sale(1), "2026-02-04T10:00:00");
    till.open_epoch(1, &binding("epoch", 60, 500), "2026-02-04T11:00:00");
    till.sell(&sale(2), "2026-02-04T12:00:00");
    till.close("2026-02-05T08:00:00");
    till
}

#[test]
fn an_epoch_that_repeats_its_activation_begins_at_number_one_all_the_same() {
    let till = after_a_reset();
    assert_eq!(verdict(&till.entries).findings, []);
    let KeyUse::Seal { device, outlet, nif, first, .. } = purpose(&key(1)) else { panic!("a sealing key") };
    let last = Last { serial: serial(1, 1), time: "2026-02-05T08:00:00".parse().unwrap() };
    let retired = KeyUse::Seal { device, outlet, nif, first, last: Some(last) };
    let trust = bundle_of([(public(1), retired)]);
    let mut referee = Referee::new(&trust, None);
    let dump = &till.entries[2..];
    dump.iter().for_each(|entry| referee.read(entry.line().as_bytes()));
    let journal = referee.conclude();
    assert_eq!(journal.findings, [], "nothing is after the last number of this epoch, which is 1");
    assert!(journal.is_part);
}

#[test]
fn a_dump_that_begins_with_an_epoch_misses_what_is_before_its_first_invoice() {
    let till = after_a_reset();
    let (mut opened, mut sold) = (till.entries[2].clone(), till.entries[3].clone());
    let fiscal::Subject::Invoice(facts) = &mut sold.record.header.subject else { panic!("an invoice") };
    facts.number = fiscal::InvoiceNumber::new(17).unwrap();
    let sold = resealed(&sold, |_| ());
    let place = "#2 (position 2, invoice 1/17)";
    assert_eq!(found(&verdict(&[opened.clone(), sold.clone()])), [(Rule::NumberGap, place)]);
    // The same of one that names no epoch before it.
    opened = resealed(&opened, |record| record.link.previous = RecordHash::NONE);
    let sold = resealed(&sold, |record| record.link.previous = opened.record.hash());
    assert_eq!(found(&verdict(&[opened.clone(), sold])), [(Rule::NumberGap, place)]);
    let late = resealed(&opened, |record| record.link.position = till.entries[3].record.link.position);
    assert_eq!(found(&verdict(&[late])), [(Rule::PositionGap, "#1 (position 2, epoch)")]);
}

#[test]
fn each_signer_closes_what_it_sealed_also_across_a_hand_over() {
    let guest = Chain { device: "CLOUD-HSM-1".parse().unwrap(), ..chain(&key(2)) };
    let mut first = days();
    let begun = first.entries.len();
    first.event(EventKind::Close, "{}", EVENING);
    let mut second = Till::of(guest, key(2), first.state().handed_over(None));
    second.sell(&sale(50), EVENING);
    second.close(EVENING);
    second.event(EventKind::Close, "{}", EVENING);
    let mut entries = first.entries.clone();
    entries.extend(second.entries.clone());
    first.go_on(second.state().handed_over(first.state().position));
    first.event(EventKind::HandOver, "{}", EVENING);
    first.sell(&sale(51), EVENING);
    first.close(EVENING);
    entries.extend_from_slice(&first.entries[begun + 1..]);
    assert_eq!(counted(&verdict(&entries)), [3, 0, 1], "the guest's zone is not in the file");
}

#[test]
fn a_new_epoch_counts_its_closures_anew_and_takes_along_what_was_skipped() {
    let mut till = days();
    till.close(EVENING);
    till.skip(2);
    till.event(EventKind::Recovery, "{}", EVENING);
    till.open_epoch(1, &binding("epoch", 60, 1), EVENING);
    till.sell(&sale(50), EVENING);
    till.close(EVENING);
    let last = till.entries.last().unwrap();
    assert!(last.payload.contains(r#""closure":1,"#) && last.payload.contains(r#""counter_skipped":2}"#));
    assert!(last.payload.contains(r#""position_start":1,"position_end":2,"#));
    assert_eq!(counted(&verdict(&till.entries)), [3, 0, 0]);
    // The new epoch alone has no way to know but the epoch's own word, which here says 0.
    let epoch = till.entries.iter().position(|entry| entry.record.header.epoch.0 == 1).unwrap();
    let alone = verdict(&till.entries[epoch..]);
    assert_eq!(found(&alone), [(Rule::ClosureSkipped, "#3 (position 3, closure) counter_skipped")]);
}

#[test]
fn what_the_counter_rose_by_between_two_epochs_is_skipped_as_well() {
    let mut till = days();
    till.close(EVENING);
    till.skip(5);
    till.open_epoch(1, &binding("epoch", 60, 1), EVENING);
    till.close(EVENING);
    assert!(till.entries.last().unwrap().payload.contains(r#""counter_skipped":5}"#));
    assert_eq!(counted(&verdict(&till.entries)), [3, 0, 0]);
}

#[test]
fn a_closure_of_another_epoch_is_false() {
    let mut till = days();
    let body = till.body();
    till.open_epoch(1, &binding("epoch", 60, 1), EVENING);
    till.close_as(&body, EVENING);
    let found: Vec<Rule> = verdict(&till.entries).findings.iter().map(|finding| finding.rule).collect();
    for rule in [Rule::ClosurePositions, Rule::ClosureHashes, Rule::ClosureNumbers, Rule::ClosureGroups] {
        assert!(found.contains(&rule), "{rule:?} in {found:?}");
    }
}

#[test]
fn of_a_part_the_first_closure_is_compared_as_far_as_it_is_there() {
    let mut till = days();
    till.close(EVENING);
    till.sell(&sale(50), EVENING);
    till.close(EVENING);
    // From the middle of the second span on: its beginning is not there. From its beginning: only the number before
    // and the counter are not. From its closure on: nothing of it.
    for (from, without_zone) in [(8, 1), (4, 2), (17, 1)] {
        let journal = verdict(&till.entries[from..]);
        assert_eq!(counted(&journal), [2, 1, without_zone], "from {from}");
        let report = Report::of_journal(&journal, &trust(key(1)), Language::English);
        assert!(report.does_not_prove.iter().any(|line| line.ends_with("not all records or payloads: 1.")));
        assert!(!report.complete);
    }
    let lied = |from: &str, to: &str, first: usize| {
        let mut till = days();
        let body = till.body().replacen(from, to, 1);
        till.close_as(&body, EVENING);
        verdict(&till.entries[first..]).findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(lied(r#""position_end":17"#, r#""position_end":18"#, 8), [Rule::ClosurePositions]);
    assert_eq!(lied(r#""position_start":5"#, r#""position_start":14"#, 8)[0], Rule::ClosurePositions);
    assert_eq!(lied(r#""base":"91000.00""#, r#""base":"91000.01""#, 4), [Rule::ClosureBase]);
    assert_eq!(lied(r#""base":"91000.00""#, r#""base":"91000.01""#, 8), []);
}

#[test]
fn where_payloads_were_erased_headers_still_say_what_a_closure_must() {
    let read = |till: &Till, erased: &dyn Fn(usize) -> bool| {
        let trust = Trust::Keys(vec![public(1)]);
        let mut referee = Referee::new(&trust, None);
        for (at, Entry { record, payload }) in till.entries.iter().enumerate() {
            let payload = (!erased(at)).then_some(payload.as_str());
            referee.read(JournalLine::new(record, payload).to_json().as_bytes());
        }
        referee.conclude()
    };
    let mut till = days();
    till.close(EVENING);
    assert_eq!(counted(&read(&till, &|at| at == 9)), [2, 1, 0]);
    assert_eq!(counted(&read(&till, &|at| (4..17).contains(&at))), [2, 1, 0]);
    assert_eq!(counted(&read(&till, &|at| at == 3)), [2, 1, 0], "a closure may be erased as well");
    for lie in LIES {
        let found = read(&closed_with(lie), &|at| (4..17).contains(&at)).findings;
        let hidden =
            lie.member.starts_with("totals") || matches!(lie.rule, Rule::ClosureReturns | Rule::ClosureVoids);
        let expected = usize::from(!hidden);
        assert_eq!(found.len(), expected, "{} {}: {found:?}", lie.member, lie.to);
    }
}

#[test]
fn what_was_changed_or_is_missing_is_one_finding_and_not_one_for_each_sum() {
    let mut till = days();
    till.close(EVENING);
    let mut entries = till.entries.clone();
    entries[9].payload = entries[9].payload.replace("Correction", "Rectification");
    entries[8].payload = entries[8].payload.replacen("Service", "Servicf", 1);
    let changed = verdict(&entries);
    assert_eq!((changed.findings.len(), changed.closures_unchecked), (1, 1), "{:?}", changed.findings);
    let without = verdict(&[&till.entries[..9], &till.entries[10..]].concat());
    let rules: Vec<Rule> = without.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::PositionGap, Rule::ChainBroken, Rule::NumberGap]);
    assert_eq!((without.closures, without.closures_unchecked), (2, 1));
}

#[test]
fn a_body_that_is_not_the_sealed_one_is_nobodys_statement() {
    let mut till = days();
    till.close(EVENING);
    till.entries[17].payload = till.entries[17].payload.replace(r#""closure":2"#, r#""closure":9"#);
    till.sell(&sale(50), EVENING);
    till.close(EVENING);
    let journal = verdict(&till.entries);
    assert_eq!(found(&journal), [(Rule::PayloadHash, "#18 (position 18, closure)")]);
    assert_eq!((journal.closures, journal.closures_unchecked), (3, 2));
}

#[test]
fn rates_of_one_value_are_one_group_and_every_payload_of_the_vectors_is_counted() {
    let mut till = Till::open(key(1));
    till.sell(&sale(1), "2026-02-04T10:00:00");
    till.sell(&sale(2).replace(r#""rate":"0.16""#, r#""rate":"0.1600""#), "2026-02-04T10:00:00");
    till.close_as(
        &till.body().replacen(r#"{"tax_group":"standard_vat","base":"100.00","vat":"16.00","rate":"0.16","currency":"CDF","invoice_type":"sale","nature":null,"count":1},{"tax_group":"standard_vat","base":"100.00","vat":"16.00","rate":"0.1600","currency":"CDF","invoice_type":"sale","nature":null,"count":1}"#, r#"{"tax_group":"standard_vat","base":"200.00","vat":"32.00","rate":"0.16","currency":"CDF","invoice_type":"sale","nature":null,"count":2}"#, 1),
        "2026-02-04T12:00:00",
    );
    assert_eq!(counted(&verdict(&till.entries)), [1, 0, 1]);
    assert_eq!(PAYLOADS.len(), 12);
}
