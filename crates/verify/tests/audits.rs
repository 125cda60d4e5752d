//! An audit says what the referee says line by line: on any number of threads, with or without files.

mod support;

use std::{
    io::{self, Cursor},
    num::NonZeroUsize,
};

use fiscal::{PublicKey, RecordHash, Signature};
use support::{
    Entry, journal, key,
    lies::{LIES, closed_with},
    public, sale,
    till::Till,
};
use verify::{
    Audit, AuditFault, JournalVerdict, LONGEST_LINE_BYTES, LineFault, Referee, Rule, ScratchFile,
    SignatureCheck, Trust,
};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn text(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.line() + "\n").collect()
}

fn by_line(text: &str, trust: &Trust) -> JournalVerdict {
    let mut referee = Referee::new(trust, None);
    text.lines().for_each(|line| referee.read(line.as_bytes()));
    referee.conclude()
}

/// A shop of one till that sold much; every tenth sale is an older one again.
fn long(sales: u64) -> Vec<Entry> {
    let mut till = Till::open(key(1));
    for at in 0..sales {
        till.sell(&sale(if at % 10 == 9 { at - 5 } else { at }), "2026-02-04T13:00:00");
        if at % 100 == 99 {
            till.close("2026-02-04T13:00:00");
        }
    }
    till.entries
}

#[test]
fn on_any_number_of_threads_the_verdict_is_that_of_line_after_line() {
    let trust = Trust::Keys(vec![public(1), public(2)]);
    let mut journals: Vec<String> = LIES.iter().map(|lie| text(&closed_with(lie).entries)).collect();
    let mut many = long(400);
    many[17].payload = sale(3_000);
    many[320].record.link.previous = RecordHash([5; 32]);
    many.remove(200);
    let mut lines: Vec<String> = many.iter().map(Entry::line).collect();
    lines[250] = "no line".to_owned();
    journals.push(lines.join("\r\n"));
    journals.push("x\n".repeat(1_000));
    journals.push(String::new());
    for journal in &journals {
        let expected = by_line(journal, &trust);
        for count in [1, 2, 3, 8] {
            let audit = Audit::new(&trust).threads(threads(count));
            assert_eq!(audit.journal(journal.as_bytes()).unwrap(), expected, "{count} threads");
        }
    }
}

#[test]
fn a_sale_that_is_sealed_twice_is_found_in_its_line_among_other_findings() {
    let trust = Trust::Keys(vec![public(1)]);
    let mut entries = long(40);
    entries[29].payload = sale(3_000);
    entries[30].payload = sale(3_001);
    let verdict = Audit::new(&trust).journal(text(&entries).as_bytes()).unwrap();
    let found: Vec<_> =
        verdict.findings.iter().map(|finding| (finding.rule, finding.place.as_str())).collect();
    assert_eq!(
        found,
        [
            (Rule::SaleTwice, "#10 (position 10, invoice 0/10)"),
            (Rule::SaleTwice, "#20 (position 20, invoice 0/20)"),
            (Rule::PayloadHash, "#30 (position 30, invoice 0/30)"),
            (Rule::SaleTwice, "#30 (position 30, invoice 0/30)"),
            (Rule::PayloadHash, "#31 (position 31, invoice 0/31)"),
            (Rule::SaleTwice, "#40 (position 40, invoice 0/40)"),
        ]
    );
}

#[test]
fn of_too_many_findings_the_first_are_kept_whichever_rule_found_them() {
    let trust = Trust::Keys(vec![public(1)]);
    // 150 sales, each of them twice, and lines that are none between them.
    let mut till = Till::open(key(1));
    (0..150).for_each(|at| till.sell(&sale(at), "2026-02-04T13:00:00"));
    (0..150).for_each(|at| till.sell(&sale(at), "2026-02-04T13:00:00"));
    let mut lines: Vec<String> = till.entries.iter().map(Entry::line).collect();
    (0..60).for_each(|at| lines.insert(151 + 2 * at, "none".to_owned()));
    let verdict = by_line(&lines.join("\n"), &trust);
    assert_eq!(verdict.findings.len(), 100);
    assert_eq!(verdict.more_findings, 110);
    let rules: Vec<_> = verdict.findings[..4].iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::SaleTwice, Rule::LineForm, Rule::SaleTwice, Rule::LineForm]);
    assert!(verdict.findings.iter().is_sorted_by_key(|finding| {
        finding.place[1..].split(' ').next().unwrap().parse::<u64>().unwrap()
    }));
}

#[test]
fn whoever_checks_signatures_is_asked_for_each_and_believed() {
    struct Never;
    impl SignatureCheck for Never {
        fn signed(&self, _: &PublicKey, _: &RecordHash, _: &Signature) -> bool {
            false
        }
    }
    let trust = Trust::Keys(vec![public(1)]);
    let entries = journal(&key(1));
    let verdict = Audit::new(&trust).check(&Never).threads(threads(2));
    let verdict = verdict.journal(text(&entries).as_bytes()).unwrap();
    assert_eq!(verdict.findings.len(), entries.len());
    assert!(verdict.findings.iter().all(|finding| finding.rule == Rule::SignatureFalse));
}

#[test]
fn a_line_has_a_longest_length_and_a_file_that_fails_is_no_verdict() {
    let trust = Trust::Keys(vec![public(1)]);
    let mut long = vec![b'x'; LONGEST_LINE_BYTES];
    let read = |bytes: &[u8], count| Audit::new(&trust).threads(threads(count)).journal(bytes);
    for count in [1, 2] {
        assert_eq!(read(&long, count).unwrap().findings[0].rule, Rule::LineForm);
        long.push(b'\n');
        assert!(matches!(read(&long, count), Err(AuditFault::Line(LineFault::TooLong))));
        long.pop();
        let mut failing = text(&journal(&key(1))).into_bytes();
        failing.truncate(500);
        let failing = io::Read::chain(&failing[..], Failing);
        let verdict = Audit::new(&trust).threads(threads(count)).journal(failing);
        assert!(matches!(verdict, Err(AuditFault::Line(LineFault::Read(_)))));
    }
}

struct Failing;

impl io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_scratch_is_asked_for_nothing_while_there_is_room() {
    let trust = Trust::Keys(vec![public(1)]);
    let scratch = || -> io::Result<Box<dyn ScratchFile>> {
        assert!(std::hint::black_box(false), "a short journal needs no files");
        Ok(Box::new(Cursor::new(Vec::new())))
    };
    let verdict = Audit::new(&trust).scratch(scratch).journal(text(&journal(&key(1))).as_bytes());
    assert!(verdict.unwrap().is_true());
}
