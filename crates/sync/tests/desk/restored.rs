use ledger::EpochReason;
use sync::{DoubtCause, Job, JobState, Machine, MachineChange, Settlement, Sight};

use crate::{
    Office,
    invoices::finalised,
    sheets::{CODES, complete, import_complete, portal},
};

#[test]
fn after_a_restore_any_e_mcf_of_the_merchant_can_have_finalised_it() {
    let office = Office::new();
    let (_, jobs) = office.with_sales(1);
    let other = office.world.machine(&[]);
    office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
    office.follow();
    let reason = "its outlet had this one in the time that is lost".parse().unwrap();
    let settle = |machine: &Machine| {
        let said = finalised(machine, "TESTFEW73TJMEJCGFOCXPDOX");
        office.world.desk(|desk| desk.settle(Sight::All, jobs[0].id, &said, &reason, office.asked()))
    };
    let nobodys = Machine { nim: Some("CD99999999-9".parse().unwrap()), ..other.clone() };
    assert_eq!(settle(&nobodys).unwrap_err().code(), "UNKNOWN_MACHINE");
    assert_eq!(settle(&other).unwrap().state, JobState::Synced);
}

#[test]
fn after_a_restore_all_that_is_unsent_is_in_doubt_and_no_counters_decide_about_it() {
    let office = Office::new();
    let (machine, jobs) = office.with_sales(2);
    let baseline = r#"{"total":7,"unexplained":0,"era":1,"at":1}"#;
    office.execute("UPDATE sync_machines SET baseline = $1, era = 1", &[crate::text(&baseline)]);
    // It failed by our own check, which may have been mended since the backup.
    office.execute(
        "UPDATE sync_jobs SET state = 'FAILED', cause = 'non_compliant', confirming_since = 1, last_confirm = 1 WHERE id = $1",
        &[crate::text(&jobs[0].id)],
    );
    office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
    office.follow();
    for job in &jobs {
        let job = office.job(job.id).job;
        let doubt = job.doubt.unwrap();
        assert_eq!((job.state, doubt.cause, doubt.era), (JobState::Ambiguous, DoubtCause::Restored, None));
        assert_eq!((job.confirming_since, job.last_confirm), (None, None));
    }
    assert!(machine.outlets.contains(&office.outlet()));
}

#[test]
fn what_was_sold_before_there_was_an_e_mcf_is_settled_after_a_restore_too() {
    let office = Office::new();
    office.sell();
    let id = office.follow()[0].id;
    office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
    office.follow();
    assert_eq!((office.job(id).job.state, office.job(id).job.machine), (JobState::Ambiguous, None));
    office.pass(3_601);
    let reason = "looked in the portal".parse().unwrap();
    let not_there = Settlement::NotThere;
    let settled =
        office.world.desk(|desk| desk.settle(Sight::All, id, &not_there, &reason, office.asked())).unwrap();
    assert_eq!(settled.state, JobState::Retry);
}

/// The complete export of an e-MCF, which has one invoice, and what was given back by it.
fn given_back(office: &Office, machine: &Machine, row: (&Job, &str)) -> Vec<String> {
    let file = portal(machine, &[row]).replace("14/03", "16/03");
    let imported = import_complete(office, &file, complete(office, machine, 1));
    assert_eq!(imported.not_complete, None);
    let given = imported.absent.into_iter().filter(|absent| absent.kept.is_none());
    given.map(|absent| absent.fiscal.to_string()).collect()
}

#[test]
fn after_a_restore_the_silence_of_another_shops_e_mcf_gives_nothing_back() {
    let office = Office::new();
    let shops = office.world.machine(&[office.world.outlets[1]]);
    office.world.sell(office.world.outlets[1]);
    let theirs = office.follow().pop().unwrap();
    // Its e-MCF was registered after the backup, and again after the restore.
    office.sell();
    let doubted = office.follow().into_iter().find(|job| job.id != theirs.id).unwrap();
    office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
    office.follow();
    let own = office.world.machine(&[office.outlet()]);
    office.pass(2 * 86_400 + 3_600);
    assert_eq!(given_back(&office, &shops, (&theirs, CODES[0])), Vec::<String>::new());
    assert_eq!(office.job(doubted.id).job.state, JobState::Ambiguous);
    office.sell();
    let known = [theirs.id, doubted.id];
    let later = office.follow().into_iter().find(|job| !known.contains(&job.id)).unwrap();
    assert_eq!(given_back(&office, &own, (&later, CODES[1])), [doubted.fiscal.to_string()]);
    assert_eq!(office.job(doubted.id).job.state, JobState::Retry);
}

#[test]
fn after_a_restore_the_silence_of_one_of_two_e_mcfs_of_the_outlet_gives_nothing_back() {
    let office = Office::new();
    let (before, jobs) = office.with_sales(1);
    office.world.ledger.open_epoch(office.outlet(), EpochReason::Restored, None, None).unwrap();
    office.follow();
    office.sell();
    let of_before = office.follow().into_iter().find(|job| job.id != jobs[0].id).unwrap();
    office.pass(2 * 86_400 + 3_600);
    let none = MachineChange { outlets: Some(Vec::new()), ..MachineChange::default() };
    office.world.change_machine(&before.id, &none);
    let now = office.world.machine(&[office.outlet()]);
    office.sell();
    let known = [jobs[0].id, of_before.id];
    let of_now = office.follow().into_iter().find(|job| !known.contains(&job.id)).unwrap();
    assert_eq!(given_back(&office, &before, (&of_before, CODES[0])), Vec::<String>::new());
    assert_eq!(given_back(&office, &now, (&of_now, CODES[1])), Vec::<String>::new());
    assert_eq!(office.job(jobs[0].id).job.state, JobState::Ambiguous);
}
