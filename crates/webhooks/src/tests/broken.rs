use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ledger::{Cell, StoreFault};
use registry::Reach;
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::{
    faulty::{Crash, Process},
    simulation::Trial,
    world::{by, entropy},
};
use crate::{
    Webhooks,
    engine::Ask,
    follow::Following,
    store::{Turn, with_work},
};

/// Counts what is logged as an error.
struct Errors(Arc<AtomicU64>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn errors(run: impl FnOnce()) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    tracing::subscriber::with_default(Errors(Arc::clone(&count)), run);
    count.load(Ordering::SeqCst)
}

fn change(trial: &Trial, sql: &'static str, values: &[Cell]) -> u64 {
    let mut changed = 0;
    let mut store = trial.world.database.connect().unwrap();
    let done = store.change(&mut |statements| {
        statements.script("DROP TRIGGER IF EXISTS records_stay_on_update;")?;
        changed = statements.execute(sql, values)?;
        Ok(())
    });
    done.unwrap();
    changed
}

fn deliveries(trial: &Trial, index: usize) -> usize {
    let mut store = trial.world.database.connect().unwrap();
    let id = &trial.webhooks[index].id;
    Webhooks::over(&mut *store).deliveries(id, None, None, 500, &Reach::Platform).unwrap().len()
}

#[test]
fn what_cannot_be_followed_is_logged_once_until_it_is_mended_and_breaks_again() {
    let mut trial = Trial::new(1);
    let [here, there] = [trial.world.outlets[0], trial.world.outlets[1]];
    for outlet in [here, there] {
        trial.world.sell(outlet);
    }
    let (engine, mut following) = (trial.engine(), Following::default());
    let process = Process::new(trial.world.database.connect().unwrap(), Crash::Never);
    let mut rounds = |count| {
        errors(|| {
            for _ in 0..count {
                process.ask(|store| engine.follow(store, &mut following)).unwrap();
            }
        })
    };
    let kind = "UPDATE records SET time = $1 WHERE outlet = $2 AND position = 3";
    let outlet = Cell::Text(here.to_string());
    let time = i64::try_from(crate::tests::world::START / 1_000).unwrap();
    // Times before 1970 are none: the rows are not read at all.
    assert_eq!(change(&trial, kind, &[Cell::Integer(-1), outlet.clone()]), 1);
    // Two webhooks are told of this outlet, and each waits for it.
    assert_eq!((rounds(1), rounds(20)), (2, 0));
    assert_eq!([0, 1, 2].map(|index| deliveries(&trial, index)), [1, 1, 1]);
    assert_eq!(change(&trial, kind, &[Cell::Integer(time), outlet.clone()]), 1);
    assert_eq!(rounds(2), 0);
    assert_eq!([0, 1, 2].map(|index| deliveries(&trial, index)), [2, 2, 1]);
    trial.world.sell(here);
    let next = "UPDATE records SET record = zeroblob(length(record)) WHERE outlet = $1 AND position = 4";
    assert_eq!(change(&trial, next, &[outlet]), 1);
    assert_eq!((rounds(1), rounds(20)), (2, 0));
}

#[test]
fn a_webhook_that_cannot_be_read_keeps_no_other_from_being_told() {
    let mut trial = Trial::new(2);
    trial.world.sell(trial.world.outlets[0]);
    let id = Cell::Text(trial.webhooks[0].id.to_string());
    let (engine, mut following) = (trial.engine(), Following::default());
    change(&trial, "UPDATE webhooks SET url = 'nowhere' WHERE id = $1", &[id]);
    let process = Process::new(trial.world.database.connect().unwrap(), Crash::Never);
    let logged = errors(|| {
        for _ in 0..3 {
            process.ask(|store| engine.follow(store, &mut following)).unwrap();
        }
    });
    assert_eq!((logged, deliveries(&trial, 1)), (1, 1));
}

#[test]
fn a_turn_that_goes_wrong_is_given_back() {
    let mut trial = Trial::new(3);
    let (webhook, now) = (trial.webhooks[0].id.clone(), ledger::Clock::now(&trial.world.clock));
    let mut store = trial.world.database.connect().unwrap();
    let by = by(&trial.world.merchant);
    Webhooks::over(&mut *store).ping(&webhook, &Reach::Platform, &mut entropy(4), &by, now).unwrap();
    change(&trial, "UPDATE webhook_deliveries SET event = 'nothing.known'", &[]);
    let (engine, process) =
        (trial.engine(), Process::new(trial.world.database.connect().unwrap(), Crash::Never));
    let served = engine.serve(&process, &webhook, &|| false);
    assert!(matches!(served, Err(StoreFault::Corrupt(_))), "{served:?}");
    let clock = (engine.clock)();
    assert_eq!(with_work(&mut *store, clock, 9).unwrap(), std::slice::from_ref(&webhook));
    let turn = Turn::take(&mut *store, &webhook, "another process", clock, engine.timeout);
    assert!(turn.unwrap().is_some(), "the turn is not free");
}
