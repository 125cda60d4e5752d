//! A day of sales from another system's export, sealed by a cloud that really seals.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "import/bench.rs"]
mod bench;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use bench::{Bench, Imported, Turn, keep_key, proxy};

const DAY: &str = include_str!("../../../examples/import/day.csv");
const HEADER: &str = "invoice,timestamp,type,terminal,cashier,item_code,description,quantity,unit_price,tax_group,\
    payment_method,payment_amount,total,original,original_code,nature\n";

/// A sale of one article for 100 without tax; `rest` begins with its quantity.
fn line(number: &str, second: usize, quantity: &str, rest: &str) -> String {
    let (hour, minute) = (8 + second / 3_600, second / 60 % 60);
    let kind = if quantity.starts_with('-') { "credit_note" } else { "sale" };
    format!(
        "{number},2026-03-14 {hour:02}:{minute:02}:{:02},{kind},POS-1,C-1,PAIN,Pain,{quantity},100,exempt,cash,{rest}\n",
        second % 60
    )
}

fn sale(number: &str, second: usize) -> String {
    line(number, second, "1", ",100,,,")
}

fn sales(prefix: &str, count: usize) -> String {
    let mut text = HEADER.to_owned();
    for number in 0..count {
        text.push_str(&sale(&format!("{prefix}{number}"), number));
    }
    text
}

fn unique(imported: &Imported) -> usize {
    imported.numbers().into_iter().filter(|number| !number.is_empty()).collect::<BTreeSet<_>>().len()
}

#[test]
fn the_example_day_is_sealed_once_however_often_and_in_whatever_form_it_is_imported() {
    let bench = Bench::start();
    let first = bench.import("day.csv", DAY, &[]);
    assert_eq!((first.code, first.count("sealed"), first.rows.len()), (Some(0), 40, 40), "{first:?}");
    assert!(first.said.contains("40 invoices in 119 rows: 40 good, 0 refused"), "{}", first.said);
    assert!(first.said.contains("40 sealed, 0 sealed before, 0 refused"), "{}", first.said);
    assert!(first.said.contains("sum of all that is sealed: 234.78 USD"), "{}", first.said);
    let numbers: Vec<String> = (1..=40).map(|number| format!("KINGOMBE01-0-{number:08}")).collect();
    assert_eq!(first.numbers(), numbers, "in the order of the file");

    let second = bench.import("day.csv", DAY, &["--strict"]);
    assert_eq!((second.code, second.count("already")), (Some(0), 40), "{second:?}");
    assert_eq!(second.numbers(), first.numbers());

    // Written otherwise, it is the same day.
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(DAY.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let numbers = ["quantity", "unit_price", "payment_amount", "exchange_rate", "total"];
    let columns: Vec<usize> =
        numbers.iter().map(|name| rows[0].iter().position(|other| other == *name).unwrap()).collect();
    for (separator, name) in [(b',', "commas.csv"), (b'\t', "tabs.csv")] {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        for row in &rows {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                if columns.contains(&column) { cell.replace(',', ".") } else { cell.to_owned() }
            });
            // The columns from the last to the first.
            writer.write_record(cells.collect::<Vec<_>>().into_iter().rev()).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let other = bench.import(name, &text, &[]);
        assert_eq!((other.code, other.count("already")), (Some(0), 40), "{name}: {other:?}");
        assert_eq!(other.numbers(), first.numbers());
    }
    assert_eq!(bench.sealed(), 40);
}

#[test]
fn an_import_that_is_killed_is_finished_by_running_it_again() {
    let bench = Bench::start();
    let text = sales("K-", 1_000);
    fs::write(bench.path("day.csv"), &text).unwrap();
    let url = format!("http://{}", bench.address);
    let mut killed =
        bench.command("day.csv", &url, &[]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(killed.stderr.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "50 of 1000 invoices");
    lines.next();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = left.filter(|name| name.contains("report")).collect();
    assert!(left.is_empty(), "a report is whole or not there: {left:?}");
    let before = bench.sealed();
    assert!((100..1_000).contains(&before), "{before} were sealed before it was killed");

    let again = bench.again("day.csv", &url, &[]);
    assert_eq!(again.code, Some(0), "{}", again.complained);
    assert!(again.count("already") >= before && again.count("already") + again.count("sealed") == 1_000);
    assert_eq!((unique(&again), bench.sealed()), (1_000, 1_000));
}

#[test]
fn lost_answers_and_clouds_that_are_busy_are_borne_with() {
    let bench = Bench::start();
    fs::write(bench.path("day.csv"), sales("L-", 200)).unwrap();
    let url = proxy(bench.address, |batch| match batch {
        1 => Turn::LoseAnswer,
        2 => Turn::Answer("503 Service Unavailable"),
        4 => Turn::Answer("429 Too Many Requests"),
        5 => Turn::Refuse,
        _ => Turn::Forward,
    });
    let imported = bench.again("day.csv", &url, &[]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    // Those whose answer was lost were sealed by then.
    assert_eq!((imported.count("already"), imported.count("sealed")), (50, 150));
    assert_eq!((unique(&imported), bench.sealed()), (200, 200));
}

#[test]
fn a_cloud_that_stays_away_ends_it_with_a_report_and_how_to_go_on() {
    let bench = Bench::start();
    fs::write(bench.path("day.csv"), sales("G-", 150)).unwrap();
    let url = proxy(bench.address, |batch| match batch {
        1 => Turn::Forward,
        2 => Turn::LoseAnswer,
        _ => Turn::Refuse,
    });
    let stopped = bench.again("day.csv", &url, &["--attempts", "3"]);
    assert_eq!(stopped.code, Some(2), "{stopped:?}");
    let counts = ["sealed", "unknown", "unsent", "refused"].map(|result| stopped.count(result));
    assert_eq!(counts, [50, 50, 50, 0], "{stopped:?}");
    assert!(stopped.complained.contains("Run the same command again"), "{}", stopped.complained);
    let again = bench.again("day.csv", &format!("http://{}", bench.address), &[]);
    assert_eq!((again.code, again.count("already"), again.count("sealed")), (Some(0), 100, 50));
    assert_eq!(bench.sealed(), 150);
}

/// A file of faults, each of another kind, and some sales that are good.
fn faults() -> String {
    let at = |second| format!("2026-03-14 12:00:{second:02}");
    let row = |number: &str, second: usize, rest: &str| format!("{number},{},{rest}\n", at(second));
    let mut text = HEADER.to_owned();
    for line in [
        sale("good-1", 0),
        row("total", 1, "sale,POS-1,C-1,PAIN,Pain,1,100,standard_vat,cash,,100,,,"),
        row("group", 2, "sale,POS-1,C-1,PAIN,Pain,1,100,no_such_group,cash,,,,,"),
        row("grouped", 3, "sale,POS-1,C-1,PAIN,Pain,1,\"1 234.50\",exempt,cash,,,,,"),
        row("thousands", 4, "sale,POS-1,C-1,PAIN,Pain,1,1.500,exempt,cash,,,,,"),
        row("comma", 5, "sale,POS-1,C-1,PAIN,Pain,\"1,5\",100,exempt,cash,,,,,"),
        row("till", 6, "sale,,C-1,PAIN,Pain,1,100,exempt,cash,,,,,"),
        row("type", 7, "gift,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,"),
        row("paid", 8, "sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,90,,,,"),
        row("method", 9, "sale,POS-1,C-1,PAIN,Pain,1,100,exempt,barter,,,,,"),
        "time,14/03/2026 08:00:00,sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,\n".to_owned(),
        "zone,2026-03-14T08:00,sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,\n".to_owned(),
        "future,2999-03-14 08:00:00,sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,\n".to_owned(),
        row("twice", 10, "sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,"),
        sale("good-2", 11),
        row("twice", 12, "sale,POS-1,C-1,PAIN,Pain,1,100,exempt,cash,,,,,"),
        sale("twin", 11),
        line("note-unknown", 13, "-1", ",-100,nowhere,,RAM"),
        line("note-later", 14, "-1", ",-100,good-3,,RAM"),
        line("note-refused", 15, "-1", ",-100,total,,RAM"),
        line("note-elsewhere", 16, "-1", ",-100,KINLIMET02-0-00000001,0123456789ABCDEF,RAM"),
        line("note-without-nature", 17, "-1", ",-100,good-1,,"),
        line("note-of-note", 18, "-1", ",-100,note-unknown,,RAM"),
        sale("good-3", 19),
        line("note-good", 20, "-1", ",-100,good-3,,RAN"),
        line("note-twice", 21, "-1", ",-100,good-3,,RAM"),
        sale("=cmd()", 22),
    ] {
        text.push_str(&line);
    }
    text
}

#[test]
fn each_fault_is_refused_by_name_and_what_is_good_is_sealed() {
    let bench = Bench::start();
    let text = faults();
    let strict = bench.import("day.csv", &text, &["--strict"]);
    assert_eq!((strict.code, bench.sealed()), (Some(1), 0), "{strict:?}");
    let dry = bench.import("day.csv", &text, &["--dry-run", "--terminal", "POS-9"]);
    assert_eq!((dry.code, bench.sealed()), (Some(1), 0), "{dry:?}");
    assert_eq!([dry.row("good-1")[1].as_str(), &dry.row("till")[1]], ["unsent", "unsent"]);

    let imported = bench.import("day.csv", &text, &[]);
    assert_eq!(imported.code, Some(1), "{imported:?}");
    for number in ["good-1", "good-2", "good-3", "note-good", "'=cmd()"] {
        assert_eq!(imported.row(number)[1], "sealed", "{number}: {imported:?}");
    }
    for (number, code, said) in [
        ("total", "total_differs", "line 3: total"),
        ("group", "group_not_in_manifest", "line 4: tax_group"),
        ("grouped", "number_grouped", "line 5"),
        ("thousands", "number_ambiguous", "1500 or 1.50"),
        ("comma", "number_comma", "dot"),
        ("till", "member_missing", "--terminal"),
        ("type", "invoice_type_unknown", "line 9: type"),
        ("paid", "", "line 10"),
        ("method", "", "line 11: payment_method"),
        ("time", "timestamp_form", "2026-03-14 08:32:10"),
        ("zone", "timestamp_form", "2026-02-04T11:15:30+01:00"),
        ("future", "STALE_TIMESTAMP", ""),
        ("twice", "invoice_twice", "line 15 and again on line 17"),
        ("twin", "same_sale", "good-2"),
        ("note-unknown", "original_unknown", "nowhere"),
        ("note-later", "original_later", "put the original first"),
        ("note-refused", "original_refused", "total"),
        ("note-elsewhere", "original_elsewhere", "KIN-GOMBE-01"),
        ("note-without-nature", "member_missing", "nature"),
        ("note-of-note", "original_refused", "note-unknown"),
        ("note-twice", "ALREADY_VOIDED", ""),
    ] {
        let row = imported.row(number);
        assert!(row[1] == "refused" && (code.is_empty() || row[4] == code), "{number}: {row:?}");
        assert!(!row[4].is_empty() && row[6].contains(said), "{number}: {row:?}");
    }
    assert_eq!(bench.sealed(), 5);
    assert!(imported.said.contains("and 1 more, in the report"), "{}", imported.said);
}

#[test]
fn a_changed_invoice_of_the_same_number_is_refused_with_the_number_it_was_sealed_as() {
    let bench = Bench::start();
    let first = bench.import("day.csv", &format!("{HEADER}{}{}", sale("A", 0), sale("B", 1)), &[]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let changed = format!("{HEADER}{}{}", sale("A", 0), line("B", 1, "2", ",200,,,"));
    let second = bench.import("day.csv", &changed, &[]);
    assert_eq!((second.code, second.row("A")[1].as_str()), (Some(1), "already"));
    let row = second.row("B");
    assert_eq!((row[1].as_str(), row[4].as_str()), ("refused", "IDEMPOTENCY_KEY_REUSED"));
    assert!(row[6].contains("KINGOMBE01-0-00000002"), "{row:?}");
    // What was sealed by another way is told as that.
    let renamed = bench.import("other.csv", &format!("{HEADER}{}", sale("C", 0)), &[]);
    let row = renamed.row("C");
    assert!(row[4] == "REPLAY_DETECTED" && row[6].contains("KINGOMBE01-0-00000001"), "{row:?}");
    assert_eq!(bench.sealed(), 2);
}

#[test]
fn a_note_of_another_day_finds_its_original_by_either_number() {
    let bench = Bench::start();
    let first = bench.import("monday.csv", &format!("{HEADER}{}{}", sale("A", 0), sale("B", 1)), &[]);
    let b = first.row("B");
    let notes = format!(
        "{HEADER}{}{}",
        line("N-1", 60, "-1", ",-100,A,,RAN"),
        line("N-2", 61, "-1", &format!(",-100,{},{},RAN", b[2], b[3]))
    );
    let second = bench.import("tuesday.csv", &notes, &[]);
    assert_eq!((second.code, second.count("sealed")), (Some(0), 2), "{second:?}");
    assert!(second.said.contains("-200.00 CDF"), "{}", second.said);
    let again = bench.import("tuesday.csv", &notes, &[]);
    assert_eq!((again.code, again.count("already")), (Some(0), 2), "{again:?}");
}

#[test]
fn ten_thousand_rows_are_imported_within_memory() {
    let bench = Bench::start();
    let mut text = HEADER.to_owned();
    for number in 0..1_000 {
        for item in 0..10 {
            let total = if item == 0 { "1000" } else { "" };
            let _ = writeln!(
                text,
                "M-{number},2026-03-14 {:02}:{:02}:{:02},sale,POS-1,C-1,A-{item},Article {item},1,100,exempt,cash,,{total},,,",
                8 + number / 3_600,
                number / 60 % 60,
                number % 60
            );
        }
    }
    fs::write(bench.path("day.csv"), text).unwrap();
    let url = format!("http://{}", bench.address);
    let command = bench.command("day.csv", &url, &[]);
    // In KiB: an import that held the file several times over would still fit, one of a leak would not.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -v 524288 && exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    let output = limited.current_dir(bench.folder.path()).output().unwrap();
    let imported = Imported::new(output, &bench.path("day.report.csv"));
    assert_eq!((imported.code, imported.count("sealed")), (Some(0), 1_000), "{}", imported.complained);
    assert!(
        imported.said.contains("in 10000 rows") && imported.said.contains("1000000.00 CDF"),
        "{}",
        imported.said
    );
}

#[test]
fn a_file_that_cannot_be_trusted_is_not_begun() {
    let bench = Bench::start();
    for (name, text, said) in [
        ("column.csv", format!("invoice,timestamp,descripton\n{}", "A,t,x\n"), "is it description?"),
        ("ragged.csv", format!("{HEADER}{}A,b\n", sale("A", 0)), "line 3 has 2 cells"),
        ("quote.csv", format!("{HEADER}{}\"B,\n{}", sale("A", 0), sale("C", 1)), "line 3"),
        ("nameless.csv", format!("{HEADER}{}{}", sale("A", 0), sale("", 1)), "line 3 names no invoice"),
        ("empty.csv", HEADER.to_owned(), "no invoice below"),
    ] {
        let imported = bench.import(name, &text, &[]);
        assert!(imported.code == Some(2) && imported.complained.contains(said), "{name}: {imported:?}");
        assert!(imported.rows.is_empty(), "{name}");
    }
    assert_eq!(bench.sealed(), 0);
}

#[test]
fn keys_and_outlets_that_do_not_fit_are_told_before_anything_is_sent() {
    let bench = Bench::start();
    let text = format!("{HEADER}{}{}", sale("A", 0), line("N", 1, "-1", ",-100,A,,RAN"));
    keep_key(&bench.path("wrong.key"), "stk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    for (arguments, said) in [
        (&["--key-file", "wrong.key"][..], "401"),
        (&["--key-file", "none.key"], "none.key"),
        (&["--key-file", "auditor.key"], "invoices:seal"),
        (&["--key-file", "owner.key"], "--outlet"),
        (&["--key-file", "owner.key", "--outlet", "KIN-NOWHERE"], "KIN-NOWHERE"),
        (&["--outlet", "KIN-LIMETE-02"], "this key is of outlet KIN-GOMBE-01"),
    ] {
        let imported = bench.import("day.csv", &text, arguments);
        assert!(
            imported.code == Some(2) && imported.complained.contains(said),
            "{arguments:?}: {imported:?}"
        );
        assert!(!imported.complained.contains("stk_"), "{arguments:?}");
    }
    // A cashier sells, and takes nothing back.
    let imported = bench.import("day.csv", &text, &["--key-file", "cashier.key"]);
    assert_eq!((imported.code, imported.row("A")[1].as_str()), (Some(1), "sealed"), "{imported:?}");
    assert_eq!(imported.row("N")[4], "FORBIDDEN");
    // Each outlet has its own numbers, and keys of its own for the same invoice.
    let other = ["--key-file", "owner.key", "--outlet", "KIN-LIMETE-02"];
    let imported = bench.import("day.csv", &text, &other);
    assert_eq!(imported.numbers(), ["KINLIMET02-0-00000001", "KINLIMET02-0-00000002"], "{imported:?}");
    let mut of_variable =
        bench.command("day.csv", &format!("http://{}", bench.address), &["--key-file", "till.key"]);
    of_variable.env("STELALA_API_KEY", "not this");
    assert_eq!(of_variable.output().unwrap().status.code(), Some(0), "the file wins");
}

#[test]
fn a_private_authority_is_trusted_when_it_is_named_and_only_then() {
    let certified =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let bench = Bench::with(|folder| {
        fs::write(folder.join("cert.pem"), certified.cert.pem()).unwrap();
        keep_key(&folder.join("key.pem"), &certified.signing_key.serialize_pem());
        "[http]\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n".to_owned()
    });
    fs::write(bench.path("day.csv"), format!("{HEADER}{}", sale("A", 0))).unwrap();
    let url = format!("https://localhost:{}", bench.address.port());
    let stranger = bench.again("day.csv", &url, &[]);
    assert!(stranger.code == Some(2) && stranger.complained.contains("--ca"), "{stranger:?}");
    let known = bench.again("day.csv", &url, &["--ca", "cert.pem"]);
    assert_eq!((known.code, known.count("sealed")), (Some(0), 1), "{known:?}");
    let wrong = bench.again("day.csv", &url, &["--ca", "till.key"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
