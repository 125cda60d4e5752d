use std::{collections::BTreeSet, num::NonZeroUsize, time::Duration};

use webhooks::{DeliveryState, Settings};

use super::Trial;
use crate::world::{Behaviour, Receiver};

#[test]
fn slow_receivers_do_not_hold_up_others() {
    let trial = Trial::new();
    let slow: Vec<_> = (0..4).map(|_| Receiver::start()).collect();
    for receiver in &slow {
        receiver.always(Behaviour::Stall);
        trial.webhook(&receiver.url());
    }
    let fast = Receiver::start();
    trial.webhook(&fast.url());
    let sales = 30;
    for _ in 0..sales {
        trial.world.sell(trial.world.outlets[0]);
    }
    let (workers, timeout) = (NonZeroUsize::new(2).unwrap(), Duration::from_millis(500));
    let settings = Settings { workers, timeout, ..Trial::settings() };
    let _dispatcher = trial.dispatcher(&settings, 1);
    fast.wait_for(sales);
    // Each attempt takes half a second; half of the workers made these meanwhile.
    let slow_attempts: usize = slow.iter().map(|receiver| receiver.requests().len()).sum();
    assert!(slow_attempts < 3 * sales, "{slow_attempts} attempts at receivers that answer nothing");
}

#[test]
fn two_processes_tell_each_record_once_and_in_order() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, _) = trial.webhook(&receiver.url());
    let dispatchers = [trial.dispatcher(&Trial::settings(), 1), trial.dispatcher(&Trial::settings(), 2)];
    let outlet = trial.world.outlets[0];
    let mut sealed = Vec::new();
    for _ in 0..40 {
        sealed.push(trial.world.sell(outlet).sealed.record().hash().to_string());
        dispatchers[sealed.len() % 2].wake();
    }
    let told = receiver.wait_for(40);
    trial.until(&webhook, |all| all.iter().all(|one| one.state == DeliveryState::Delivered));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(receiver.requests().len(), 40);
    let ids: BTreeSet<_> = told.iter().map(|request| request.id().to_owned()).collect();
    assert_eq!(ids.len(), 40);
    for (request, hash) in told.iter().zip(&sealed) {
        assert!(request.body.contains(hash.as_str()), "{hash} is not the next: {}", request.body);
    }
}

#[test]
fn what_was_sealed_while_nobody_told_it_is_told_later() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    trial.world.sell(trial.world.outlets[0]);
    trial.webhook(&receiver.url());
    for _ in 0..250 {
        trial.world.sell(trial.world.outlets[0]);
    }
    let dispatcher = trial.start();
    receiver.wait_for(5);
    dispatcher.stop();
    drop(dispatcher);
    trial.world.sell(trial.world.outlets[0]);
    let _dispatcher = trial.start();
    let told = receiver.wait_for(251);
    let ids: BTreeSet<_> = told.iter().map(|request| request.id().to_owned()).collect();
    assert_eq!(ids.len(), 251);
    assert!(trial.database().connect().is_ok());
}

#[test]
fn a_webhook_is_told_by_one_process_at_a_time() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    receiver.always(Behaviour::Late);
    let (webhook, _) = trial.webhook(&receiver.url());
    for _ in 0..10 {
        trial.world.sell(trial.world.outlets[0]);
    }
    let _dispatchers = [trial.dispatcher(&Trial::settings(), 1), trial.dispatcher(&Trial::settings(), 2)];
    let is_told = |all: &[webhooks::Delivery]| {
        all.len() == 10 && all.iter().all(|one| one.state == DeliveryState::Delivered)
    };
    trial.until(&webhook, is_told);
    assert_eq!((receiver.requests().len(), receiver.most_at_once()), (10, 1));
}
