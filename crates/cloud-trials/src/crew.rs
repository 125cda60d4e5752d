//! Tills on threads of their own, and the pauses in which the ledger is looked at.

use std::{sync::Barrier, thread};

use ledger::Database;

use crate::{
    audit::Auditor,
    place::Place,
    shop::{Phase, Shop},
    till::Till,
};

/// Tills at work.
pub struct Crew<'a> {
    /// What they know.
    pub shop: &'a Shop,
    place: &'a Place,
    barrier: &'a Barrier,
    auditor: Auditor,
}

/// Has so many tills sell while `work` goes on, and ends them.
pub fn with_crew<T>(
    shop: &Shop,
    place: &Place,
    tills: u64,
    seed: u64,
    work: impl FnOnce(&mut Crew<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let barrier = Barrier::new(usize::try_from(tills)? + 1);
    thread::scope(|scope| {
        for number in 0..tills {
            let mut till = Till::new(shop, number, seed);
            let barrier = &barrier;
            scope.spawn(move || {
                loop {
                    till.sell();
                    if shop.phase() == Phase::Over {
                        return;
                    }
                    till.settle();
                    if shop.phase() == Phase::Over {
                        return;
                    }
                    barrier.wait();
                    barrier.wait();
                    if shop.phase() == Phase::Over {
                        return;
                    }
                }
            });
        }
        let mut crew = Crew { shop, place, barrier: &barrier, auditor: Auditor::default() };
        let done = work(&mut crew);
        shop.set_phase(Phase::Over);
        done
    })
}

impl Crew<'_> {
    /// Waits until the fate of each sale is known, compares the ledger with what was heard, and has them go on.
    pub fn settle(&mut self) -> anyhow::Result<()> {
        self.pause(Phase::Selling, |_, _| Ok(()))
    }

    /// The same; then the referee's verdict over all of it, and the tills' end. Says how many records there are.
    pub fn judge(&mut self) -> anyhow::Result<u64> {
        let (shop, heads) = (self.shop, self.place.heads());
        self.pause(Phase::Over, |auditor, database| {
            let (wrong, records) = auditor.judge(database, &heads)?;
            wrong.into_iter().for_each(|one| shop.violation(one));
            Ok(records)
        })
    }

    fn pause<T>(
        &mut self,
        next: Phase,
        look: impl FnOnce(&mut Auditor, &dyn Database) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.shop.set_phase(Phase::Settling);
        self.barrier.wait();
        let heard = self.shop.take_acknowledged();
        // The database is closed before anything is killed again: as long as it is open, SQLite need not recover.
        let looked = self.place.database().and_then(|database| {
            let wrong = self.auditor.compare(&*database, &heard)?;
            wrong.into_iter().for_each(|one| self.shop.violation(one));
            look(&mut self.auditor, &*database)
        });
        self.shop.set_phase(next);
        self.barrier.wait();
        looked
    }
}
