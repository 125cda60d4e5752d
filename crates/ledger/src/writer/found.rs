//! What was done before of what jobs ask: sales and idempotency keys that are there already.

use std::sync::Arc;

use fiscal::{OutletId, Prefix};

use super::{Done, Job, Sealing, Writer};
use crate::{Refusal, Row, StoreFault, store::Known};

/// What was done before of what a job asks.
pub(super) enum Found {
    /// The same sale under the same key.
    Same(Row),
    /// The sale, but not under this key.
    Sale(Row),
    /// The key, but for another sale.
    KeyOfAnother,
}

impl Found {
    fn of(offer: &crate::Offer, known: &Known) -> Option<Self> {
        let identity = (offer.stamped(), offer.hash());
        let of_key = known.keys.iter().find(|(key, _)| Some(key) == offer.key()).map(|(_, row)| row);
        if let Some(row) = of_key {
            let same = (row.stamped, row.hash) == identity;
            return Some(if same { Self::Same(row.clone()) } else { Self::KeyOfAnother });
        }
        let delivered = offer.key().map(crate::IdempotencyKey::of_delivery);
        let of_delivery = known.keys.iter().find(|(key, _)| Some(key) == delivered.as_ref());
        let is_same = |row: &&Row| (row.stamped, row.hash) == identity;
        // A key that was delivered with another sale says nothing of this one.
        if let Some(row) = of_delivery.map(|(_, row)| row).filter(is_same) {
            return Some(Self::Same(row.clone()));
        }
        let sale = known.sales.iter().find(|row| (row.stamped, row.hash) == identity)?;
        Some(Self::Sale(sale.clone()))
    }
}

impl Writer {
    /// Looks up those jobs that ask for it, in one question.
    #[allow(clippy::type_complexity, reason = "jobs that go on, and jobs with what was found of them")]
    pub(super) fn look(
        &mut self,
        outlet: OutletId,
        jobs: Vec<Job>,
    ) -> Result<(Vec<Job>, Vec<(Job, Found)>), (Vec<Job>, StoreFault)> {
        let (mut sales, mut keys) = (Vec::new(), Vec::new());
        for offer in jobs.iter().filter(|job| job.look).filter_map(Job::offer) {
            sales.push((offer.stamped(), offer.hash()));
            keys.extend(offer.key().into_iter().flat_map(|key| [key.clone(), key.of_delivery()]));
        }
        if sales.is_empty() {
            return Ok((jobs, Vec::new()));
        }
        let known = match self.store().and_then(|store| store.known(outlet, &sales, &keys)) {
            Ok(known) => known,
            Err(fault) => return Err((jobs, fault)),
        };
        let (mut fresh, mut found) = (Vec::new(), Vec::new());
        for job in jobs {
            match job.offer().filter(|_| job.look).and_then(|offer| Found::of(offer, &known)) {
                Some(what) => found.push((job, what)),
                None => fresh.push(job),
            }
        }
        Ok((fresh, found))
    }

    pub(super) fn answer_of(&mut self, found: Found, prefix: Prefix) -> Result<Done, Refusal> {
        let row = match found {
            Found::KeyOfAnother => return Err(Refusal::KeyReused),
            Found::Sale(row) => {
                let number = row.number.ok_or(Refusal::KeyReused)?;
                return Err(Refusal::Replay { epoch: row.place.chain.epoch, number });
            }
            Found::Same(row) => row,
        };
        let context = Arc::clone(&self.context);
        let store = self.store()?;
        let is_foreign = row.place.chain.signer != context.signer.device();
        let sealed = match context.keys.verify(&row, store) {
            Ok(sealed) => sealed,
            // It entered with a false signature, and is flagged: its seal cannot be shown, but there is one.
            Err(StoreFault::Corrupt(_)) if is_foreign => {
                let number = row.number.ok_or(Refusal::KeyReused)?;
                return Err(Refusal::Replay { epoch: row.place.chain.epoch, number });
            }
            Err(fault) => return Err(fault.into()),
        };
        Ok(Done::Sealed(Box::new(Sealing { sealed, prefix, repeated: true })))
    }
}
