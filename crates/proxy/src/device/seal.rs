//! A sale at the device: each stage is durable before the next one begins.

use std::time::Duration;

use def_client::{Answer, Ending, Lost, Offer, Pace, Question, Refusal, Sale, Signer, Step, Told, Unclear};
use def_protocol::{ErrorCode, Nonce};
use fiscal::PublicKey;

use super::{Device, Offering, Sold};
use crate::{
    clock,
    spool::{JournalId, Known, Meant, Offered, OpenSale, SpoolFault},
};

/// How a sale went.
struct Course {
    ending: Ending,
    /// Whether a COMMIT may have left.
    committed: bool,
    /// What the device refused last.
    refusal: Option<Refusal>,
}

impl Device {
    /// Seals a sale once. When the spool fails, what is told says what is known all the same.
    pub(super) fn sell(&mut self, offering: &Offering) -> (Sold, Option<SpoolFault>) {
        let mut committed = false;
        match self.try_sell(offering, &mut committed) {
            Ok(sold) => (sold, None),
            Err(fault) => (Sold::of_spool(&fault, committed), Some(fault)),
        }
    }

    fn try_sell(&mut self, offering: &Offering, committed: &mut bool) -> Result<Sold, SpoolFault> {
        if let Some(sold) = self.known(offering)? {
            return Ok(sold);
        }
        if let Err(trouble) = self.meet()? {
            return Ok(Sold::Unreachable { detail: trouble.to_string() });
        }
        let is_settled = self.is_settled(&offering.terminal)?;
        if let Err(trouble) = self.meet()? {
            return Ok(Sold::Unreachable { detail: trouble.to_string() });
        }
        let Some((signer, key, journal)) = self.here() else {
            return Ok(Sold::refused("NOT_PROVISIONED", "the device belongs to no outlet yet: activate it"));
        };
        if !is_settled {
            let detail = "it is not known yet what became of an earlier sale of this till, so this one was not offered";
            return Ok(Sold::Unreachable { detail: detail.to_owned() });
        }
        // It was read before it came into the queue.
        let Ok(offer) = Offer::read(&offering.payload) else {
            return Ok(Sold::refused("SCHEMA_INVALID", "the payload is not canonical"));
        };
        self.spool.mean(Meant {
            hash: offering.hash,
            payload: &offering.payload,
            terminal: &offering.terminal,
            key: offering.key.as_deref(),
            journal,
            time: clock::now().unix(),
        })?;
        let began = self.pace.elapsed();
        let sale = Sale::begin(&offer, &signer, key.as_ref()).without_search();
        let course = self.drive(sale, &offer, committed)?;
        self.conclude(course, offering, journal, began)
    }

    /// Whether it is known what became of every earlier sale of a till. Of what a break left open it is found out first.
    fn is_settled(&mut self, terminal: &str) -> Result<bool, SpoolFault> {
        if self.spool.open_sales()?.is_empty() {
            return Ok(true);
        }
        self.settle_all()?;
        let here = self.met.as_ref().and_then(|met| met.journal);
        // One that was offered to a device that is gone for good, or in an epoch that is, does not stop the till.
        let is_open =
            |sale: &OpenSale| sale.terminal == terminal && here.is_none_or(|here| here == sale.journal);
        Ok(!self.spool.open_sales()?.iter().any(is_open))
    }

    /// What is said without asking the device; nothing for a sale that is new.
    fn known(&mut self, offering: &Offering) -> Result<Option<Sold>, SpoolFault> {
        let offered = Offered { hash: offering.hash, key: offering.key.as_deref() };
        match self.spool.known(offered)? {
            Known::New => Ok(None),
            Known::KeyReused => Ok(Some(Sold::refused(
                "IDEMPOTENCY_KEY_REUSED",
                "this idempotency key was used for another payload: give each sale a key of its own",
            ))),
            Known::Again => {
                Ok(self.spool.seal_of(offering.hash)?.map(|seal| Sold::Sealed { seal, repeated: true }))
            }
            Known::Replay => Ok(Some(Sold::Refused {
                code: "REPLAY_DETECTED".to_owned(),
                detail: "this very sale is sealed already: ask for that invoice".to_owned(),
                number: self.desk.reader.number_of(offering.hash)?,
            })),
            Known::Open => {
                let Some(sale) = self.open_sale(offering)? else { return Ok(None) };
                Ok(match self.settle(&sale)? {
                    Sold::Unsealed => None,
                    sold => Some(sold),
                })
            }
        }
    }

    fn open_sale(&self, offering: &Offering) -> Result<Option<OpenSale>, SpoolFault> {
        Ok(self.spool.open_sales()?.into_iter().find(|sale| sale.hash == offering.hash))
    }

    fn here(&self) -> Option<(Signer, Option<PublicKey>, JournalId)> {
        let met = self.met.as_ref()?;
        Some((met.signer.clone(), met.key, met.journal?))
    }

    /// Asks what the sale wants to know until it ended.
    fn drive(
        &mut self,
        mut sale: Sale<'_>,
        offer: &Offer<'_>,
        committed: &mut bool,
    ) -> Result<Course, SpoolFault> {
        let mut refusal = None;
        let mut kept = None::<Nonce>;
        loop {
            self.pulse.beat();
            let question = match sale.step() {
                Step::End(ending) => return Ok(Course { ending: *ending, committed: *committed, refusal }),
                Step::Pause => {
                    sale.paused(self.host.pause_a_little());
                    continue;
                }
                Step::Ask(question) => question,
            };
            if let Question::Commit(nonce) = question
                && kept != Some(nonce)
            {
                self.spool.committing(offer.hash(), &nonce.to_string())?;
                (kept, *committed) = (Some(nonce), true);
                self.desk.metrics.prepared();
            }
            let pulse = self.pulse.clone();
            let told = match self.host.ask(question.request(offer), &mut |_| pulse.beat()) {
                Ok(answer) => {
                    // What the journal does not have is no verdict on the sale.
                    if let Answer::Refused(refused) = &answer
                        && !matches!(question, Question::Log(_))
                    {
                        if refused.known() == Some(ErrorCode::NonceExpired) {
                            self.desk.metrics.nonce_expired();
                        }
                        refusal = Some(refused.clone());
                    }
                    Told::Answer(answer)
                }
                Err(Lost::NoLine(cause)) => Told::Unasked(cause.to_string()),
                Err(Lost::Broken(_) | Lost::Silent | Lost::Damaged) => {
                    self.desk.metrics.retried();
                    Told::Lost
                }
            };
            sale.hear(told);
        }
    }

    fn conclude(
        &mut self,
        course: Course,
        offering: &Offering,
        journal: JournalId,
        began: Duration,
    ) -> Result<Sold, SpoolFault> {
        match course.ending {
            Ending::Sealed { seal, before } => {
                let sold = self.keep_seal(&seal, &offering.payload)?;
                self.desk.metrics.sealed(self.pace.elapsed().saturating_sub(began));
                Ok(match sold {
                    Sold::Sealed { seal, .. } => Sold::Sealed { seal, repeated: before },
                    sold => sold,
                })
            }
            Ending::Refused(refusal) | Ending::Held(refusal) => {
                // A device that left the line or was revoked refuses without looking whether it has the sale.
                if let Some(sold) = self.sealed_before(offering, journal)? {
                    return Ok(sold);
                }
                self.spool.forget(offering.hash)?;
                Ok(Sold::Refused { code: refusal.code, detail: refusal.detail, number: None })
            }
            Ending::Unclear(unclear) if course.committed => self.find_out(offering, unclear),
            Ending::Unclear(Unclear::Unsearched(refusal)) => self.look_up(offering, journal, refusal),
            Ending::Unclear(unclear) => {
                // No COMMIT left: nothing was sealed.
                self.spool.forget(offering.hash)?;
                Ok(match (unclear, course.refusal) {
                    (unclear @ (Unclear::NoLine(_) | Unclear::Silent | Unclear::OtherDevice { .. }), _)
                    | (unclear, None) => {
                        self.met = None;
                        Sold::Unreachable { detail: unclear.to_string() }
                    }
                    (_, Some(refusal)) => {
                        Sold::Refused { code: refusal.code, detail: refusal.detail, number: None }
                    }
                })
            }
            Ending::Unsealed => Ok(Sold::Unsealed),
        }
    }

    /// It is too old for the device to know at once whether it sealed it. The journal that is kept here says, and while that
    /// is not read to its end nobody knows. None of this offer was sealed; one of before the spool was lost may have been.
    ///
    /// The device is not searched for it as long as the journal goes back far enough: that is a question for each invoice
    /// since, which everyone else in the line would wait for, and who asks may be gone before the last.
    fn look_up(
        &mut self,
        offering: &Offering,
        journal: JournalId,
        refusal: Refusal,
    ) -> Result<Sold, SpoolFault> {
        if let Err(trouble) = self.look()? {
            self.spool.forget(offering.hash)?;
            return Ok(Sold::Unreachable { detail: trouble.to_string() });
        }
        let unclear = || Sold::Unclear { detail: Unclear::Unsearched(refusal.clone()).to_string() };
        let sold = match self.met.as_ref().and_then(|met| met.journal) {
            Some(now) if self.spool.is_of_same_device(now, journal)? => match self.is_behind() {
                // What is not read yet may be it: it is read between the sales.
                true => unclear(),
                false => self.look_back(now, Some(&offering.payload))?,
            },
            // Another device was plugged in meanwhile.
            _ => unclear(),
        };
        if let Some(sealed) = self.sealed_before(offering, journal)? {
            return Ok(sealed);
        }
        let sold = match sold {
            Sold::Sealed { seal, .. } => match self.keep_found(&seal, &offering.payload)? {
                Sold::Sealed { seal, .. } => Sold::Sealed { seal, repeated: true },
                sold => sold,
            },
            sold => sold,
        };
        // One that is sealed is kept.
        self.spool.forget(offering.hash)?;
        let Refusal { code, detail, .. } = refusal;
        Ok(if sold == Sold::Unsealed { Sold::Refused { code, detail, number: None } } else { sold })
    }

    /// A sale of before the spool was lost.
    fn sealed_before(&mut self, offering: &Offering, journal: JournalId) -> Result<Option<Sold>, SpoolFault> {
        let Some((epoch, number)) = self.spool.sealed_in_journal(journal, offering.hash)? else {
            return Ok(None);
        };
        match self.fetch(offering.hash, epoch, number) {
            Ok(seal) => match self.keep_seal(&seal, &offering.payload)? {
                Sold::Sealed { seal, .. } => Ok(Some(Sold::Sealed { seal, repeated: true })),
                sold => Ok(Some(sold)),
            },
            Err(detail) => Ok(Some(Sold::Unclear { detail })),
        }
    }

    /// A COMMIT left and nobody knows what became of it: the journal does, if the device can be asked at all.
    fn find_out(&mut self, offering: &Offering, unclear: Unclear) -> Result<Sold, SpoolFault> {
        self.met = None;
        let Some(sale) = self.open_sale(offering)? else { return Ok(Sold::Unsealed) };
        Ok(match (self.settle(&sale)?, unclear) {
            (Sold::Unsealed, Unclear::Unsearched(Refusal { code, detail, .. })) => {
                Sold::Refused { code, detail, number: None }
            }
            // Nothing was sealed; but it was offered, and whoever sells has to ask again.
            (Sold::Unsealed, unclear) => {
                Sold::Unclear { detail: format!("{unclear}; it is not sealed: send it again") }
            }
            (sold, _) => sold,
        })
    }
}
