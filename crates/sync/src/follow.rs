//! From the ledger's records to jobs, outlet by outlet and chain by chain. A sale writes nothing for the authority: its own
//! record is its entry.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::OutletId;
use ledger::{Cell, LedgerStore, StoreFault};

use crate::{
    At,
    store::{Head, Heads, Stepped, heads, step_outlet, sweep},
};

/// So many heads are compared at once.
const PAGE: usize = 512;
/// So many steps an outlet has before others have theirs.
const STEPS: usize = 8;

/// Makes jobs of invoices: how far it has come, and what stands in its way. Several may follow one database.
#[derive(Debug, Default)]
pub struct Follower {
    /// The head up to which all chains of an outlet have become jobs. What a device delivers moves the head, too: the
    /// ledger anchors it in its own chain.
    seen: BTreeMap<OutletId, Head>,
    /// Where the next round goes on.
    after: Option<Cell>,
    broken: Broken,
}

/// What a round has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// So many jobs were made.
    pub jobs: usize,
    /// Of these outlets.
    pub outlets: BTreeSet<OutletId>,
    /// There is more to read now.
    pub has_more: bool,
}

impl Follower {
    /// Looks at one page of outlets, and makes jobs of what was sealed there since the last time; at the end of all outlets
    /// it begins again. One question says for all of them whether there is anything.
    ///
    /// Nothing is skipped: what cannot be read stops one chain at that record, until the ledger is mended. It is logged and
    /// alerted once, and all else goes on. `pause` is called after each transaction, so that sealing has its turn.
    pub fn round(
        &mut self,
        store: &mut dyn LedgerStore,
        now: At,
        pause: &mut dyn FnMut(),
    ) -> Result<Followed, StoreFault> {
        let Heads { heads, broken, last, count } = heads(store, self.after.as_ref(), PAGE)?;
        let mut followed = Followed { has_more: count == PAGE, ..Followed::default() };
        for outlet in broken {
            let what = format!("the row {outlet} of the table heads");
            self.broken.note(store, &outlet, outlet.parse().ok(), StoreFault::Corrupt(what), now)?;
        }
        for (outlet, head) in &heads {
            // What cannot be read is looked at again when the outlet has something new, and after a start.
            if self.seen.get(outlet) == Some(head) {
                continue;
            }
            let (stepped, is_broken) = self.outlet(store, *outlet, *head, now, pause)?;
            followed.jobs += stepped.jobs;
            if stepped.jobs > 0 {
                followed.outlets.insert(*outlet);
            }
            followed.has_more |= stepped.has_more;
            if !stepped.has_more && !is_broken {
                self.seen.insert(*outlet, *head);
            }
        }
        self.after = last.filter(|_| count == PAGE);
        if self.after.is_none() {
            let (more, broken) = sweep(store, now, pause)?;
            followed.has_more |= more;
            for outlet in broken {
                let what = format!("the row {outlet} of the table sync_outlets, or a job of it");
                self.broken.note(store, &outlet, outlet.parse().ok(), StoreFault::Corrupt(what), now)?;
            }
            self.broken.round_is_over();
        }
        Ok(followed)
    }

    fn outlet(
        &mut self,
        store: &mut dyn LedgerStore,
        outlet: OutletId,
        head: Head,
        now: At,
        pause: &mut dyn FnMut(),
    ) -> Result<(Stepped, bool), StoreFault> {
        let (mut all, mut is_broken) = (Stepped::default(), false);
        let mut stopped = BTreeSet::new();
        for _ in 0..STEPS {
            let stepped = match step_outlet(store, outlet, head, &stopped, now) {
                Ok(stepped) => stepped,
                Err((Some(chain), fault)) => {
                    is_broken = true;
                    let about = format!("{} {} {}", chain.outlet, chain.epoch, chain.signer);
                    self.broken.note(store, &about, Some(chain.outlet), fault, now)?;
                    stopped.insert(chain);
                    continue;
                }
                Err((None, fault)) => {
                    self.broken.note(store, outlet.as_str(), Some(outlet), fault, now)?;
                    return Ok((Stepped { has_more: false, ..all }, true));
                }
            };
            all = Stepped { jobs: all.jobs + stepped.jobs, ..stepped };
            if stepped.has_written {
                pause();
            }
            if !stepped.has_more {
                break;
            }
        }
        Ok((all, is_broken))
    }
}

/// What cannot be read, each told once for as long as it is so.
#[derive(Debug, Default)]
struct Broken {
    told: BTreeSet<String>,
    in_this_round: BTreeSet<String>,
}

impl Broken {
    /// Any other fault than an unreadable row is one of the database, which ends the round.
    fn note(
        &mut self,
        store: &mut dyn LedgerStore,
        about: &str,
        outlet: Option<OutletId>,
        fault: StoreFault,
        now: At,
    ) -> Result<(), StoreFault> {
        let StoreFault::Corrupt(what) = fault else { return Err(fault) };
        let broken = format!("{about}: {what}");
        let is_told = self.told.contains(&broken);
        if self.in_this_round.insert(broken) && !is_told {
            tracing::error!(about, what, "invoices wait for what cannot be read: verify the ledger");
            crate::store::alert_corrupt(store, about, outlet, &what, now)?;
        }
        Ok(())
    }

    /// What was mended is told again when it breaks again.
    fn round_is_over(&mut self) {
        self.told = std::mem::take(&mut self.in_this_round);
    }
}
