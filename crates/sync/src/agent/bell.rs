use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use crate::lane::Role;

/// Wakes the workers of a machine, those of a role alone.
#[derive(Default)]
pub(super) struct Bell {
    confirm: Chime,
    request: Chime,
}

#[derive(Default)]
struct Chime {
    count: Mutex<u64>,
    rings: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.ring_for(Role::Confirm);
        self.ring_for(Role::Request);
    }

    pub(super) fn ring_for(&self, role: Role) {
        let chime = self.chime(role);
        *chime.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        chime.rings.notify_all();
    }

    /// How often it rang.
    pub(super) fn count(&self, role: Role) -> u64 {
        *self.chime(role).count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, or until it rings after those times; says whether it did.
    pub(super) fn wait(&self, role: Role, time: Duration, heard: u64) -> bool {
        let Chime { count, rings } = self.chime(role);
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = rings.wait_timeout_while(count, time, |count| *count == heard);
        *waited.unwrap_or_else(PoisonError::into_inner).0 != heard
    }

    const fn chime(&self, role: Role) -> &Chime {
        match role {
            Role::Confirm => &self.confirm,
            Role::Request => &self.request,
        }
    }
}
