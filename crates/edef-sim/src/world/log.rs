use serde::Serialize;

use super::{Nim, World};
use crate::{At, Call, Delivery, Method, Reply};

/// So many calls are remembered.
const LOG: usize = 500;

/// A call and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct LogEntry {
    /// When.
    pub at: At,
    /// Whose token it was; None for none that is good.
    pub nim: Option<Nim>,
    /// `PUT /api/invoice/…/confirm`
    pub call: String,
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the answer's body.
    pub answer: String,
    /// `arrives`, `lost before` or `lost after`.
    pub delivery: &'static str,
    /// How much later a fault made it, in milliseconds.
    pub delay_ms: u64,
}

impl World {
    /// The last calls, newest first.
    pub fn log(&self) -> impl Iterator<Item = &LogEntry> {
        self.log.iter().rev()
    }

    pub(super) fn note(&mut self, call: &Call, nim: Option<Nim>, reply: &Reply, now: At) {
        let verb = match call.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Other => "?",
        };
        let path: String = call.path.chars().take(120).collect();
        if self.log.len() >= LOG {
            self.log.pop_front();
        }
        self.log.push_back(LogEntry {
            at: now,
            nim,
            call: format!("{verb} {path}"),
            status: reply.status,
            answer: String::from_utf8_lossy(reply.body.get(..300).unwrap_or(&reply.body)).into_owned(),
            delivery: match reply.delivery {
                Delivery::Arrives => "arrives",
                Delivery::LostBefore => "lost before",
                Delivery::LostAfter => "lost after",
            },
            delay_ms: reply.delay_ms,
        });
    }
}
