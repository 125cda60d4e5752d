//! Sends what is good, in the order of the file, until each has its answer.

use std::time::Duration;

use anyhow::bail;
use serde::Deserialize;

use super::{
    column::Column,
    entry::{Entry, Fate, Good},
    friendly::reference,
    http::{Answer, Client, Trouble, may_change},
    originals::Originals,
    place::{Place, Seal, sealed_under, understood},
    refusal::Refusal,
};

/// So many at once.
const BATCH: usize = 50;
/// And no more bytes than these: the cloud takes 2 MiB.
const BATCH_BYTES: usize = 1024 * 1024;

/// Sends one file.
pub(super) struct Sender<'a> {
    client: &'a Client,
    place: &'a Place,
    originals: &'a Originals,
    entries: &'a mut [Entry],
    /// What is said after each batch.
    told: &'a mut dyn FnMut(&[Entry]),
}

/// A sale that waits for its answer.
struct Waiting {
    index: usize,
    body: String,
}

#[derive(Deserialize)]
struct Batched {
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    seal: Option<Seal>,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    member: Option<String>,
    fiscal_number: Option<String>,
}

/// What an attempt left.
struct Left {
    waiting: Vec<Waiting>,
    why: String,
    asked: Option<Duration>,
    /// Whether some of it may be sealed all the same.
    is_uncertain: bool,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        client: &'a Client,
        place: &'a Place,
        originals: &'a Originals,
        entries: &'a mut [Entry],
        told: &'a mut dyn FnMut(&[Entry]),
    ) -> Self {
        Self { client, place, originals, entries, told }
    }

    /// Sends all. A fault says why it could not go on; what was answered until then stands.
    pub(super) fn send(&mut self) -> anyhow::Result<()> {
        let mut batch: Vec<Waiting> = Vec::new();
        let mut bytes = 0;
        for index in 0..self.entries.len() {
            let Some((size, original)) = self.next(index) else { continue };
            let follows_its_original = batch.iter().any(|waiting| Some(waiting.index) == original);
            if batch.len() == BATCH || bytes + size > BATCH_BYTES || follows_its_original {
                self.settle(std::mem::take(&mut batch))?;
                bytes = 0;
            }
            match self.body(index) {
                Ok(body) => batch.push(Waiting { index, body }),
                Err(refusal) => self.end(index, |_| Fate::Refused(refusal)),
            }
            bytes += size;
        }
        self.settle(batch)
    }

    /// How large a sale is that is to be sent, and where in the file what it credits is.
    fn next(&self, index: usize) -> Option<(usize, Option<usize>)> {
        let Fate::Unsent(good) = &self.entries.get(index)?.fate else { return None };
        Some((good.body.len(), good.original.as_deref().and_then(|number| self.originals.place_of(number))))
    }

    /// The friendly form, with the original that is sealed by now.
    fn body(&self, index: usize) -> Result<String, Refusal> {
        let Some(Entry { fate: Fate::Unsent(good), .. }) = self.entries.get(index) else {
            return Ok(String::new());
        };
        let Some(original) = &good.original else { return Ok(good.body.clone()) };
        let seal = self.originals.seal(original, self.entries)?;
        let number = seal.fiscal_number;
        let named = Some((number.epoch, number.number, seal.auth_code.as_str()));
        let reference = reference(good.nature.as_deref(), self.place.outlet, named).unwrap_or_default();
        let before_the_end = good.body.strip_suffix('}').unwrap_or(&good.body);
        Ok(format!("{before_the_end},\"reference\":{reference}}}"))
    }

    /// Sends a batch until each of it has an answer that stays.
    fn settle(&mut self, batch: Vec<Waiting>) -> anyhow::Result<()> {
        let mut patience = self.client.patience();
        let (mut waiting, mut was_uncertain) = (batch, false);
        while !waiting.is_empty() {
            let before = waiting.len();
            let left = self.attempt(waiting)?;
            was_uncertain |= left.is_uncertain;
            (self.told)(self.entries);
            if left.waiting.len() < before {
                patience = self.client.patience();
            }
            if !left.waiting.is_empty() && !patience.wait(left.asked) {
                if was_uncertain {
                    for waiting in &left.waiting {
                        self.end(waiting.index, |_| Fate::Unknown(left.why.clone()));
                    }
                }
                bail!("{}: {}", self.client.base(), left.why);
            }
            waiting = left.waiting;
        }
        Ok(())
    }

    /// Sends it once.
    fn attempt(&mut self, waiting: Vec<Waiting>) -> anyhow::Result<Left> {
        match self.client.post("/api/v1/invoices/batch", &self.request(&waiting)) {
            Ok(answer) if answer.status == 200 => self.take(waiting, &answer),
            Ok(answer) if answer.may_change() => {
                // Who is limited or busy has not looked into it.
                let is_uncertain = answer.status != 429;
                Ok(Left { waiting, why: answer.said(), asked: answer.retry_after, is_uncertain })
            }
            Ok(answer) => bail!("{}: {}", self.client.base(), answer.said()),
            Err(Trouble::Lost(why)) => Ok(Left { waiting, why, asked: None, is_uncertain: true }),
            Err(Trouble::Hopeless(why)) => bail!("{}: {why}", self.client.base()),
        }
    }

    fn request(&self, waiting: &[Waiting]) -> String {
        let invoices: Vec<String> = waiting
            .iter()
            .filter_map(|waiting| {
                let Fate::Unsent(good) = &self.entries.get(waiting.index)?.fate else { return None };
                // A key is letters, digits and a hyphen.
                Some(format!(r#"{{"idempotency_key":"{}","invoice":{}}}"#, good.key, waiting.body))
            })
            .collect();
        format!(r#"{{"complete":true,"invoices":[{}]}}"#, invoices.join(","))
    }

    fn take(&mut self, waiting: Vec<Waiting>, answer: &Answer) -> anyhow::Result<Left> {
        let Batched { results } = understood(answer)?;
        if results.len() != waiting.len() {
            bail!("{} invoices were sent and {} answered: please report this", waiting.len(), results.len());
        }
        let mut left = Left { waiting: Vec::new(), why: String::new(), asked: None, is_uncertain: false };
        for (waiting, outcome) in waiting.into_iter().zip(results) {
            match outcome {
                Outcome { status, seal: Some(seal), .. } => {
                    let seal = seal.read()?;
                    self.end(waiting.index, |good| Fate::Sealed {
                        seal,
                        total: good.total,
                        currency: good.currency,
                        already: status == 200,
                    });
                }
                Outcome { status, problem, .. } if may_change(status) => {
                    left.why = problem.map_or_else(|| status.to_string(), |problem| problem.detail);
                    left.is_uncertain |= status != 429;
                    left.waiting.push(waiting);
                }
                Outcome { status, problem, .. } => {
                    let refusal = self.refusal(waiting.index, status, problem)?;
                    self.end(waiting.index, |_| Fate::Refused(refusal));
                }
            }
        }
        Ok(left)
    }

    fn refusal(&self, index: usize, status: u16, problem: Option<Problem>) -> anyhow::Result<Refusal> {
        let Some(Problem { code, detail, member, fiscal_number }) = problem else {
            bail!("the cloud answers {status} and does not say why: please report this")
        };
        let member = member.unwrap_or_default();
        let key = match self.entries.get(index).map(|entry| &entry.fate) {
            Some(Fate::Unsent(good)) => good.key.as_str(),
            _ => "",
        };
        let advice = match code.as_str() {
            "IDEMPOTENCY_KEY_REUSED" => {
                let seal = sealed_under(self.client, self.place.outlet, key).ok().flatten();
                let number = seal.map(|seal| format!(" as {}", seal.fiscal_number)).unwrap_or_default();
                let said = format!(
                    "this number is sealed already{number}, and said something else then: a correction is a credit note; \
                     numbers that begin anew need a year or a series before them"
                );
                return Ok(Refusal::new(&code, Column::Invoice.name(), said));
            }
            "REPLAY_DETECTED" => match fiscal_number {
                Some(number) => {
                    format!("the same sale is sealed as {number}, by another way than this import")
                }
                None => detail,
            },
            _ => detail,
        };
        Ok(Refusal::new(&code, member, advice))
    }

    /// Says what became of a sale that waited.
    fn end(&mut self, index: usize, fate: impl FnOnce(Box<Good>) -> Fate) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        let placeholder = Fate::Refused(Refusal::new("", "", ""));
        entry.fate = match std::mem::replace(&mut entry.fate, placeholder) {
            Fate::Unsent(good) => fate(good),
            ended => ended,
        };
    }
}
