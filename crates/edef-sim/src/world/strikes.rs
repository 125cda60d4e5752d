use super::{Nim, World};
use crate::{Call, Delivery, Dice, Exact, FaultKind, Moment, Often, Reply, call::Route};

/// The faults that strike one call.
#[derive(Debug)]
pub(crate) struct Strikes(Vec<FaultKind>);

impl World {
    /// Counts what is counted and rolls for what is chance.
    pub(super) fn strikes(
        &mut self,
        route: &Route<'_>,
        call: &Call,
        nim: Nim,
        dice: &mut dyn Dice,
    ) -> Strikes {
        if self.faults.is_empty() {
            return Strikes(Vec::new());
        }
        let (endpoint, is_credit_note) = (route.endpoint(), Self::is_credit_note(route, &call.body));
        let (mut strikes, mut changed, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for (id, fault) in &mut self.faults {
            let here = fault.endpoint.is_none_or(|only| only == endpoint)
                && fault.nim.is_none_or(|only| only == nim);
            if !here || !fault.kind.concerns(endpoint, is_credit_note) {
                continue;
            }
            let does_strike = match &mut fault.often {
                Often::Next(left) => {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        over.push(*id)
                    } else {
                        changed.push(*id)
                    }
                    true
                }
                Often::PerMille(chance) => dice.roll() % 1_000 < u64::from(*chance),
            };
            if does_strike {
                strikes.push(fault.kind.clone());
            }
        }
        for id in changed {
            self.keep_fault(id);
        }
        for id in over {
            self.remove_fault(id);
        }
        Strikes(strikes)
    }
}

impl Strikes {
    /// What is answered when the call never has its effect.
    pub(super) fn instead(&self, dice: &mut dyn Dice) -> Option<Reply> {
        let reply = self.0.iter().find_map(|kind| match kind {
            FaultKind::Lost(Moment::Before) => {
                Some(Reply { delivery: Delivery::LostBefore, ..Reply::empty(503) })
            }
            FaultKind::Status { status, moment: Moment::Before, retry_after } => {
                Some(Reply { retry_after: *retry_after, ..Reply::empty(*status) })
            }
            FaultKind::Refuse(code) => Some(super::checks::refusal(*code, "fault of the simulator")),
            FaultKind::Malformed(Moment::Before) => Some(garbage(b"{}", dice)),
            _ => None,
        })?;
        Some(Reply { delay_ms: self.delay(), ..reply })
    }

    /// What becomes of the answer when the call had its effect.
    pub(super) fn upon(&self, mut reply: Reply, dice: &mut dyn Dice) -> Reply {
        reply.delay_ms = self.delay();
        for kind in &self.0 {
            let delay_ms = reply.delay_ms;
            match kind {
                FaultKind::Status { status, moment: Moment::After, retry_after } => {
                    reply = Reply { retry_after: *retry_after, delay_ms, ..Reply::empty(*status) };
                }
                FaultKind::Malformed(Moment::After) => {
                    reply = Reply { delay_ms, ..garbage(&reply.body, dice) }
                }
                _ => {}
            }
        }
        if self.0.contains(&FaultKind::Lost(Moment::After)) {
            reply.delivery = Delivery::LostAfter;
        }
        reply
    }

    fn delay(&self) -> u64 {
        let of = |kind: &FaultKind| match kind {
            FaultKind::Slow(ms) | FaultKind::SlowCreditNote(ms) => u64::from(*ms),
            _ => 0,
        };
        self.0.iter().map(of).sum()
    }

    /// By how much totals differ.
    pub(super) fn totals(&self) -> Option<Exact> {
        self.0.iter().find_map(|kind| match kind {
            FaultKind::Totals(thousandths) => Some(Exact::millionths(i64::from(*thousandths) * 1_000)),
            _ => None,
        })
    }

    pub(super) fn life(&self) -> Option<u64> {
        self.0.iter().find_map(|kind| match kind {
            FaultKind::ShortLife(ms) => Some(u64::from(*ms)),
            _ => None,
        })
    }

    pub(super) fn has_no_code(&self) -> bool {
        self.0.contains(&FaultKind::NoCode)
    }

    pub(super) fn is_list_partial(&self) -> bool {
        self.0.contains(&FaultKind::PartialList)
    }

    pub(super) fn list_age(&self) -> Option<u64> {
        self.0.iter().find_map(|kind| match kind {
            FaultKind::StaleList(ms) => Some(u64::from(*ms)),
            _ => None,
        })
    }

    /// The NIM that answers name.
    pub(super) fn nim(&self, own: Nim) -> Nim {
        let other = self.0.iter().find_map(|kind| match kind {
            FaultKind::WrongNim(nim) => Some(*nim),
            _ => None,
        });
        other.unwrap_or(own)
    }
}

/// What a broken gateway makes of an answer.
fn garbage(body: &[u8], dice: &mut dyn Dice) -> Reply {
    let body = match dice.roll() % 6 {
        0 => b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>".to_vec(),
        1 => Vec::new(),
        2 => b"null".to_vec(),
        3 => b"[]".to_vec(),
        4 => {
            br#"{"uid":17,"total":"beaucoup","codeDEFDGI":{"x":null},"pendingRequestsList":"none"}"#.to_vec()
        }
        _ => body.get(..body.len() / 2).unwrap_or_default().to_vec(),
    };
    Reply { body, ..Reply::empty(200) }
}
