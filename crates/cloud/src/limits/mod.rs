//! How much anyone may ask for: so many at once, and then so many each second, by GCRA.
//!
//! Each API key has a bucket, and each address two: one for public pages and one for failed authentications. What is
//! kept of them is bounded, and forgotten when it says nothing any more.

mod memory;
mod neighbourhood;
mod recent;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use neighbourhood::Neighbourhood;
pub(crate) use standing::{Passed, Standing};

use std::{
    collections::BTreeMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use governor::clock::{Clock, MonotonicClock};

use self::{memory::Buckets, recent::Recent};
use crate::config::LimitsConfig;

/// How much may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowance {
    /// For as long as anyone asks.
    pub limit_per_second: NonZeroU32,
    /// At once, by who has not asked for a while.
    pub burst: NonZeroU32,
}

impl Allowance {
    const fn times(self, number: NonZeroU32) -> Self {
        Self {
            limit_per_second: self.limit_per_second.saturating_mul(number),
            burst: self.burst.saturating_mul(number),
        }
    }
}

/// The buckets of all keys and addresses.
pub(crate) struct Limiters<C: Clock = MonotonicClock> {
    keys: Buckets<String, C>,
    /// Of keys with an allowance of their own.
    own: Mutex<BTreeMap<Allowance, Arc<Buckets<String, C>>>>,
    /// Of all keys of a merchant together.
    merchants: Buckets<String, C>,
    addresses: Buckets<Neighbourhood, C>,
    failures: Buckets<Neighbourhood, C>,
    /// Of those who sign in or accept an invitation: pages that others ask for take nothing from them.
    sign_ins: Buckets<Neighbourhood, C>,
    /// Wrong passwords: wrong keys are not counted with them.
    passwords: Buckets<Neighbourhood, C>,
    /// From where somebody was let in.
    successes: Recent<Neighbourhood, C::Instant>,
    clock: C,
    room: Room,
}

/// So many keys have buckets at once, and so many addresses of each kind; those that come later share one until others
/// have been idle.
#[derive(Clone, Copy)]
struct Room {
    keys: usize,
    addresses: usize,
}

/// All keys of a merchant together may ask so many times as often as one of them: a thousand keys are not a thousand times
/// as much.
const OF_MERCHANT: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Some megabytes.
const ROOM: Room = Room { keys: 100_000, addresses: 50_000 };

impl Limiters {
    /// By this machine's clock.
    pub(crate) fn new(config: LimitsConfig) -> Self {
        Self::with_clock(config, MonotonicClock, ROOM)
    }
}

impl<C: Clock + Clone> Limiters<C> {
    fn with_clock(config: LimitsConfig, clock: C, room: Room) -> Self {
        Self {
            keys: Buckets::new(config.key, clock.clone(), room.keys),
            own: Mutex::default(),
            merchants: Buckets::new(config.key.times(OF_MERCHANT), clock.clone(), room.keys),
            addresses: Buckets::new(config.public, clock.clone(), room.addresses),
            failures: Buckets::new(config.public, clock.clone(), room.addresses),
            sign_ins: Buckets::new(config.public, clock.clone(), room.addresses),
            passwords: Buckets::new(config.public, clock.clone(), room.addresses),
            successes: Recent::new(room.addresses),
            clock,
            room,
        }
    }

    /// A key, or a session, by its id, asks for something. With an allowance of its own it has a bucket of that size.
    pub(crate) fn key(&self, key: &str, own: Option<Allowance>) -> Passed {
        match own.filter(|own| *own != self.keys.allowance()) {
            None => self.keys.take(key.to_owned()),
            Some(own) => self.of_allowance(own).take(key.to_owned()),
        }
    }

    /// It asks for so much more with the same request, up to its burst.
    pub(crate) fn key_more(&self, key: &str, own: Option<Allowance>, more: NonZeroU32) -> Passed {
        match own.filter(|own| *own != self.keys.allowance()) {
            None => self.keys.take_more(key.to_owned(), more),
            Some(own) => self.of_allowance(own).take_more(key.to_owned(), more),
        }
    }

    /// A key without an allowance of its own is one of its merchant's, who asks so often in all, at most.
    pub(crate) fn merchant(&self, merchant: &str) -> Passed {
        self.merchants.take(merchant.to_owned())
    }

    /// He asks for so much more with the same request.
    pub(crate) fn merchant_more(&self, merchant: &str, more: NonZeroU32) -> Passed {
        self.merchants.take_more(merchant.to_owned(), more)
    }

    /// An address asks for something public.
    pub(crate) fn address(&self, address: IpAddr) -> Passed {
        self.addresses.take(Neighbourhood::of(address))
    }

    /// An address signs in, or accepts an invitation.
    pub(crate) fn sign_in(&self, address: IpAddr) -> Passed {
        self.sign_ins.take(Neighbourhood::of(address))
    }

    /// An address was wrong about a person or a password.
    pub(crate) fn wrong_password(&self, address: IpAddr) -> Passed {
        self.passwords.take(Neighbourhood::of(address))
    }

    /// Whether an address may still try a password; asking costs nothing.
    pub(crate) fn may_try_password(&self, address: IpAddr) -> Passed {
        self.passwords.look(Neighbourhood::of(address))
    }

    /// An address could not say who it is.
    pub(crate) fn failed_login(&self, address: IpAddr) -> Passed {
        self.failures.take(Neighbourhood::of(address))
    }

    /// Whether an address may still try to say who it is; asking costs nothing, so that who succeeds is never held up.
    pub(crate) fn may_log_in(&self, address: IpAddr) -> Passed {
        self.failures.look(Neighbourhood::of(address))
    }

    /// An address said who it is.
    pub(crate) fn let_in(&self, address: IpAddr) {
        self.successes.note(Neighbourhood::of(address), self.clock.now());
    }

    /// Whether it is looked up who an address says it is: unless it was wrong too often and nobody there was right within
    /// the last minute.
    pub(crate) fn may_guess(&self, address: IpAddr) -> Passed {
        let passed = self.may_log_in(address);
        match passed {
            Passed::No { standing, .. }
                if self.successes.has(&Neighbourhood::of(address), self.clock.now()) =>
            {
                Passed::Yes(standing)
            }
            passed => passed,
        }
    }

    /// Forgets who has not asked for so long that the bucket is full again. A server does so every few seconds.
    pub(crate) fn forget_idle(&self) {
        self.keys.forget_idle();
        self.merchants.forget_idle();
        self.addresses.forget_idle();
        self.failures.forget_idle();
        self.sign_ins.forget_idle();
        self.passwords.forget_idle();
        self.successes.forget_idle(self.clock.now());
        self.own().retain(|_, buckets| {
            buckets.forget_idle();
            !buckets.is_empty()
        });
    }

    fn of_allowance(&self, own: Allowance) -> Arc<Buckets<String, C>> {
        let new = || Arc::new(Buckets::new(own, self.clock.clone(), self.room.keys));
        Arc::clone(self.own().entry(own).or_insert_with(new))
    }

    fn own(&self) -> MutexGuard<'_, BTreeMap<Allowance, Arc<Buckets<String, C>>>> {
        // A thread that panicked between two keys left them whole.
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
