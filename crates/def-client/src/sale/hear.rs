//! What each answer means for a sale: `docs/protocol.md`, sections 6 and 8.

use def_protocol::{
    Command, ErrorCode, LogKey, Remedy,
    reply::{Committed, Prepared},
};
use fiscal::{Epoch, InvoiceNumber};
use serde::de::DeserializeOwned;

use super::{Doing, Ending, Limits, Sale, Signer, Told, Unclear, search::Entry};
use crate::answer::{Answer, Refusal};

impl Sale<'_> {
    /// Tells what came back to the question of [`Sale::step`].
    pub fn hear(&mut self, told: Told) {
        if let (Doing::Commit(_), Told::Answer(_) | Told::Lost) = (&self.doing, &told) {
            self.committed = true;
        }
        match told {
            Told::Lost => {
                // It may have been obeyed, and whoever obeyed may not be heard of again.
                self.uncertain |= matches!(self.doing, Doing::Commit(_));
                self.may_be_another = true;
                self.lost();
            }
            Told::Unasked(cause) => self.end(Ending::Unclear(Unclear::NoLine(cause))),
            Told::Answer(answer) => {
                self.limits.lost = 0;
                match answer {
                    Answer::Done(json) => self.done(&json),
                    Answer::Refused(refusal) => self.refused(refusal),
                }
            }
        }
    }

    /// The same question again, a few times; a payload only to the same device.
    fn lost(&mut self) {
        self.limits.lost += 1;
        if self.limits.lost >= Limits::LOST {
            self.end(Ending::Unclear(Unclear::Silent));
        } else if let Doing::Prepare = self.doing {
            self.offer();
        }
    }

    fn done(&mut self, json: &str) {
        match &self.doing {
            Doing::Identify => {
                let Some(here) = self.read::<Signer>(Command::Status, json) else { return };
                if self.is_asked(&here) {
                    self.may_be_another = false;
                    self.doing = Doing::Prepare;
                }
            }
            Doing::Prepare => {
                let Some(Prepared { nonce, .. }) = self.read::<Prepared<String>>(Command::Prepare, json)
                else {
                    return;
                };
                self.doing = Doing::Commit(nonce);
            }
            Doing::Commit(_) => {
                let Some(Committed(seal)) = self.read(Command::Commit, json) else { return };
                self.sealed(seal);
            }
            Doing::Fetch(_) => {
                let Some(entry) = self.read::<Entry>(Command::Log, json) else { return };
                self.sealed(entry.log_entry.sealed);
            }
            Doing::Survey => {
                let Some(survey) = self.read(Command::Status, json) else { return };
                self.limits = Limits::default();
                self.surveyed(survey);
            }
            Doing::Search(search) => {
                let search = *search;
                let Some(entry) = self.read(Command::Log, json) else { return };
                // Each question of a long search has its own patience.
                self.limits = Limits::default();
                self.found(search, entry);
            }
            Doing::Pause(_) | Doing::Ended(_) => {}
        }
    }

    fn read<T: DeserializeOwned>(&mut self, command: Command, json: &str) -> Option<T> {
        let read = serde_json::from_str(json).ok();
        if read.is_none() {
            self.end(Ending::Unclear(Unclear::Foreign(command)));
        }
        read
    }

    fn refused(&mut self, refusal: Refusal) {
        // A device whose flash or chip fails in the middle may find the record whole when it starts again.
        let sealed_nothing = refusal.remedy() == Remedy::Prepare;
        self.uncertain |= matches!(self.doing, Doing::Commit(_)) && !sealed_nothing;
        match refusal.remedy() {
            Remedy::Repeat => return self.repeat(refusal),
            Remedy::Prepare if matches!(self.doing, Doing::Prepare | Doing::Commit(_)) => {
                return self.prepare_again(refusal);
            }
            _ => {}
        }
        match self.doing {
            Doing::Prepare | Doing::Commit(_) if refusal.known() == Some(ErrorCode::ReplayDetected) => {
                self.fetch(&refusal);
            }
            Doing::Prepare | Doing::Commit(_) => self.conclude(refusal),
            Doing::Fetch(key) if refusal.known() == Some(ErrorCode::NotFound) => {
                let (epoch, number) = (key.epoch.unwrap_or(Epoch(0)), key.number);
                self.end(Ending::Unclear(Unclear::Erased { epoch, number }));
            }
            Doing::Search(search) if refusal.known() == Some(ErrorCode::NotFound) => self.not_there(search),
            Doing::Identify | Doing::Fetch(_) | Doing::Survey | Doing::Search(_) => {
                self.end(Ending::Unclear(Unclear::CannotTell(refusal)));
            }
            Doing::Pause(_) | Doing::Ended(_) => {}
        }
    }

    /// The same question after a pause; a place in the pool is waited for longer.
    fn repeat(&mut self, refusal: Refusal) {
        let gives_up = if refusal.known() == Some(ErrorCode::DeviceBusy) {
            self.limits.busy >= Limits::BUSY
        } else {
            self.limits.refused += 1;
            self.limits.refused > Limits::REFUSED
        };
        if gives_up {
            match self.doing {
                Doing::Prepare | Doing::Commit(_) => self.conclude(refusal),
                _ => self.end(Ending::Unclear(Unclear::CannotTell(refusal))),
            }
        } else {
            let again = std::mem::replace(&mut self.doing, Doing::Prepare);
            self.doing = Doing::Pause(Box::new(again));
        }
    }

    /// Nothing was sealed under this nonce.
    fn prepare_again(&mut self, refusal: Refusal) {
        self.limits.prepared += 1;
        if self.limits.prepared > Limits::PREPARED {
            self.conclude(refusal);
        } else {
            self.offer();
        }
    }

    /// These bytes are sealed. What was sealed before this till committed them may have a receipt.
    fn fetch(&mut self, refusal: &Refusal) {
        self.before |= !self.committed;
        let number = refusal.invoice_seq.and_then(InvoiceNumber::new);
        match (refusal.epoch, number) {
            (Some(epoch), Some(number)) => {
                self.doing = Doing::Fetch(LogKey { epoch: Some(Epoch(epoch)), number });
            }
            _ => {
                let command = match self.doing {
                    Doing::Commit(_) => Command::Commit,
                    _ => Command::Prepare,
                };
                self.end(Ending::Unclear(Unclear::Foreign(command)));
            }
        }
    }

    /// The device does not seal this; it may have before.
    fn conclude(&mut self, refusal: Refusal) {
        let forgotten = refusal.known() == Some(ErrorCode::StaleTimestamp);
        let is_open = self.uncertain || forgotten;
        if is_open && !self.searches {
            return self.end(Ending::Unclear(Unclear::Unsearched(refusal)));
        }
        self.verdict = Some(refusal);
        if is_open {
            self.limits = Limits::default();
            self.doing = Doing::Survey;
        } else {
            self.conclude_unsealed();
        }
    }

    pub(super) fn conclude_unsealed(&mut self) {
        let Some(verdict) = self.verdict.take() else { return self.end(Ending::Unsealed) };
        // The bytes may be right and the device the wrong one.
        let is_of_outlet = verdict.known() == Some(ErrorCode::WrongOutlet);
        let is_final = self.is_past || (verdict.remedy() == Remedy::Correct && !is_of_outlet);
        self.end(if is_final { Ending::Refused(verdict) } else { Ending::Held(verdict) });
    }
}
