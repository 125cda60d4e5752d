use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::{Mutex as Turn, oneshot};

use super::Options;
use crate::{At, Call, Dice, Nim, Reply, World, store::Scribe};

/// What all connections use.
#[derive(Debug)]
pub(super) struct Shared {
    inner: Mutex<Inner>,
    scribe: Option<Scribe>,
    /// Whose confirm is under way.
    turns: Option<Mutex<BTreeMap<Nim, Arc<Turn<()>>>>>,
    pub(super) latency: Duration,
}

#[derive(Debug)]
struct Inner {
    world: World,
    dice: SplitMix,
    /// The world's time never goes back, whatever the machine's clock does.
    latest: At,
}

/// What says when a change is kept: nothing to wait for without a file.
pub(super) type Kept = Option<oneshot::Receiver<bool>>;

impl Shared {
    pub(super) fn new(world: World, scribe: Option<Scribe>, options: &Options) -> io::Result<Self> {
        let seed = match options.seed {
            Some(seed) => seed,
            None => system_seed()?,
        };
        Ok(Self {
            inner: Mutex::new(Inner { world, dice: SplitMix(seed), latest: At::default() }),
            scribe,
            turns: options.serial_confirms.then(Mutex::default),
            latency: options.latency,
        })
    }

    pub(super) fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        at(&self.lock().world)
    }

    /// Changes the world. Rows go to the scribe while the world is locked, so that they keep their order.
    pub(super) fn change<T>(&self, how: impl FnOnce(&mut World, At, &mut dyn Dice) -> T) -> (T, Kept) {
        let mut inner = self.lock();
        let Inner { world, dice, latest } = &mut *inner;
        *latest = system_time().max(*latest);
        let made = how(world, *latest, &mut || dice.next());
        let rows = world.take_changes();
        let kept = self.scribe.as_ref().filter(|_| !rows.is_empty()).map(|scribe| scribe.keep(rows));
        (made, kept)
    }

    /// The same, for threads that may wait.
    pub(super) fn change_now<T>(&self, how: impl FnOnce(&mut World, At, &mut dyn Dice) -> T) -> T {
        let (made, kept) = self.change(how);
        if let Some(kept) = kept {
            drop(kept.blocking_recv());
        }
        made
    }

    pub(super) fn handle(&self, call: &Call) -> (Reply, Kept) {
        self.change(|world, now, dice| world.handle(call, now, dice))
    }

    pub(super) fn now(&self) -> At {
        let mut inner = self.lock();
        inner.latest = system_time().max(inner.latest);
        inner.latest
    }

    /// What a confirm of this token waits for.
    pub(super) fn turn(&self, token: &str) -> Option<Arc<Turn<()>>> {
        let turns = self.turns.as_ref()?;
        let nim = self.look(|world| world.holder(token))?;
        let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(turns.entry(nim).or_default()))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a change is on disk.
pub(super) async fn is_kept(kept: Kept) -> bool {
    match kept {
        None => true,
        Some(kept) => kept.await.unwrap_or(false),
    }
}

/// Vigna's SplitMix64. Nothing secret is made of it: codes and tokens here are worth nothing.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[allow(clippy::disallowed_methods, reason = "the front is where time comes into the world")]
fn system_time() -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    At(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[allow(clippy::disallowed_methods, reason = "the front is where randomness comes into the world")]
fn system_seed() -> io::Result<u64> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(seed))
}
