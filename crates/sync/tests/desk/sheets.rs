use fiscal::Timestamp;
use ledger::EpochReason;
use sync::{
    AlertFilter, AlertKind, AlertsOf, Cause, Complete, CompleteFault, DeskFault, ExportOrder, Exported,
    ImportOrder, Imported, Job, JobFilter, JobState, Machine, MachineChange, ResultFile, RowFault,
    RowOutcome, SheetFault, SheetForm, SheetPart, Sight, Source,
};

use crate::{Office, world::translator};

pub(crate) const CODES: [&str; 3] =
    ["AAAAFEW73TJMEJCGFOCXPDOX", "BBBBFEW73TJMEJCGFOCXPDOX", "CCCCFEW73TJMEJCGFOCXPDOX"];

pub(crate) fn export(office: &Office, form: SheetForm, hand_out: bool) -> Exported {
    let order = ExportOrder { filter: JobFilter::default(), after: None, most: 99, form, hand_out };
    office.world.desk(|desk| desk.export(Sight::All, &order, &*translator(), office.asked())).unwrap()
}

pub(crate) fn order() -> ImportOrder {
    ImportOrder { nim: None, complete: None, reason: "import".parse().unwrap(), dry_run: false }
}

pub(crate) fn import(office: &Office, file: &[u8], order: &ImportOrder) -> Result<Imported, DeskFault> {
    let file = ResultFile::read(file)?;
    office.world.desk(|desk| desk.import(Sight::All, &file, order, office.asked()))
}

/// An export of the portal: these invoices with these codes.
pub(crate) fn portal(machine: &Machine, rows: &[(&Job, &str)]) -> String {
    let mut file = "N° de facture,Code DEF DGI,NIM,Date et heure,Montant TTC,Guichet\n".to_owned();
    for (job, code) in rows {
        let nim = machine.nim.as_ref().unwrap();
        file += &format!("{},{code},{nim},14/03/2026 09:10:00,\"19 500,00\",3\n", job.fiscal);
    }
    file
}

pub(crate) fn outcomes(imported: &Imported) -> Vec<String> {
    let told = |outcome: &RowOutcome| match outcome {
        RowOutcome::Settled => "settled".to_owned(),
        RowOutcome::Already => "already".to_owned(),
        RowOutcome::Refused(fault) => fault.code().to_owned(),
    };
    imported.rows.iter().map(|row| told(&row.outcome)).collect()
}

pub(crate) fn one(office: &Office, file: &str) -> String {
    outcomes(&import(office, file.as_bytes(), &order()).unwrap()).join(" ")
}

#[test]
fn an_export_for_looking_has_the_authoritys_names_and_no_columns_for_its_answer() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(2);
    let exported = export(&office, SheetForm::Csv(SheetPart::Invoices), false);
    let text = String::from_utf8(exported.bytes).unwrap();
    let mut lines = text.strip_prefix('\u{feff}').unwrap().lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with("rn;nif;mode;isf;type;client.nif"), "{header}");
    assert!(header.ends_with("curRate;total;vtotal"), "{header}");
    let first = lines.next().unwrap();
    assert!(first.starts_with(&format!("{};A2301457K;", jobs[0].fiscal)), "{first}");
    assert_eq!((exported.invoices, exported.next), (2, None));
    let items = export(&office, SheetForm::Csv(SheetPart::Items), false);
    assert!(String::from_utf8(items.bytes).unwrap().lines().count() > 2);
    assert!(export(&office, SheetForm::Xlsx, false).bytes.starts_with(b"PK"));
    assert_eq!(office.job(jobs[0].id).job.state, JobState::Pending);
}

#[test]
fn the_portals_export_is_read_by_the_names_of_its_columns_and_twice_without_harm() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    for job in &jobs {
        office.doubt(job.id, &machine);
    }
    let file = portal(&machine, &[(&jobs[0], CODES[0]), (&jobs[1], CODES[1])]);
    let dry = import(&office, file.as_bytes(), &ImportOrder { dry_run: true, ..order() }).unwrap();
    assert_eq!(outcomes(&dry), ["settled", "settled"]);
    assert_eq!(dry.unknown_columns, ["Guichet"]);
    assert_eq!(office.job(jobs[0].id).job.state, JobState::Ambiguous);
    assert_eq!(one(&office, &file), "settled settled");
    assert_eq!(one(&office, &file), "already already");
    assert_eq!(office.job(jobs[0].id).cause, "settled_by_file");
}

#[test]
fn each_row_that_is_not_right_is_refused_with_its_reason_and_holds_up_no_other() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    let [doubted, other] = [&jobs[0], &jobs[1]];
    office.doubt(doubted.id, &machine);
    office.doubt(other.id, &machine);
    let file = portal(&machine, &[(doubted, CODES[0])]);
    let nim = machine.nim.as_ref().unwrap().to_string();
    let rn = doubted.fiscal.to_string();
    for (from, to, code) in [
        (CODES[0], "SHORT", "CODE_FORM"),
        (CODES[0], "", "CODE_MISSING"),
        (&nim, "", "NIM_MISSING"),
        (&nim, "?", "NIM_FORM"),
        (&nim, "CD99999999-9", "OTHER_MACHINE"),
        ("19 500,00", "19 500,02", "TOTAL_DIFFERS"),
        ("19 500,00", "many", "TOTAL_FORM"),
        (&rn, "ZZZZ1-0-00000001", "UNKNOWN_INVOICE"),
        (&rn, "12", "NUMBER_FORM"),
        (&rn, "", "NO_NUMBER"),
        ("19 500,00", "", "NO_PROOF"),
        ("14/03/2026", "14/03/2025", "TIME_OUTSIDE"),
    ] {
        assert_eq!(one(&office, &file.replace(from, to)), code, "{from} {to}");
    }
    let twice = portal(&machine, &[(doubted, CODES[0]), (doubted, CODES[1]), (other, CODES[0])]);
    assert_eq!(one(&office, &twice), "settled TWICE TWICE");
    assert_eq!(one(&office, &portal(&machine, &[(other, CODES[0])])), "CODE_REUSED");
    assert_eq!(one(&office, &portal(&machine, &[(doubted, CODES[2])])), "OTHER_CODE");
}

#[test]
fn a_time_in_a_form_that_nobody_knows_is_kept_as_the_file_has_it() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace("14/03/2026 09:10:00", "14 mars 2026");
    assert_eq!(one(&office, &file), "settled");
    let elements = office.job(jobs[0].id).job.elements.unwrap();
    assert_eq!(elements.date_time, "14 mars 2026");
}

#[test]
fn a_row_without_a_time_that_can_be_kept_is_refused_in_the_words_of_the_desk() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let long = "on the fourteenth of March at nine o'clock";
    let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace("14/03/2026 09:10:00", long);
    let imported = import(&office, file.as_bytes(), &order()).unwrap();
    let RowOutcome::Refused(fault) = &imported.rows[0].outcome else { panic!("{imported:?}") };
    let desk = DeskFault::TimeForm;
    assert_eq!((fault.code(), fault.to_string()), (desk.code(), desk.to_string()));
}

#[test]
fn a_file_without_the_columns_that_are_needed_is_refused() {
    let office = Office::new();
    for (file, code) in [
        ("a,b\n1,2\n", "SHEET_NO_COLUMN"),
        ("rn,total\n1,2\n", "SHEET_NO_COLUMN"),
        ("rn,code,taxGroup\n1,2,3\n", "SHEET_NO_COLUMN"),
        ("rn,facture,code\n1,2,3\n", "SHEET_TWICE"),
        ("PK\u{3}\u{4}", "SHEET_UNREADABLE"),
    ] {
        assert_eq!(import(&office, file.as_bytes(), &order()).unwrap_err().code(), code, "{file}");
    }
    let large = import(&office, &vec![b'a'; (10 << 20) + 1], &order());
    assert!(matches!(large, Err(DeskFault::Sheet(SheetFault::TooLarge))));
}

/// The test's clock is at 2026-03-14T08:00:00, the portal's rows say 09:10:00 in Kinshasa.
pub(crate) fn complete(office: &Office, machine: &Machine, rows: usize) -> Complete {
    let now = office.world.clock.at().0 / 1_000;
    Complete {
        nim: machine.nim.clone().unwrap(),
        from: Timestamp::from_unix(now - 7 * 86_400).unwrap(),
        to: Timestamp::from_unix(now).unwrap(),
        rows,
    }
}

pub(crate) fn import_complete(office: &Office, file: &str, complete: Complete) -> Imported {
    import(office, file.as_bytes(), &ImportOrder { complete: Some(complete), ..order() }).unwrap()
}

#[test]
fn what_a_complete_export_does_not_have_is_tried_again() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    office.doubt(jobs[0].id, &machine);
    office.doubt(jobs[1].id, &machine);
    office.pass(7_200);
    office.doubt(jobs[2].id, &machine);
    // An hour more than the ten minutes of late packets: the portal may write the time of the other zone.
    let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace("09:10:00", "10:11:00");
    let imported = import_complete(&office, &file, complete(&office, &machine, 1));
    assert_eq!((outcomes(&imported), imported.not_complete), (vec!["settled".to_owned()], None));
    let kept: Vec<_> =
        imported.absent.iter().map(|absent| absent.kept.as_ref().map(sync::RowFault::code)).collect();
    assert_eq!(kept, [None, Some("CONFIRM_LATE")]);
    let states: Vec<_> = jobs.iter().map(|job| office.job(job.id).job.state).collect();
    assert_eq!(states, [JobState::Synced, JobState::Retry, JobState::Ambiguous]);
    assert_eq!(office.job(jobs[1].id).cause, "not_there");
}

#[test]
fn where_only_our_own_clock_was_seen_a_complete_export_has_a_day_more_on_both_sides() {
    let seen = |office: &Office| {
        let now = office.world.clock.at();
        (now.to_string(), format!(r#"{{"first":{now},"first_here":{now},"in_time":true,"twice":true}}"#))
    };
    let (hour, day) = (3_600, 86_400);
    // Which clocks were seen, from how long before it was sent to how long after it the export certainly reaches.
    for (before, after, from, reach, kept) in [
        (true, true, hour + 60, hour + 660, None),
        (true, true, hour - 60, hour + 660, Some("CONFIRM_BEFORE")),
        (true, true, hour + 60, hour + 540, Some("CONFIRM_LATE")),
        (false, true, day + hour + 60, hour + 660, None),
        (false, true, day + hour - 60, hour + 660, Some("CONFIRM_BEFORE")),
        (true, false, hour + 60, day + hour + 660, None),
        (true, false, hour + 60, day + hour + 540, Some("CONFIRM_LATE")),
    ] {
        let office = Office::new();
        let (machine, jobs) = office.with_sales(2);
        office.doubt(jobs[0].id, &machine);
        let (not_before, gone) = seen(&office);
        let none = || "null".to_owned();
        let not_before = if before { not_before } else { none() };
        office.doubt_as(jobs[1].id, &machine, (&not_before, if after { &gone } else { "null" }));
        let sent = office.world.clock.at().0 / 1_000;
        office.pass(3 * day);
        // As the portal writes it, in Kinshasa.
        let newest = Timestamp::from_unix(sent + hour + reach).unwrap();
        let file =
            portal(&machine, &[(&jobs[0], CODES[0])]).replace("14/03/2026 09:10:00", &newest.to_string());
        let from = Timestamp::from_unix(sent - from).unwrap();
        let stated = Complete { from, ..complete(&office, &machine, 1) };
        let imported = import_complete(&office, &file, stated);
        assert_eq!(imported.not_complete, None);
        let found = imported.absent[0].kept.as_ref().map(sync::RowFault::code);
        assert_eq!(found, kept, "{before} {after} {from} {reach}");
    }
}

#[test]
fn an_export_that_is_not_whole_settles_nothing_by_what_it_does_not_have() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(4);
    for job in &jobs {
        office.doubt(job.id, &machine);
    }
    office.pass(7_200);
    let known = portal(&machine, &[(&jobs[0], CODES[0]), (&jobs[1], CODES[1])]);
    assert_eq!(one(&office, &known), "settled settled");
    let right = complete(&office, &machine, 2);
    let early = Complete { to: Timestamp::from_unix(right.from.unix() + 60).unwrap(), ..right.clone() };
    let later = Complete { to: Timestamp::from_unix(right.to.unix() + 60).unwrap(), ..right.clone() };
    let one_row = Complete { rows: 1, ..right.clone() };
    let without = portal(&machine, &[(&jobs[0], CODES[0])]);
    let other = Complete { nim: "CD99999999-9".parse().unwrap(), ..right.clone() };
    let no_time = known.replace("14/03/2026 09:10:00", "");
    for (file, stated, fault) in [
        (&known, one_row.clone(), CompleteFault::Rows { said: 1, found: 2 }),
        (&known, early, CompleteFault::Outside(2)),
        (&known, later, CompleteFault::Period),
        (&known, other, CompleteFault::OtherNim(2)),
        (&no_time, right.clone(), CompleteFault::NoTime(2)),
        (&without, one_row, CompleteFault::Missing(jobs[1].fiscal)),
        (&format!("{known}{},,,,,\n", jobs[2].fiscal), right.clone(), CompleteFault::Unread),
        (&known.replace(&jobs[1].fiscal.to_string(), "ZZZZ1-0-00000001"), right, CompleteFault::Unknown(3)),
    ] {
        let imported = import_complete(&office, file, stated);
        assert_eq!((imported.not_complete, imported.absent), (Some(fault), Vec::new()));
    }
    assert_eq!(office.job(jobs[2].id).job.state, JobState::Ambiguous);
}

#[test]
fn an_invoice_that_somebody_typed_is_never_left_in_the_queue() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(3);
    let nim = machine.nim.as_ref().unwrap().to_string();
    for state in [JobState::Pending, JobState::Retry, JobState::Failed, JobState::Differs] {
        office.put(jobs[0].id, state);
        for (from, to, code) in [
            ("19 500,00", "19 500,02", "TOTAL_DIFFERS"),
            ("19 500,00", "", "NO_PROOF"),
            (nim.as_str(), "CD99999999-9", "OTHER_MACHINE"),
            (nim.as_str(), "?", "NIM_FORM"),
        ] {
            office.execute("UPDATE sync_jobs SET doubt = NULL, doubt_cause = NULL", &[]);
            office.put(jobs[0].id, state);
            let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace(from, to);
            let dry = import(&office, file.as_bytes(), &ImportOrder { dry_run: true, ..order() }).unwrap();
            assert_eq!(outcomes(&dry), [code]);
            assert_eq!(office.job(jobs[0].id).job.state, state);
            assert_eq!(one(&office, &file), code);
            let listed = office.job(jobs[0].id);
            assert_eq!(
                (listed.job.state, listed.cause.as_str()),
                (JobState::Ambiguous, "handed_out"),
                "{code}"
            );
        }
    }
    for (job, state) in jobs[1..].iter().zip([JobState::Pending, JobState::Failed]) {
        office.put(job.id, state);
    }
    let file = portal(&machine, &[(&jobs[1], CODES[1]), (&jobs[2], CODES[2])]);
    assert_eq!(one(&office, &file), "settled settled");
    let told = office.world.desk(|desk| desk.job(Sight::All, jobs[1].id)).unwrap();
    let causes: Vec<_> = told.transitions.iter().map(|passed| passed.cause.name()).collect();
    assert_eq!(causes[causes.len() - 2..], ["handed_out", "settled_by_file"]);
}

#[test]
fn a_row_of_an_invoice_that_is_out_waits_and_another_code_of_one_that_is_there_is_told() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let file = portal(&machine, &[(&jobs[0], CODES[0])]);
    office.put(jobs[0].id, JobState::Submitted);
    assert_eq!(one(&office, &file), "IN_FLIGHT");
    assert_eq!(office.job(jobs[0].id).job.state, JobState::Submitted);
    office.put(jobs[0].id, JobState::Pending);
    assert_eq!(one(&office, &file), "settled");
    assert_eq!(one(&office, &portal(&machine, &[(&jobs[0], CODES[1])])), "OTHER_CODE");
    let of = sync::AlertsOf { sight: Sight::All, merchant: None };
    let alerts = office.world.desk(|desk| desk.alerts(of, AlertFilter::default(), None, 99)).unwrap();
    let two = alerts.iter().find(|alert| alert.kind == sync::AlertKind::TwoCodes).unwrap();
    assert!(two.detail.contains(&format!(": 1 ({})", jobs[0].fiscal)), "{}", two.detail);
}

#[test]
fn the_silence_of_an_export_never_gives_back_what_a_person_has_in_his_hands() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    office.doubt(jobs[0].id, &machine);
    // It was confirmed once, long before it was handed out.
    office.doubt(jobs[1].id, &machine);
    office.execute("UPDATE sync_jobs SET doubt = NULL, doubt_cause = NULL, intent = NULL WHERE state = 'AMBIGUOUS' AND id = $1", &[crate::text(&jobs[1].id)]);
    office.put(jobs[1].id, JobState::Retry);
    assert_eq!(export(&office, SheetForm::Xlsx, true).invoices, 1);
    office.pass(2 * 86_400 + 3_600);
    let silence = || {
        let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace("14/03", "16/03");
        let imported = import_complete(&office, &file, complete(&office, &machine, 1));
        let absent = imported.absent.iter().find(|absent| absent.fiscal == jobs[1].fiscal).unwrap();
        absent.kept.as_ref().map(|fault| fault.code().to_owned())
    };
    assert_eq!(silence().as_deref(), Some("HANDED_OUT"));
    // Nor after a backup was restored in which he had it.
    for _ in 0..2 {
        office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
        office.follow();
    }
    office.pass(2 * 86_400);
    let silence = silence();
    assert_eq!(silence.as_deref(), Some("HANDED_OUT_BEFORE"));
    assert_eq!(office.job(jobs[1].id).job.state, JobState::Ambiguous);
}

#[test]
fn what_a_restored_backup_left_in_doubt_is_given_back_by_an_export_from_before_its_sealing() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    office.doubt(jobs[0].id, &machine);
    // As the course leaves it: without confirms, whatever there were.
    let now = office.world.clock.at();
    let doubt =
        format!(r#"{{"cause":"restored","since":{now},"gone":null,"era":null,"probably_finalised":false}}"#);
    office.execute(
        "UPDATE sync_jobs SET state = 'AMBIGUOUS', doubt_cause = 'restored', doubt = $1 WHERE id = $2",
        &[crate::text(&doubt), crate::text(&jobs[1].id)],
    );
    office.pass(2 * 86_400);
    let whole = complete(&office, &machine, 1);
    let late = Complete { from: Timestamp::from_unix(now.0 / 1_000 - 86_400).unwrap(), ..whole.clone() };
    for (time, stated, code) in [
        ("15/03/2026 10:20:00", late, Some("CONFIRM_BEFORE")),
        // Whatever the person states: the file reaches no further than its newest row.
        ("15/03/2026 10:00:00", whole.clone(), Some("CONFIRM_LATE")),
        ("15/03/2026 10:20:00", whole, None),
    ] {
        let file = portal(&machine, &[(&jobs[0], CODES[0])]).replace("14/03/2026 09:10:00", time);
        let imported = import_complete(&office, &file, stated);
        assert_eq!(imported.not_complete, None);
        let kept = imported.absent[0].kept.as_ref().map(sync::RowFault::code);
        assert_eq!(kept, code);
    }
    assert_eq!(office.job(jobs[1].id).job.state, JobState::Retry);
}

#[test]
fn a_qr_code_of_another_invoice_shows_that_the_codes_slipped_by_a_row() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt(jobs[0].id, &machine);
    let nim = machine.nim.unwrap();
    let file = |code: &str| {
        format!(
            "rn;nim;code;totalDGI;qrCode\n{};{nim};{};19500,00;\"F;{nim};{code};A2301457K;20260314\"\n",
            jobs[0].fiscal, CODES[0]
        )
    };
    assert_eq!(one(&office, &file(CODES[1])), "QR_DIFFERS");
    assert_eq!(one(&office, &file(CODES[0]).replace("A2301457K", "A9999999Z")), "QR_DIFFERS");
    let long = file(CODES[0]).replace("20260314\"", &format!("{}\"", "0".repeat(512)));
    assert_eq!(one(&office, &long), "QR_FORM");
    // Both may have slipped together.
    assert_eq!(one(&office, &file(CODES[0]).replace("19500,00", "")), "NO_PROOF");
    assert_eq!(one(&office, &file(CODES[0])), "settled");
}

#[test]
fn a_uid_shows_whose_a_code_is_only_where_it_is_the_one_that_we_asked_by() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    office.doubt(jobs[0].id, &machine);
    let nim = machine.nim.unwrap();
    let its = office.job(jobs[0].id).job.uid().unwrap().to_string();
    let row =
        |job: &Job, code: &str, uid: &str| format!("rn;nim;code;uid\n{};{nim};{code};{uid}\n", job.fiscal);
    // Nobody asked for this one: a person typed it, and whichever uid stands beside its code came with the code.
    assert_eq!(one(&office, &row(&jobs[1], CODES[1], "uid-of-a-neighbour")), "NO_PROOF");
    assert_eq!(one(&office, &row(&jobs[0], CODES[0], "uid-of-a-neighbour")), "UID_DIFFERS");
    assert_eq!(one(&office, &row(&jobs[0], CODES[0], &its.to_ascii_uppercase())), "settled");
}

#[test]
fn what_was_handed_out_is_settled_by_an_e_mcf_that_its_outlet_had_since_and_by_no_other_of_the_merchant() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    let elsewhere = office.world.machine(&[office.world.outlets[1]]);
    assert_eq!(export(&office, SheetForm::Xlsx, true).invoices, 2);
    let refused = import(&office, portal(&elsewhere, &[(&jobs[0], CODES[0])]).as_bytes(), &order()).unwrap();
    let its = RowFault::OtherMachine(vec![machine.nim.clone().unwrap()]);
    assert_eq!(refused.rows[0].outcome, RowOutcome::Refused(its));
    office.pass(60);
    let none = MachineChange { outlets: Some(Vec::new()), ..MachineChange::default() };
    office.world.change_machine(&machine.id, &none);
    let next = office.world.machine(&[office.outlet()]);
    assert_eq!(one(&office, &portal(&next, &[(&jobs[0], CODES[0])])), "settled");
    // Before it was moved somebody may have typed it, too.
    assert_eq!(one(&office, &portal(&elsewhere, &[(&jobs[1], CODES[1])])), "OTHER_MACHINE");
    assert_eq!(one(&office, &portal(&machine, &[(&jobs[1], CODES[1])])), "settled");
    // A day later: clocks may differ by one.
    office.pass(86_460);
    office.sell();
    let later = office.follow().pop().unwrap();
    assert_eq!(one(&office, &portal(&machine, &[(&later, CODES[2])])), "OTHER_MACHINE");
    let file = portal(&next, &[(&later, CODES[2])]).replace("14/03/2026", "15/03/2026");
    assert_eq!(one(&office, &file), "settled");
}

#[test]
fn what_was_called_the_portals_before_is_read_as_a_file_that_a_person_gave() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    office.doubt(jobs[0].id, &machine);
    assert_eq!(one(&office, &portal(&machine, &[(&jobs[0], CODES[0])])), "settled");
    office.execute(
        "UPDATE sync_jobs SET cause = 'settled_by_portal', \
         elements = REPLACE(elements, '\"imported\"', '\"portal\"') WHERE elements LIKE '%\"imported\"%'",
        &[],
    );
    let listed = office.job(jobs[0].id);
    assert_eq!(listed.cause, "settled_by_portal");
    assert_eq!(listed.known_cause(), Some(Cause::SettledByFile));
    assert_eq!(listed.job.elements.unwrap().source, Source::Imported);
}

#[test]
fn a_file_is_one_alert_of_a_kind_for_a_merchant_however_many_rows_it_has() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(7);
    for job in &jobs {
        office.doubt(job.id, &machine);
    }
    let rows = |first: char| -> String {
        let code = |index: usize| format!("{first}{index}AAFEW73TJMEJCGFOCXPDOX");
        let codes: Vec<_> = (0..jobs.len()).map(code).collect();
        let rows: Vec<_> = jobs.iter().zip(codes.iter().map(String::as_str)).collect();
        portal(&machine, &rows)
    };
    let told = |kind| {
        let (of, filter) = (
            AlertsOf { sight: Sight::All, merchant: None },
            AlertFilter { kind: Some(kind), with_ended: false },
        );
        office.world.desk(|desk| desk.alerts(of, filter, None, 99)).unwrap()
    };
    assert_eq!(one(&office, &rows('A')), ["settled"; 7].join(" "));
    let [settled] = &told(AlertKind::SettledByPerson)[..] else {
        panic!("{:?}", told(AlertKind::SettledByPerson))
    };
    assert!(
        settled.detail.contains(": 7 (") && settled.detail.contains(&jobs[4].fiscal.to_string()),
        "{settled:?}"
    );
    assert_eq!(
        (settled.merchant.as_ref(), settled.outlet),
        (Some(&office.world.merchant), Some(office.outlet()))
    );
    office.pass(1);
    // Whoever invents codes for what is settled buries nothing either; each file is told.
    for files in 1..3 {
        office.pass(1);
        assert_eq!(one(&office, &rows('B')), ["OTHER_CODE"; 7].join(" "));
        assert_eq!(told(AlertKind::TwoCodes).len(), files);
    }
}
