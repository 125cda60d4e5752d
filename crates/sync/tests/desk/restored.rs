use ledger::EpochReason;
use sync::{DoubtCause, JobState, Machine, Settlement, Sight};

use crate::{Office, invoices::finalised};

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
