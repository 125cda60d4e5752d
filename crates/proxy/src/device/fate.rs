//! What became of a sale that was broken off: the device's journal says, read up to its end.

use def_client::Offer;
use def_protocol::{
    LogKey, Request,
    reply::{Logged, Seal, TaxLine},
};
use fiscal::{Epoch, InvoiceNumber, PayloadHash, limits};

use super::{Device, Sold};
use crate::spool::{Entry, JournalId, OpenSale, SpoolFault, Stage};

impl Device {
    /// What became of a payload, whoever offered it.
    pub(super) fn fate(&mut self, hash: PayloadHash, payload: Option<&str>) -> Result<Sold, SpoolFault> {
        if let Some(seal) = self.spool.seal_of(hash)? {
            return Ok(Sold::Sealed { seal, repeated: true });
        }
        if let Some(sale) = self.spool.open_sales()?.into_iter().find(|sale| sale.hash == hash) {
            return self.settle(&sale);
        }
        if let Err(trouble) = self.catch_up()? {
            return Ok(Sold::Unclear { detail: trouble.to_string() });
        }
        let Some(journal) = self.met.as_ref().and_then(|met| met.journal) else {
            return Ok(Sold::Unsealed);
        };
        match self.spool.sealed_in_journal(journal, hash)? {
            Some((epoch, number)) => Ok(match self.fetch(hash, epoch, number) {
                Ok(seal) => Sold::Sealed { seal: json(&seal), repeated: true },
                Err(detail) => Sold::Unclear { detail },
            }),
            None => self.look_back(journal, payload),
        }
    }

    /// What is not in the journal as far as it is kept here: the device is asked for what it had before that.
    pub(super) fn look_back(
        &mut self,
        journal: JournalId,
        payload: Option<&str>,
    ) -> Result<Sold, SpoolFault> {
        if self.spool.is_whole(journal)? {
            return Ok(Sold::Unsealed);
        }
        let unknown = |why: &str| Ok(Sold::Unclear { detail: why.to_owned() });
        let Some(offer) = payload.and_then(|payload| Offer::read(payload).ok()) else {
            return unknown(
                "this payload is not in the journal as far as it is kept here: ask with its bytes",
            );
        };
        if self.spool.kept_since(journal)?.is_some_and(|since| is_before(since, &offer)) {
            return Ok(Sold::Unsealed);
        }
        let Some(met) = &self.met else { return unknown("the line was lost") };
        let (signer, key) = (met.signer.clone(), met.key);
        let look = def_client::Sale::look(&offer, &signer, key.as_ref());
        let Ok(ending) = look.run(&mut self.host, &mut |_| Ok::<_, std::convert::Infallible>(()));
        match ending {
            def_client::Ending::Sealed { seal, .. } => Ok(Sold::Sealed { seal: json(&seal), repeated: true }),
            def_client::Ending::Unsealed => Ok(Sold::Unsealed),
            // Others sealed the numbers between: what is not kept of this device's journal is read.
            def_client::Ending::Unclear(unclear @ def_client::Unclear::Elsewhere { .. }) => {
                self.read_back(journal, offer.hash(), &unclear.to_string())
            }
            def_client::Ending::Unclear(unclear) => unknown(&unclear.to_string()),
            def_client::Ending::Refused(refusal) | def_client::Ending::Held(refusal) => {
                unknown(&refusal.to_string())
            }
        }
    }

    /// The same, of a journal in which others' numbers lie between: all that is not kept of it is read.
    fn read_back(
        &mut self,
        journal: JournalId,
        hash: PayloadHash,
        unclear: &str,
    ) -> Result<Sold, SpoolFault> {
        let is_whole = match self.make_whole(journal)? {
            Ok(is_whole) => is_whole,
            Err(trouble) => return Ok(Sold::Unclear { detail: trouble.to_string() }),
        };
        Ok(match self.spool.sealed_in_journal(journal, hash)? {
            Some((epoch, number)) => match self.fetch(hash, epoch, number) {
                Ok(seal) => Sold::Sealed { seal: json(&seal), repeated: true },
                Err(detail) => Sold::Unclear { detail },
            },
            // The device never had this sale.
            None if is_whole => Sold::Unsealed,
            None => Sold::Unclear { detail: unclear.to_owned() },
        })
    }

    /// Finds out about every sale that was broken off, before the device is offered another one.
    pub(super) fn settle_all(&mut self) -> Result<(), SpoolFault> {
        for sale in self.spool.open_sales()? {
            match self.settle(&sale)? {
                Sold::Unclear { detail } => {
                    tracing::warn!(sale = %sale.hash, detail, "it is not known yet what became of a sale");
                }
                Sold::Sealed { .. } => {
                    tracing::info!(sale = %sale.hash, "a sale that was broken off is sealed")
                }
                _ => tracing::info!(sale = %sale.hash, "a sale that was broken off is not sealed"),
            }
        }
        Ok(())
    }

    /// The same; how many are left.
    pub(super) fn settle_all_and_count(&mut self) -> Result<usize, SpoolFault> {
        self.settle_all()?;
        Ok(self.spool.open_sales()?.len())
    }

    /// What became of a sale that is kept. When nothing was sealed it is kept no longer: whoever sells asks again.
    pub(super) fn settle(&mut self, sale: &OpenSale) -> Result<Sold, SpoolFault> {
        if sale.stage == Stage::Meant {
            self.spool.forget(sale.hash)?;
            return Ok(Sold::Unsealed);
        }
        // All that was asked before is answered or lost by now, so what the journal does not have will never be in it.
        if let Err(trouble) = self.catch_up()? {
            return Ok(Sold::Unclear { detail: trouble.to_string() });
        }
        let Some(journal) = self.met.as_ref().and_then(|met| met.journal) else {
            return Ok(Sold::Unclear { detail: "the device has no journal".to_owned() });
        };
        if !self.spool.is_of_same_device(journal, sale.journal)? {
            let detail = "this sale was offered to another device: connect that one".to_owned();
            return Ok(Sold::Unclear { detail });
        }
        if let Some((epoch, number)) = self.spool.sealed_in_journal(journal, sale.hash)? {
            return match self.fetch(sale.hash, epoch, number) {
                Ok(seal) => self.keep_seal(&seal, &sale.payload),
                Err(detail) => Ok(Sold::Unclear { detail }),
            };
        }
        match self.look_back(journal, Some(&sale.payload))? {
            Sold::Sealed { seal, .. } => self.keep_found(&seal, &sale.payload),
            Sold::Unsealed => {
                self.spool.forget(sale.hash)?;
                Ok(Sold::Unsealed)
            }
            sold => Ok(sold),
        }
    }

    /// Keeps a seal that the device was searched for.
    pub(super) fn keep_found(&mut self, seal: &str, payload: &str) -> Result<Sold, SpoolFault> {
        match serde_json::from_str::<Seal>(seal) {
            Ok(seal) => self.keep_seal(&seal, payload),
            Err(fault) => Ok(Sold::Unclear { detail: fault.to_string() }),
        }
    }

    /// The seal of an invoice of the journal.
    pub(super) fn fetch(&mut self, hash: PayloadHash, epoch: u32, number: u64) -> Result<Seal, String> {
        let number = InvoiceNumber::new(number).ok_or("the journal has an invoice without a number")?;
        let key = LogKey { epoch: Some(Epoch(epoch)), number };
        let pulse = self.pulse.clone();
        let entry: Logged<String, Vec<TaxLine>> =
            self.host.tell(Request::Log(key), &mut |_| pulse.beat()).map_err(|fault| fault.to_string())?;
        let seal = entry.log_entry.sealed;
        if seal.payload_hash != hash || seal.record.link.payload != hash {
            return Err("the device's log and its journal disagree: call a technician".to_owned());
        }
        Ok(seal)
    }

    /// Keeps a seal, in the journal of its epoch; then it may be told.
    pub(super) fn keep_seal(&mut self, seal: &Seal, payload: &str) -> Result<Sold, SpoolFault> {
        let text = json(seal);
        let header = &seal.record.header;
        let key = header.key.to_string();
        let journal = self.spool.journal(header.device.as_str(), &key, header.epoch.0)?;
        let entry = Entry { record: seal.record, payload: Some(payload.to_owned()) };
        self.spool.sealed(seal.payload_hash, &text, &seal.fiscal_number.to_string(), journal, &entry)?;
        let filled = self.spool.filled(journal)?.0;
        match &mut self.met {
            Some(met) if met.journal == Some(journal) => {
                met.filled = filled;
                met.last_position = met.last_position.max(seal.position);
            }
            // The device has begun an epoch since it was asked how it is.
            Some(met) if met.epoch < header.epoch.0 => drop(self.look()?),
            _ => {}
        }
        self.fill_short_gap()?;
        self.tell_filled();
        Ok(Sold::Sealed { seal: text, repeated: false })
    }
}

/// Whether what a device sealed before a time, in seconds since 1970, is too old to be this sale: the times of a chain
/// never go back, and nothing is sealed so long before its own time.
fn is_before(since: u64, offer: &Offer<'_>) -> bool {
    offer.invoice().timestamp.unix() > since.saturating_add(limits::AHEAD_SECONDS)
}

/// A seal's members.
pub(super) fn json(seal: &Seal) -> String {
    // Texts and integers always serialise.
    serde_json::to_string(seal).unwrap_or_default()
}
