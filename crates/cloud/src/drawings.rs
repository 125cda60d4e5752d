use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Kind, Problem, words};

/// Work that takes a processor for a while, as receipts that are drawn or files that are read: little is done at once, and
/// of one merchant's less, so that it keeps no neighbour waiting.
pub(crate) struct Drawings {
    all: Arc<Semaphore>,
    of_merchant: usize,
    /// Of those who draw or wait; a merchant's is let go with his last.
    merchants: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// A place among them. It goes with the work, which goes on when nobody waits for it any more.
pub(crate) struct Drawing {
    _of_merchant: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// So many receipts at once.
const RECEIPTS: usize = 4;
/// So many of one merchant.
const OF_MERCHANT: usize = 2;
/// For so long one waits for a place.
const WAIT: Duration = Duration::from_secs(5);

impl Drawings {
    pub(crate) fn of_receipts() -> Self {
        Self::new(RECEIPTS, OF_MERCHANT)
    }

    /// A large file takes a processor for a second: who sells has the others.
    pub(crate) fn of_files() -> Self {
        Self::new(1, 1)
    }

    fn new(all: usize, of_merchant: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), of_merchant, merchants: Mutex::default() }
    }

    /// Waits for a place.
    pub(crate) async fn place(&self, merchant: &str) -> Result<Drawing, Problem> {
        let own = self.of(merchant);
        let all = Arc::clone(&self.all);
        let both = async {
            let _of_merchant = own.acquire_owned().await.ok()?;
            let _of_all = all.acquire_owned().await.ok()?;
            Some(Drawing { _of_merchant, _of_all })
        };
        tokio::time::timeout(WAIT, both).await.ok().flatten().ok_or_else(busy)
    }

    fn of(&self, merchant: &str) -> Arc<Semaphore> {
        let mut merchants = self.merchants.lock().unwrap_or_else(PoisonError::into_inner);
        merchants.retain(|_, places| Arc::strong_count(places) > 1);
        let new = || Arc::new(Semaphore::new(self.of_merchant));
        Arc::clone(merchants.entry(merchant.to_owned()).or_insert_with(new))
    }
}

fn busy() -> Problem {
    let detail = words(
        "trop de reçus ou de fichiers à la fois : réessayez dans quelques secondes",
        "too many receipts or files at once: try again in some seconds",
    );
    Problem::new(Kind::Busy, detail).with_retry_after(WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_merchant_keeps_no_other_from_drawing_and_is_told_when_he_asks_too_much() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let drawings = Drawings::of_receipts();
            let held = [drawings.place("a").await.unwrap(), drawings.place("a").await.unwrap()];
            let soon = Duration::from_millis(50);
            assert!(tokio::time::timeout(soon, drawings.place("a")).await.is_err(), "his own are taken");
            let others = [drawings.place("b").await.unwrap(), drawings.place("b").await.unwrap()];
            drop(held);
            assert!(drawings.place("a").await.is_ok());
            assert_eq!(drawings.merchants.lock().unwrap().len(), 2);
            drop(others);
            drawings.of("c");
            assert_eq!(drawings.merchants.lock().unwrap().len(), 1, "who draws nothing is let go");
        });
    }
}
