//! What the referee remembers has an end, and the verdict says what it could not compare.

mod support;

use std::fmt::Write;

use fiscal::{Chain, EventKind, HeadState};
use support::{
    Entry, chain, counted, found, key, public, sale,
    till::{self, PAYLOADS, Till},
    trust, verdict,
};
use verify::{JournalLine, Language, Referee, Report, Rule, Trust};

/// An invoice of as many groups as an invoice may have, none of which any other has.
fn with_groups_of_its_own(round: usize) -> String {
    let (mut items, mut groups) = (String::new(), String::new());
    for at in 0..16 {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            items,
            r#"{comma}{{"code":"A","description":"A","quantity":"1","unit_price":"1.00","tax_group":"g{round}-{at}","taxable_unit":"u"}}"#
        );
        let _ = write!(
            groups,
            r#"{comma}{{"code":"g{round}-{at}","name":"G","rate":"0.00","base_amount":"1.00","tax_amount":"0.00"}}"#
        );
    }
    let (head, rest) = support::SALE.split_once(r#""items":["#).unwrap();
    let (_, payments) = rest.split_once(r#""payments":"#).unwrap();
    let payments = payments.replace("116.00", "16.00");
    format!(
        r#"{head}"items":[{items}],"tax_groups":[{groups}],"totals":{{"subtotal":"16.00","total_vat":"0.00","total":"16.00","currency":"CDF"}},"payments":{payments}"#
    )
}

#[test]
fn a_closure_has_room_for_1024_groups_and_no_journal_makes_the_referee_count_more() {
    let mut till = Till::open(key(1));
    for round in 0..64 {
        till.sell(&with_groups_of_its_own(round), "2026-02-04T10:00:00");
    }
    let full = till.body();
    till.close("2026-02-04T12:00:00");
    assert_eq!(counted(&verdict(&till.entries)), [1, 0, 1]);
    let mut till = Till::open(key(1));
    for round in 0..65 {
        till.sell(&with_groups_of_its_own(round), "2026-02-04T10:00:00");
    }
    let body = till.body();
    till.close_as(&body, "2026-02-04T12:00:00");
    let place = "#66 (position 66, closure)";
    assert_eq!(found(&verdict(&till.entries)), [(Rule::ClosureForm, place)], "there is no such closure");
    let mut again = Till::open(key(1));
    for round in 0..65 {
        again.sell(&with_groups_of_its_own(round), "2026-02-04T10:00:00");
    }
    let (totals, _) = full.split_once(r#""currencies""#).unwrap();
    let (_, rest) = body.split_once(r#""currencies""#).unwrap();
    let short =
        format!(r#"{totals}"currencies"{rest}"#).replacen(r#""sequence_end":64"#, r#""sequence_end":65"#, 1);
    again.close_as(&short, "2026-02-04T12:00:00");
    let place = "#66 (position 66, closure) totals";
    let journal = verdict(&again.entries);
    assert_eq!(found(&journal), [(Rule::ClosureGroups, place)]);
    assert_eq!(journal.findings[0].difference.as_ref().unwrap().counted, "> 1024");
}

#[test]
fn without_payloads_no_more_than_1024_currencies_are_counted_either() {
    let mut till = Till::open(key(1));
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap());
    for round in 0..1_025 {
        let currency: String = [letter(round / 676), letter(round / 26), letter(round)].iter().collect();
        till.sell(&PAYLOADS[2].replace("\"USD\"", &format!("\"{currency}\"")), "2026-02-04T10:00:00");
    }
    let (all, first) = (till.body(), till::closure(&till.entries[..1_024], 1, 0));
    let (_, end) = all.split_once(r#""closure":1"#).unwrap();
    let (begin, _) = first.split_once(r#""closure":1"#).unwrap();
    let begin = begin.replacen(r#""sequence_end":1024"#, r#""sequence_end":1025"#, 1);
    till.close_as(&format!(r#"{begin}"closure":1{end}"#), "2026-02-04T12:00:00");
    let trust = Trust::Keys(vec![public(1)]);
    let mut referee = Referee::new(&trust, None);
    for (at, Entry { record, payload }) in till.entries.iter().enumerate() {
        let payload = (at == 1_025).then_some(payload.as_str());
        referee.read(JournalLine::new(record, payload).to_json().as_bytes());
    }
    let place = "#1026 (position 1026, closure) totals";
    assert_eq!(found(&referee.conclude()), [(Rule::ClosureGroups, place)]);
}

#[test]
fn of_more_than_64_signers_the_last_ones_are_said_to_be_unchecked() {
    let mut state = HeadState::START;
    let mut entries = Vec::new();
    for signer in 0..65 {
        let device = format!("D-{signer}").parse().unwrap();
        let mut till = Till::of(Chain { device, ..chain(&key(1)) }, key(1), state);
        till.sell(&sale(signer), "2026-02-04T10:00:00");
        till.close("2026-02-04T10:00:00");
        till.event(EventKind::Close, "{}", "2026-02-04T10:00:00");
        state = till.state().handed_over(None);
        entries.extend(till.entries);
    }
    let journal = verdict(&entries);
    assert_eq!(counted(&journal), [65, 1, 64]);
    assert_eq!(journal.takeovers_unchecked, 1);
    let report = Report::of_journal(&journal, &trust(key(1)), Language::English);
    assert_eq!(report.title, "TRUE IN PART: the chain is intact, closures could not be checked");
}

/// What `signers` of an outlet seal one after the other, and then those again that are named in `again`, each where it
/// left off: a sale and its close.
fn handed_around(signers: usize, again: &[usize]) -> Vec<Entry> {
    let mut tills: Vec<Till> = Vec::new();
    let (mut state, mut entries) = (HeadState::START, Vec::new());
    for (turn, signer) in (0..signers).chain(again.iter().copied()).enumerate() {
        if signer == tills.len() {
            let device = format!("D-{signer}").parse().unwrap();
            tills.push(Till::of(Chain { device, ..chain(&key(1)) }, key(1), state));
        } else {
            let own = tills[signer].state().position;
            tills[signer].go_on(HeadState { position: own, ..state });
        }
        let till = &mut tills[signer];
        let begun = till.entries.len();
        till.event(EventKind::HandOver, "{}", "2026-02-04T10:00:00");
        till.sell(&sale(turn as u64), "2026-02-04T10:00:00");
        till.event(EventKind::Close, "{}", "2026-02-04T10:00:00");
        state = till.state().handed_over(None);
        entries.extend_from_slice(&till.entries[begun..]);
    }
    entries
}

#[test]
fn of_more_than_64_signers_the_last_ones_are_not_remembered_and_the_verdict_says_how_often() {
    let read = |entries: &[Entry]| verdict(entries);
    let few = read(&handed_around(64, &[0, 63, 5]));
    assert_eq!((few.findings.len(), few.takeovers_unchecked), (0, 0));
    let many = read(&handed_around(66, &[0, 65, 64, 63]));
    assert_eq!((&many.findings[..], many.takeovers_unchecked), (&[][..], 4), "64 and 65, twice each");
    let report = Report::of_journal(&many, &trust(key(1)), Language::English);
    assert_eq!(report.title, "TRUE IN PART: the chain is intact, take-overs could not be checked");
    assert!(
        !report.complete && report.does_not_prove.iter().any(|line| line.ends_with("such take-overs: 4."))
    );
}

#[test]
fn a_signer_that_is_not_remembered_is_checked_while_it_seals() {
    let entries = handed_around(66, &[]);
    // The turn of the last signer: hand-over, sale, close.
    let [begin, sold, closed] = [195, 196, 197];
    let rules =
        |entries: &[Entry]| verdict(entries).findings.iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert_eq!(rules(&entries), []);
    assert!(rules(&[&entries[..sold], &entries[closed..]].concat()).contains(&Rule::PositionGap));
    assert!(
        rules(&[&entries[..begin - 1], &entries[begin..]].concat()).contains(&Rule::NoHandOver),
        "the one before did not close"
    );
    let mut last = entries[closed].clone();
    last.record.header.subject = entries[sold].record.header.subject;
    assert!(rules(&[&entries[..], &[last.clone()]].concat()).contains(&Rule::SealedAfterClose));
    let (mut start, mut late) = (last.clone(), last.clone());
    start.record.header.subject = fiscal::Subject::Event(EventKind::Boot);
    assert!(!rules(&[&entries[..], &[start.clone()]].concat()).contains(&Rule::SealedAfterClose));
    late.record.link.counter += 1;
    assert!(rules(&[&entries[..], &[start, late]].concat()).contains(&Rule::SealedAfterClose));
    let mut back = entries.clone();
    back[closed].record.link.counter = 0;
    assert!(rules(&back).contains(&Rule::CounterBack));
}
