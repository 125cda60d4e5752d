//! What is known of each key, and how far it is trusted.

use std::{cmp::Reverse, sync::Arc};

use fiscal::{KeyId, Proof, PublicKey};

use super::{Item, KeyState, RingKey, RingSettings, state::State};
use crate::{Purpose, SignerFault, StoredKey, aws_lc::Verifier};

/// A key, and how far it is trusted.
pub(super) struct Entry {
    pub(super) stored: StoredKey,
    verifier: Arc<Verifier>,
    pub(super) state: Trust,
}

/// Whether it may sign.
pub(super) enum Trust {
    Pending,
    Proven(Proof),
    Away,
    /// The store had it once and has it no more.
    Gone,
    /// For ever, as far as this ring goes.
    Condemned(String),
}

impl State {
    /// The key that seals now.
    pub(super) fn active_key(&self) -> Result<PublicKey, SignerFault> {
        match self.active {
            Some(key) => self.proof(key, Purpose::Seal).map(|proof| *proof.public_key()),
            None => Err(self.while_up("there is no sealing key: make one and activate it")),
        }
    }

    /// The proof that a key may sign for a purpose now.
    pub(super) fn proof(&self, key: KeyId, purpose: Purpose) -> Result<Proof, SignerFault> {
        let Some(entry) = self.keys.get(&key) else {
            return Err(self.while_up(&format!("this signer has no key {key}")));
        };
        if entry.stored.purpose != purpose {
            return Err(SignerFault::Permanent(format!("the key {key} may not {purpose}")));
        }
        match &entry.state {
            Trust::Proven(proof) => Ok(*proof),
            Trust::Pending => Err(SignerFault::Temporary(format!("the key {key} has yet to prove itself"))),
            Trust::Away => Err(self.fault()),
            Trust::Gone => Err(self.while_up(&format!("the store has the key {key} no more"))),
            Trust::Condemned(why) => Err(SignerFault::Permanent(why.clone())),
        }
    }

    /// The newest key for a purpose that the store has.
    pub(super) fn newest(&self, purpose: Purpose) -> Option<KeyId> {
        let of = self
            .keys
            .iter()
            .filter(|(_, entry)| entry.stored.purpose == purpose && !matches!(entry.state, Trust::Gone));
        of.max_by_key(|(id, entry)| (entry.stored.made, **id)).map(|(id, _)| *id)
    }

    /// Keys that have yet to prove themselves, the active one first and then the newest.
    pub(super) fn unproven(&self) -> Vec<StoredKey> {
        let pending = self.keys.values().filter(|entry| matches!(entry.state, Trust::Pending));
        let mut keys: Vec<_> = pending.map(|entry| entry.stored).collect();
        keys.sort_by_key(|key| (self.active != Some(key.public_key.id()), Reverse(key.made)));
        keys
    }

    /// All of them, for whoever looks after them.
    pub(super) fn list(&self) -> Vec<RingKey> {
        let key = |(id, entry): (&KeyId, &Entry)| RingKey {
            stored: entry.stored,
            state: match &entry.state {
                Trust::Pending => KeyState::Pending,
                Trust::Proven(_) => KeyState::Ready,
                Trust::Away => KeyState::Away,
                Trust::Gone => KeyState::Unusable("the store has it no more".into()),
                Trust::Condemned(why) => KeyState::Unusable(why.clone()),
            },
            active: self.active == Some(*id),
        };
        self.keys.iter().map(key).collect()
    }

    /// What verifies the signatures of these, one for each.
    pub(super) fn verifiers(&self, items: &[Item]) -> Vec<Arc<Verifier>> {
        // All keys were found a moment ago, under the same lock.
        items
            .iter()
            .filter_map(|(key, _)| self.keys.get(key))
            .map(|entry| Arc::clone(&entry.verifier))
            .collect()
    }

    /// Compares what is known with what the store has now.
    pub(super) fn take_keys(&mut self, found: Vec<StoredKey>, settings: &RingSettings) {
        let found: Vec<_> = found.into_iter().filter(|key| key.signer == settings.device).collect();
        for (id, entry) in &mut self.keys {
            let there = found.iter().any(|key| key.public_key.id() == *id);
            match entry.state {
                Trust::Condemned(_) => {}
                Trust::Away | Trust::Gone if there => entry.state = Trust::Pending,
                _ if there => {}
                _ => entry.state = Trust::Gone,
            }
        }
        for stored in found {
            let id = stored.public_key.id();
            // A public key of the core is a point of the curve, which is all that can be wrong.
            let Ok(verifier) = Verifier::new(&stored.public_key) else { continue };
            let fresh = || Entry { stored, verifier: Arc::new(verifier), state: Trust::Pending };
            self.keys.entry(id).or_insert_with(fresh);
        }
        if self.active.is_none() {
            self.active = settings.active.or_else(|| self.newest(Purpose::Seal));
        }
    }
}
