use def_protocol::{
    ErrorCode, Output,
    reply::{Accepted, Displayed, Obeyed},
    token::{Acknowledgement, Body, Newest},
};
use fiscal::{EventKind, Timestamp};

use super::order::{Whose, believe_of_newest, unfit};
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::{Detail, Refusal},
    state::{Acknowledged, Command, Ended, EventBody},
    vault::Trouble,
};

const MESSAGE: &str = "acknowledged";
/// An acknowledgement is put on record when the last one on record is so much older, in seconds, or so many invoices
/// behind. Others hold until the power goes, and are delivered again.
const SECONDS: u64 = 86_400;
const INVOICES: u64 = 256;

impl<B: Board> Core<'_, B> {
    /// `CFG|ACK`: what the ledger holds durably, which re-arms the offline bounds (D10).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn acknowledge<O: Output>(
        &mut self,
        token: &str,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let counted_wrong = matches!(self.vault.trouble, Some(Trouble::Counter { .. }));
        if !counted_wrong {
            self.sound()?;
            if self.repeat(Command::Acknowledge, token, MESSAGE, line)? {
                return Ok(());
            }
        }
        let mut buffer = [0; Acknowledgement::MAX_BYTES];
        let order =
            believe_of_newest::<_, Acknowledgement>(&mut self.vault, token, &mut buffer, Whose::Operator)?;
        let Acknowledgement { newest, time, revoke } = *order.body();
        let held = self.held(newest, time)?;
        let before = self.vault.state.acknowledged;
        if before.is_some_and(|before| (before.epoch, before.number) > (held.epoch, held.number)) {
            return Err(unfit("the ledger acknowledged more before: deliver the newest acknowledgement"));
        }
        let revokes = revoke && self.vault.state.ended.is_none();
        let on_record = self.vault.state.acknowledged_on_record;
        let worth_a_record = revokes
            || on_record.is_none_or(|last| {
                held.time.seconds_after(last.time) >= SECONDS
                    || held.invoices.saturating_sub(last.invoices) >= INVOICES
            });
        // On a journal that was restored nothing is sealed; the acknowledgement lets a reset pass.
        if worth_a_record && !counted_wrong && self.vault.state.ended != Some(Ended::Decommissioned) {
            let body =
                EventBody::Acknowledgement { token, invoices: held.invoices, cdf: Displayed(held.cdf) };
            let done = self.vault.seal_event(EventKind::Acknowledgement, &body)?;
            if revokes {
                self.pool.clear();
            }
            return self.obeyed(done.place, MESSAGE, line);
        }
        // The newer of two for the same invoice holds.
        if before.is_none_or(|before| {
            (before.epoch, before.number, before.time) <= (held.epoch, held.number, held.time)
        }) {
            self.vault.state.acknowledged = Some(held);
        }
        let device_id = self.vault.factory.serial;
        let reply =
            Obeyed::<_, &str> { status: Accepted::Ok, message: MESSAGE, device_id, record: None, body: None };
        let _ = line.send(&reply);
        Ok(())
    }

    /// What stands in the journal up to the invoice that the ledger names.
    fn held(&mut self, newest: Newest, time: Timestamp) -> Result<Acknowledged, Refusal> {
        let Newest { epoch, number, hash } = newest;
        let unknown = || unfit("the ledger acknowledges an invoice that this device did not seal so");
        let (invoices, cdf, sealed) = self
            .vault
            .sums_up_to(epoch, number)?
            .ok_or_else(|| Refusal::new(ErrorCode::NotFound, Detail::NoInvoice { epoch, number }))?;
        if sealed.hash() != hash {
            return Err(unknown());
        }
        Ok(Acknowledged { epoch, number, hash, time, invoices, cdf })
    }
}
