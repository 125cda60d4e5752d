//! The network between agents and the authority, and others who call it.

use edef::{Authority, CallFault, Finalising, Requested};
use edef_sim::{Call, Delivery};
use fiscal::Epoch;

use super::{
    invoices,
    trial::{Event, Trial, Waiting},
    wire::{Heard, Wire},
};

impl Trial {
    /// What becomes of a call is decided as it is sent.
    pub(super) fn send(&mut self, waiting: Box<Waiting>) {
        self.census.calls += 1;
        let wire = Wire::sending(&self.memory.token);
        let _ = waiting.task.call(&wire);
        let heard = |fault| Heard::Nothing(fault);
        let generation = self.memory.machine.generation;
        let Some(call) = wire.into_call().filter(|_| waiting.task.generation == generation) else {
            self.at(1, Event::Answered { waiting, heard: heard(CallFault::Unreachable) });
            return;
        };
        let network = self.plan.network;
        let way = self.dice.between(20, 250);
        if self.dice.per_mille(network.unreachable) {
            self.at(way, Event::Answered { waiting, heard: heard(CallFault::Unreachable) });
        } else if self.dice.per_mille(network.lost_before) {
            self.census.lost_before += 1;
            self.give_up(waiting);
        } else if self.dice.per_mille(network.late) {
            self.census.late += 1;
            // Packets of a call that was given up arrive minutes later.
            let late = self.dice.between(30_000, 300_000);
            self.give_up(waiting);
            self.at(late, Event::Arrives { call, reply_to: None, answer_lost: true });
        } else {
            let answer_lost = self.dice.per_mille(network.lost_after);
            self.census.lost_after += u64::from(answer_lost);
            self.at(way, Event::Arrives { call, reply_to: Some(waiting), answer_lost });
        }
    }

    fn give_up(&mut self, waiting: Box<Waiting>) {
        let quick = self.dice.per_mille(500);
        let fault = if quick { CallFault::Broken } else { CallFault::Timeout };
        let left = waiting.until.saturating_sub(self.now);
        let ahead = if quick { self.dice.between(1, 500).min(left) } else { left };
        self.at(ahead, Event::Answered { waiting, heard: Heard::Nothing(fault) });
    }

    pub(super) fn arrives(
        &mut self,
        call: &Call,
        reply_to: Option<Box<Waiting>>,
        answer_lost: bool,
    ) -> Result<(), String> {
        let now = edef_sim::At(self.now);
        let reply = self.world.handle(call, now, &mut self.dice);
        for nim in &self.nims {
            let pending = self.world.machine(*nim).map_or(0, |view| view.pending.len());
            if pending > crate::course::PENDING_LIMIT {
                return Err(format!("{pending} uids are pending at {nim}"));
            }
        }
        let Some(waiting) = reply_to else { return Ok(()) };
        let back = self.dice.between(20, 250) + reply.delay_ms;
        if answer_lost || reply.delivery != Delivery::Arrives || self.now + back > waiting.until {
            self.give_up(waiting);
            return Ok(());
        }
        let heard = Heard::Http { status: reply.status, retry_after: reply.retry_after, body: reply.body };
        self.at(back, Event::Answered { waiting, heard });
        Ok(())
    }

    /// Somebody else makes an invoice with the same e-MCF.
    pub(super) fn foreign(&mut self, confirm: Option<String>) {
        if self.calm {
            return;
        }
        let Some(view) = self.world.machine(self.nims[self.used]) else { return };
        let wire = Wire::sending(view.token.as_str());
        let Some(uid) = confirm else {
            self.census.foreign += 1;
            let rn = invoices::number("OTHER", Epoch(0), self.census.foreign);
            let _ = wire.request(&invoices::request(rn, None));
            let Some(call) = wire.into_call() else { return };
            let reply = self.world.handle(&call, edef_sim::At(self.now), &mut self.dice);
            let read = std::str::from_utf8(&reply.body).ok().and_then(|body| Requested::read(body).ok());
            if let Some(requested) = read {
                let ahead = self.dice.between(100, 20_000);
                self.at(ahead, Event::Foreign { confirm: Some(requested.uid.to_string()) });
            }
            return;
        };
        let Ok(uid) = uid.parse() else { return };
        let totals = Finalising { total: edef::Figure::whole(116), vtotal: edef::Figure::whole(16) };
        let _ = wire.confirm(&uid, &totals);
        if let Some(call) = wire.into_call() {
            let _ = self.world.handle(&call, edef_sim::At(self.now), &mut self.dice);
        }
    }
}
