use edef::TaxGroups;
use ledger::ManifestBook;
use sync::{Alert, AlertFilter, AlertKind, AlertsOf, At, DeskFault, JobState, Settlement, Sight, Watched};

use crate::{Office, text};

fn watch(office: &Office) -> Watched {
    office.world.desk(|desk| desk.watch(office.world.clock.at())).unwrap()
}

/// Everybody's.
const ALL: AlertsOf<'static> = AlertsOf { sight: Sight::All, merchant: None };

fn alerts(office: &Office, filter: AlertFilter) -> Vec<Alert> {
    office.world.desk(|desk| desk.alerts(ALL, filter, None, 500)).unwrap()
}

fn open(office: &Office) -> Vec<AlertKind> {
    let mut open: Vec<_> = alerts(office, AlertFilter::default()).iter().map(|alert| alert.kind).collect();
    open.sort();
    // The worlds' machines are simulators, and told to be.
    open.retain(|kind| *kind != AlertKind::TestMachine);
    open
}

fn began(watched: &Watched) -> Vec<AlertKind> {
    watched.began.iter().map(|(kind, _)| *kind).collect()
}

#[test]
fn a_token_is_asked_for_a_week_before_it_ends_and_told_once() {
    let office = Office::new();
    let machine = office.world.machine(&[office.outlet()]);
    let now = office.world.clock.at().0 / 1_000;
    let expires = ledger::Cell::Integer(i64::try_from(now + 8 * 86_400).unwrap());
    office.execute("UPDATE sync_machines SET token_expires = $1", &[expires]);
    assert_eq!(watch(&office), Watched::default());
    office.pass(86_400 + 1);
    assert_eq!(watch(&office).began, [(AlertKind::TokenExpires, machine.id.to_string())]);
    assert_eq!(watch(&office), Watched::default());
    office.pass(7 * 86_400);
    let watched = watch(&office);
    assert_eq!(began(&watched), [AlertKind::TokenExpired]);
    assert_eq!(watched.ended, [(AlertKind::TokenExpires, machine.id.to_string())]);
    let figures = office.world.desk(|desk| desk.figures(office.world.clock.at())).unwrap();
    assert_eq!(figures.tokens, [(machine.id, -1)]);
}

#[test]
fn a_machine_that_rests_for_an_hour_or_is_blocked_is_an_alert_until_it_works() {
    let office = Office::new();
    // What nobody's invoices wait for is no alert.
    office.world.machine(&[]);
    office.world.machine(&[office.outlet()]);
    let since = ledger::Cell::Integer(i64::try_from(office.world.clock.at().0).unwrap());
    office.execute("UPDATE sync_machines SET state = 'paused', state_note = 'a', state_since = $1", &[since]);
    assert_eq!(began(&watch(&office)), []);
    office.pass(3_601);
    assert_eq!(began(&watch(&office)), [AlertKind::MachinePaused]);
    office.execute("UPDATE sync_machines SET state = 'blocked', state_note = $1", &[text(&"unauthorized")]);
    assert_eq!(began(&watch(&office)), [AlertKind::MachineBlocked]);
    office.execute("UPDATE sync_machines SET state = 'ready'", &[]);
    watch(&office);
    assert_eq!(open(&office), []);
}

#[test]
fn an_outlet_tells_its_backlog_its_missing_machine_and_what_a_person_has_to_do() {
    let office = Office::new();
    for _ in 0..4 {
        office.sell();
    }
    let jobs = office.follow();
    watch(&office);
    assert_eq!(open(&office), [AlertKind::NoMachine]);
    office.put(jobs[0].id, JobState::Failed);
    office.put(jobs[1].id, JobState::Differs);
    office.put(jobs[2].id, JobState::Ambiguous);
    office.pass(86_402);
    assert_eq!(
        began(&watch(&office)),
        [AlertKind::Backlog, AlertKind::Ambiguous, AlertKind::Differs, AlertKind::Failed]
    );
    office.world.machine(&[office.outlet()]);
    for job in &jobs {
        office.put(job.id, JobState::Synced);
    }
    watch(&office);
    assert_eq!(open(&office), []);
}

#[test]
fn alerts_are_told_to_whom_they_concern() {
    let office = Office::new();
    office.sell();
    office.follow();
    watch(&office);
    let (here, there) = ([office.world.outlets[0]], [office.world.outlets[1]]);
    let count = |sight| {
        let of = AlertsOf { sight, merchant: Some(&office.world.merchant) };
        let found = office.world.desk(|desk| desk.alerts(of, AlertFilter::default(), None, 9)).unwrap().len();
        assert_eq!(office.world.desk(|desk| desk.open_alerts(of)).unwrap(), found);
        found
    };
    assert_eq!((count(Sight::Outlets(&here)), count(Sight::Outlets(&there))), (1, 0));
}

#[test]
fn an_alert_is_closed_once_by_its_name_with_a_reason_and_comes_again_when_it_is_told_again() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(1);
    let (kind, about) = (AlertKind::SettledByPerson, jobs[0].id.to_string());
    let settle = |word: &str| {
        office.doubt(jobs[0].id, &machine);
        office.pass(3_600);
        office.world.desk(|desk| {
            let (reason, asked) = (word.parse().unwrap(), office.asked());
            desk.settle(Sight::All, jobs[0].id, &Settlement::NotThere, &reason, asked)
        })
    };
    let close_seen = |kind, about: &str, seen| {
        office.pass(1);
        let reason = "compared with the portal".parse().unwrap();
        office.world.desk(|desk| desk.close_alert(kind, about, seen, &reason, office.asked()))
    };
    let told = || alerts(&office, AlertFilter { kind: Some(kind), with_ended: true })[0].clone();
    let close = |kind, about: &str| close_seen(kind, about, told().seen);
    settle("looked").unwrap();
    assert_eq!(open(&office), [kind]);
    let first = told();
    settle("looked once more").unwrap();
    let both = told();
    assert!(both.detail.contains("looked once more; ") && both.detail.ends_with(": looked"), "{both:?}");
    assert!(matches!(close_seen(kind, &about, first.seen), Err(DeskFault::ToldAgain)));
    let closed = close(kind, &about).unwrap();
    assert_eq!(closed.ended, Some(office.world.clock.at()));
    assert_eq!(open(&office), []);
    assert_eq!(close(kind, &about).unwrap(), closed, "a second time changes nothing");
    assert_eq!(office.acts("alert.close"), [format!("settled_by_person {about}: compared with the portal")]);
    assert!(matches!(close(kind, "nothing"), Err(DeskFault::NotFound("alert"))));
    settle("looked again").unwrap();
    assert_eq!(open(&office), [kind]);
    let ended = AlertFilter { with_ended: true, kind: Some(kind) };
    assert_eq!(alerts(&office, ended).len(), 1);
    assert!(!told().detail.contains("once more"), "what was looked at is not told again");
}

#[test]
fn what_the_watch_keeps_up_is_not_closed_by_hand() {
    let office = Office::new();
    office.sell();
    office.follow();
    watch(&office);
    let (reason, seen) = ("seen".parse().unwrap(), alerts(&office, AlertFilter::default())[0].seen);
    let about = office.outlet().to_string();
    let refused = office
        .world
        .desk(|desk| desk.close_alert(AlertKind::NoMachine, &about, seen, &reason, office.asked()))
        .unwrap_err();
    assert_eq!(refused.code(), "NOT_CLOSED");
    assert_eq!(open(&office), [AlertKind::NoMachine]);
    assert!(office.acts("alert.close").is_empty());
    // What only a person can end may be closed.
    let by_hand: Vec<_> = AlertKind::ALL.iter().filter(|kind| !kind.ends_by_itself()).collect();
    for kind in
        [AlertKind::SettledByPerson, AlertKind::HandedOut, AlertKind::TwoCodes, AlertKind::NonCompliant]
    {
        assert!(by_hand.contains(&&kind), "{kind}");
    }
}

#[test]
fn rates_are_kept_when_they_change_and_a_difference_to_the_manifest_is_an_alert() {
    const LIVE: &str = r#"{"a":0,"b":16,"c":5,"d":0,"e":0,"f":16,"g":5,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0,"n":0,"o":1,"p":1}"#;
    let office = Office::new();
    let machine = office.world.machine(&[]);
    let book = ManifestBook::default_book();
    let note = |body: &str| {
        office.pass(1);
        let (groups, day) = (TaxGroups::read(body).unwrap(), "2026-03-14".parse().unwrap());
        let now = office.world.clock.at();
        office
            .world
            .desk(|desk| desk.note_rates(&machine.id, &groups, &book.as_manifest(), day, now))
            .unwrap()
            .len()
    };
    assert_eq!((note(LIVE), note(LIVE)), (0, 0));
    assert_eq!(open(&office), []);
    let other = LIVE.replace("\"c\":5", "\"c\":8");
    assert_eq!((note(&other), note(&other)), (1, 1));
    assert_eq!(open(&office), [AlertKind::RatesDiffer]);
    let kept = office.world.desk(|desk| desk.rates(&machine.id, 9)).unwrap();
    assert_eq!(
        kept.iter().map(|rates| &rates.groups).collect::<Vec<_>>(),
        [&TaxGroups::read(&other).unwrap(), &TaxGroups::read(LIVE).unwrap(),]
    );
    assert_eq!(note(LIVE), 0);
    assert_eq!(open(&office), []);
}

#[test]
fn what_a_merchant_enters_as_the_authoritys_rate_ends_no_alert_and_is_told_with_it() {
    const OTHER: &str = r#"{"a":0,"b":16,"c":8,"d":0,"e":0,"f":16,"g":5,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0,"n":0,"o":1,"p":1}"#;
    let office = Office::new();
    let machine = office.world.machine(&[]);
    let dialect = serde_json::from_str(r#"{"rates":{"c":5}}"#).unwrap();
    let change = sync::MachineChange { dialect: Some(dialect), ..sync::MachineChange::default() };
    office.world.change_machine(&machine.id, &change);
    let (groups, day) = (TaxGroups::read(OTHER).unwrap(), "2026-03-14".parse().unwrap());
    let (book, now) = (ManifestBook::default_book(), office.world.clock.at());
    let note =
        |desk: &mut sync::Desk<'_>| desk.note_rates(&machine.id, &groups, &book.as_manifest(), day, now);
    assert_eq!(office.world.desk(note).unwrap().len(), 1);
    assert_eq!(open(&office), [AlertKind::RatesDiffer]);
    assert_eq!(office.world.desk(|desk| desk.rates(&machine.id, 9)).unwrap()[0].groups, groups);
    let told = alerts(&office, AlertFilter { kind: Some(AlertKind::RatesDiffer), with_ended: false });
    assert!(told[0].detail.ends_with(", e-MCF 5.00 %"), "{}", told[0].detail);
}

#[test]
fn figures_count_what_is_not_done_with() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(4);
    office.put(jobs[0].id, JobState::Failed);
    office.put(jobs[3].id, JobState::Synced);
    let error = r#"{"word":"refused","code":8,"text":"no items"}"#;
    office.execute("UPDATE sync_jobs SET error = $1 WHERE id = $2", &[text(&error), text(&jobs[0].id)]);
    let until = ledger::Cell::Integer(i64::try_from(office.world.clock.at().0 + 60_000).unwrap());
    office.execute("UPDATE sync_machines SET open_until = $1", &[until]);
    let figures = office.world.desk(|desk| desk.figures(At(office.world.clock.at().0 + 30_000))).unwrap();
    assert!(figures.jobs.contains(&(JobState::Pending, 2)) && figures.jobs.contains(&(JobState::Failed, 1)));
    assert!(figures.jobs.iter().all(|(state, _)| *state != JobState::Synced));
    assert_eq!(figures.errors, [("refused_8".to_owned(), 1)]);
    assert_eq!((figures.open_breakers, figures.oldest_seconds), (1, Some(32)));
}

#[test]
fn a_page_of_alerts_is_read_from_an_index_however_many_there_are() {
    let office = Office::new();
    let mut store = office.world.database.connect().unwrap();
    for question in [
        "EXPLAIN QUERY PLAN SELECT kind FROM sync_alerts a WHERE a.ended IS NULL AND ('' = '' OR a.kind = '') \
         AND (a.since, a.kind, a.about) < (9, 'a', 'b') ORDER BY a.since DESC, a.kind DESC, a.about DESC LIMIT 9",
        "EXPLAIN QUERY PLAN SELECT kind FROM sync_alerts a WHERE ('' = '' OR a.kind = '') \
         AND (a.since, a.kind, a.about) < (9, 'a', 'b') ORDER BY a.since DESC, a.kind DESC, a.about DESC LIMIT 9",
    ] {
        let plan = |statements: &mut dyn ledger::Statements| -> Result<String, ledger::StoreFault> {
            Ok(statements.query(question, &[])?.iter().map(|row| row[3].text().unwrap()).collect())
        };
        let plan = ledger::look(&mut *store, plan).unwrap();
        assert!(plan.starts_with("SEARCH a USING") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
