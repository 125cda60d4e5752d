use std::collections::{BTreeMap, BTreeSet};

use fiscal::{DeviceId, Epoch, Header, InvoiceNumber, KeyId};

use crate::line::{Causes, Flag, Revocation, Spot};

/// What the ledger declares of other signers' records, signed in its own chain.
#[derive(Debug, Default)]
pub(super) struct Declared {
    non_compliant: BTreeMap<Spot, Causes>,
    twice: BTreeSet<Spot>,
    /// The end of each key.
    revoked: BTreeMap<(DeviceId, KeyId), (Epoch, Option<InvoiceNumber>)>,
}

impl Declared {
    /// Flags beyond these excuse nothing: what they name is found as if they were not there.
    const MOST: usize = 1_000_000;

    pub(super) fn flag(&mut self, flag: &Flag) {
        match flag {
            Flag::NonCompliant(spot, causes) if self.non_compliant.len() < Self::MOST => {
                let known = self.non_compliant.entry(*spot).or_default();
                *known = known.and(*causes);
            }
            Flag::Duplicate { first, second } if self.twice.len() < Self::MOST => {
                self.twice.extend([*first, *second]);
            }
            _ => {}
        }
    }

    /// The first word on a key counts: what was ended is not begun again.
    pub(super) fn revoke(&mut self, revocation: Revocation) {
        let Revocation { signer, key, epoch, last_number } = revocation;
        if self.revoked.len() < Self::MOST {
            self.revoked.entry((signer, key)).or_insert((epoch, last_number));
        }
    }

    /// What is wrong with a record; nothing where it is not named.
    pub(super) fn causes(&self, spot: &Spot) -> Causes {
        self.non_compliant.get(spot).copied().unwrap_or_default()
    }

    pub(super) fn is_twice(&self, spot: &Spot) -> bool {
        self.twice.contains(spot)
    }

    /// Whether an invoice is beyond the end of its key.
    pub(super) fn is_revoked(&self, header: &Header) -> bool {
        let end = self.revoked.get(&(header.device, header.key));
        let sealed = header.invoice().map(|facts| (header.epoch, Some(facts.number)));
        end.zip(sealed).is_some_and(|(end, sealed)| sealed > *end)
    }
}
