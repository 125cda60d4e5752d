use def_protocol::{
    ErrorCode, Output,
    reply::Displayed,
    token::{Body, HandOver},
};
use fiscal::{EventKind, InvoiceNumber, Timestamp};

use super::order::{Whose, believe, unfit};
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::{Detail, Refusal},
    state::{Command, EventBody, Told},
};

const LEFT: &str = "handed over";
const ENTERED: &str = "took over";

impl<B: Board> Core<'_, B> {
    /// `CFG|HANDOVER`: leaves the outlet's line of numbers in good order, or takes it over (L2).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn hand_over<O: Output>(
        &mut self,
        token: &str,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        let message = if self.vault.state.handed_over { LEFT } else { ENTERED };
        if self.repeat(Command::HandOver, token, message, line)? {
            return Ok(());
        }
        self.in_service()?;
        let mut buffer = [0; HandOver::MAX_BYTES];
        let order = believe::<_, HandOver>(&mut self.vault, token, &mut buffer, Whose::Operator)?;
        if order.scope().not_before <= self.vault.state.handed_at {
            return Err(unfit("the order is from before the last hand-over: ask the ledger for a new one"));
        }
        match *order.body() {
            HandOver::Leave { epoch } => {
                self.same_epoch(epoch)?;
                self.leave(token, line)
            }
            HandOver::Enter { epoch, next_number, floor, .. } => {
                self.same_epoch(epoch)?;
                self.over_a_later_close(floor)?;
                self.enter(token, next_number, line)
            }
        }
    }

    fn leave<O: Output>(&mut self, token: &str, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        if self.vault.state.handed_over {
            return Err(Refusal::new(
                ErrorCode::HandedOver,
                "the device does not hold the line: it left, or never entered",
            ));
        }
        self.vault.account_for_counts()?;
        let head = self.vault.state.point.head;
        let body = EventBody::Close {
            token,
            last_number: head.number.map_or(0, InvoiceNumber::value),
            head: Displayed(head.hash),
        };
        let done = self.vault.seal_event(EventKind::Close, &body)?;
        self.pool.clear();
        self.obeyed(done.place, LEFT, line)
    }

    fn enter<O: Output>(
        &mut self,
        token: &str,
        next: InvoiceNumber,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let state = &self.vault.state;
        // A device that came to the line with its activation or its reset may still find that others began it, once.
        let began = state.newest.is_some() || state.orders[Command::HandOver as usize].is_some();
        if !state.handed_over && began {
            return Err(unfit("the device has not handed its numbers over: let it leave first"));
        }
        if state.last_number().is_some_and(|last| next <= last) {
            return Err(unfit(Detail::NumberGiven { next }));
        }
        // A record of its own, if there is one, stands before.
        self.vault.account_for_counts()?;
        let told = Told::with_token(token);
        let from = told.opened(EventKind::HandOver, &self.vault.state.point);
        let from = from.map_err(|reason| Refusal::new(ErrorCode::SchemaInvalid, reason))?;
        let body = EventBody::HandOver { token, own_previous: Displayed(self.vault.state.point.head.hash) };
        let done = self.vault.seal_jump(EventKind::HandOver, &body, from)?;
        self.obeyed(done.place, ENTERED, line)
    }

    /// A close is entered once, whatever is signed over it later: else a device that entered, sold nothing and left would
    /// enter again where another signer has gone on since. The floor is the close's time, and a device leaves later than it
    /// entered, so that whoever closes after it does so no earlier than it left.
    fn over_a_later_close(&self, floor: Timestamp) -> Result<(), Refusal> {
        if floor < self.vault.state.handed_at {
            return Err(unfit(
                "the order is over a close from before the last hand-over: it was entered once",
            ));
        }
        Ok(())
    }

    fn same_epoch(&self, epoch: fiscal::Epoch) -> Result<(), Refusal> {
        let own = self.vault.state.point.epoch;
        if epoch == own { Ok(()) } else { Err(unfit(Detail::OtherEpoch { order: epoch, own })) }
    }
}
