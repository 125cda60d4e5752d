use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use registry::MerchantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Kind, Problem, words};

/// Exports that are under way. Making one reads a whole journal, so that few are made at once; reading one keeps nobody
/// from making another, but for who has not read his own.
pub(crate) struct Exports {
    making: Arc<Semaphore>,
    under_way: Arc<Mutex<BTreeSet<Whose>>>,
}

/// Who takes away whose records. Each merchant has one at once, and the platform one of each merchant: neither keeps the
/// other waiting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whose {
    pub(super) is_platform: bool,
    pub(super) merchant: MerchantId,
}

/// A place among those that are made. It is given back as soon as the export is made.
pub(super) struct Making(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

/// An export that is made or read: until this is dropped there is no other one of his.
pub(super) struct UnderWay {
    whose: Whose,
    all: Arc<Mutex<BTreeSet<Whose>>>,
}

/// So many are made at once.
const MAKING: usize = 2;
/// When it is worth trying again.
const LATER: Duration = Duration::from_secs(30);

impl Exports {
    /// Begins one, unless there are too many.
    pub(super) fn begin(&self, whose: Whose) -> Result<(UnderWay, Making), Problem> {
        if !locked(&self.under_way).insert(whose.clone()) {
            return Err(busy(
                "un de vos exports est déjà en cours : réessayez quand il sera lu",
                "an export of yours is on its way already: try again when it is read",
            ));
        }
        let under_way = UnderWay { whose, all: Arc::clone(&self.under_way) };
        let making = Arc::clone(&self.making).try_acquire_owned().map_err(|_| {
            busy(
                "d'autres exports sont en préparation : réessayez dans un moment",
                "other exports are being made: try again in a moment",
            )
        })?;
        Ok((under_way, Making(making)))
    }
}

impl Default for Exports {
    fn default() -> Self {
        Self { making: Arc::new(Semaphore::new(MAKING)), under_way: Arc::default() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        locked(&self.all).remove(&self.whose);
    }
}

fn locked(all: &Mutex<BTreeSet<Whose>>) -> MutexGuard<'_, BTreeSet<Whose>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy(french: &str, english: &str) -> Problem {
    Problem::new(Kind::Busy, words(french, english)).with_retry_after(LATER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(number: u8) -> Whose {
        Whose { is_platform: false, merchant: MerchantId::new([number; 20]) }
    }

    #[test]
    fn who_reads_slowly_keeps_nobody_but_himself_from_an_export() {
        let exports = Exports::default();
        let reading: Vec<UnderWay> = (1..=10).map(|number| exports.begin(whose(number)).unwrap().0).collect();
        let again = exports.begin(whose(1)).err().unwrap();
        assert_eq!(again.kind(), Kind::Busy);
        assert!(exports.begin(Whose { is_platform: true, ..whose(1) }).is_ok(), "an auditor of the platform");
        drop(reading);
        assert!(exports.begin(whose(1)).is_ok());
    }

    #[test]
    fn two_are_made_at_once_and_who_is_told_to_wait_may_try_again() {
        let exports = Exports::default();
        let first = exports.begin(whose(1)).unwrap();
        let second = exports.begin(whose(2)).unwrap();
        assert_eq!(exports.begin(whose(3)).err().unwrap().kind(), Kind::Busy);
        drop(first.1);
        assert!(exports.begin(whose(3)).is_ok());
        drop(second);
    }
}
