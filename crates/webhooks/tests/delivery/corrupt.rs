use std::time::Duration;

use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::Reach;
use webhooks::{AttemptFault, Delivery, DeliveryState, Webhook};

use super::{Trial, a_moment, by};
use crate::world::{Behaviour, Receiver};

/// Makes a record unreadable, as someone with full access to the database can; says what it was.
fn spoil(trial: &Trial, outlet: OutletId, position: i64) -> Cell {
    let place = [Cell::Text(outlet.to_string()), Cell::Integer(position)];
    let mut kept = Cell::Null;
    change(trial, |statements| {
        let sql = "SELECT record FROM records WHERE outlet = $1 AND position = $2";
        kept = statements.query(sql, &place)?.remove(0).remove(0);
        statements.script("DROP TRIGGER IF EXISTS records_stay_on_update;")?;
        let sql = "UPDATE records SET record = zeroblob(length(record)) WHERE outlet = $1 AND position = $2";
        assert_eq!(statements.execute(sql, &place)?, 1);
        Ok(())
    });
    kept
}

fn mend(trial: &Trial, outlet: OutletId, position: i64, kept: &Cell) {
    let sql = "UPDATE records SET record = $1 WHERE outlet = $2 AND position = $3";
    let values = [kept.clone(), Cell::Text(outlet.to_string()), Cell::Integer(position)];
    change(trial, |statements| statements.execute(sql, &values).map(|_| ()));
}

fn change(trial: &Trial, mut work: impl FnMut(&mut dyn Statements) -> Result<(), StoreFault>) {
    trial.database().connect().unwrap().change(&mut work).unwrap();
}

fn of(all: &[Delivery], outlet: OutletId, position: u64) -> &Delivery {
    let is_it = |one: &&Delivery| {
        one.place.is_some_and(|place| place.chain.outlet == outlet && place.position.value() == position)
    };
    all.iter().find(is_it).unwrap()
}

fn is_delivered(one: &Delivery) -> bool {
    one.state == DeliveryState::Delivered
}

#[test]
fn what_cannot_be_read_when_it_is_sent_fails_under_its_own_name_and_holds_nothing_up() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let outlet = trial.world.outlets[0];
    let (webhook, _) = trial.webhook(&receiver.url());
    receiver.always(Behaviour::Status(503));
    let _dispatcher = trial.start();
    // The outlet's beginning is its first record.
    for _ in 0..3 {
        trial.world.sell(outlet);
    }
    trial.until(&webhook, |all| all.len() == 3 && all.iter().all(|one| one.attempts == 1));
    let kept = spoil(&trial, outlet, 3);
    receiver.always(Behaviour::Status(200));
    trial.world.clock.pass(Duration::from_secs(7));
    let later = trial.world.sell(outlet).sealed.record().link.position.value();
    let is_told = |all: &[Delivery]| {
        all.len() == 4
            && [2, 4, later].into_iter().all(|position| is_delivered(of(all, outlet, position)))
            && of(all, outlet, 3).attempts == 2
    };
    let all = trial.until(&webhook, is_told);
    let spoilt = of(&all, outlet, 3).clone();
    let attempts = trial.with(|webhooks| webhooks.delivery(&spoilt.id, &Reach::Platform).unwrap().1);
    assert_eq!((spoilt.state, attempts[0].result), (DeliveryState::Waiting, Err(AttemptFault::Corrupt)));
    assert_eq!(attempts[0].result.unwrap_err().name(), "RECORD_CORRUPT");
    // Who mends the ledger need not remember it.
    mend(&trial, outlet, 3, &kept);
    trial.world.clock.pass(Duration::from_secs(37));
    trial.until(&webhook, |all| is_delivered(of(all, outlet, 3)));
    assert!(receiver.requests().iter().any(|request| request.id() == spoilt.id.as_str()));
}

#[test]
fn what_stays_unreadable_is_given_up_like_what_nobody_takes() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let outlet = trial.world.outlets[0];
    let (webhook, _) = trial.webhook(&receiver.url());
    receiver.always(Behaviour::Status(503));
    let _dispatcher = trial.start();
    trial.world.sell(outlet);
    trial.until(&webhook, |all| all.len() == 1 && all[0].attempts == 1);
    let kept = spoil(&trial, outlet, 2);
    for attempt in 2..=10 {
        trial.world.clock.pass(Duration::from_secs(30 * 3_600));
        let all = trial.until(&webhook, |all| all[0].attempts == attempt);
        assert_eq!(all[0].state == DeliveryState::Failed, attempt == 10, "{attempt}");
    }
    mend(&trial, outlet, 2, &kept);
    receiver.always(Behaviour::Status(200));
    let (id, by) = (trial.deliveries(&webhook)[0].id.clone(), by(&trial.world.merchant));
    trial.with(|webhooks| webhooks.resend(&id, &Reach::Platform, &by, trial.now()).unwrap());
    trial.until(&webhook, |all| is_delivered(&all[0]));
}

#[test]
fn a_record_that_cannot_be_read_is_told_when_it_is_mended_and_those_before_it_and_of_others_at_once() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let [here, there] = [trial.world.outlets[0], trial.world.outlets[1]];
    let (webhook, _) = trial.webhook(&receiver.url());
    for _ in 0..4 {
        trial.world.sell(here);
    }
    // The other outlet's are read after these.
    trial.world.sell(there);
    let kept = spoil(&trial, here, 4);
    let _dispatcher = trial.start();
    let places = |webhook: &Webhook| -> Vec<_> {
        let told = trial.deliveries(webhook);
        let mut told: Vec<_> = told
            .iter()
            .filter(|one| is_delivered(one))
            .filter_map(|one| one.place)
            .map(|place| (place.chain.outlet, place.position.value()))
            .collect();
        told.sort_unstable();
        told
    };
    receiver.wait_for(3);
    trial.until(&webhook, |all| all.iter().filter(|one| is_delivered(one)).count() == 3);
    a_moment();
    assert_eq!(places(&webhook), [(here, 2), (here, 3), (there, 2)]);
    mend(&trial, here, 4, &kept);
    trial.until(&webhook, |all| all.iter().filter(|one| is_delivered(one)).count() == 5);
    assert_eq!(places(&webhook), [(here, 2), (here, 3), (here, 4), (here, 5), (there, 2)]);
    assert_eq!(receiver.requests().len(), 5);
}
