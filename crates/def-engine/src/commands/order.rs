//! What all commands with a token have in common: who may say it, to which device, when, and only once.

use def_protocol::{
    ErrorCode, Output,
    reply::{Accepted, Obeyed},
    token::{Activation, Body, Token, Unverified},
};
use fiscal::{PublicKey, Timestamp};

use crate::{
    board::Board,
    content::EventContent,
    device::{Core, Line},
    journal::{JournalFault, Place},
    refusal::{Detail, Refusal},
    state::{Command, Ended, order_digest},
    vault::Vault,
};

/// Whose word an order is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Operator,
    Authority,
    Either,
}

/// Reads an order and believes it, if who may say it signed it for this device and it holds now.
pub(super) fn believe<'b, B: Board, T: Body<'b>>(
    vault: &mut Vault<'_, B>,
    text: &str,
    buffer: &'b mut [u8],
    whose: Whose,
) -> Result<Token<'b, T>, Refusal> {
    vault.binding()?;
    let now = vault.trusted_time()?;
    believe_at(vault, text, buffer, whose, now)
}

/// The same for an order that names the newest invoice, which proves its time better than a clock that went back.
///
/// Else a chain that ran ahead of the time, because someone had set the clock wrong, could not be left any more.
pub(super) fn believe_of_newest<'b, B: Board, T: Body<'b>>(
    vault: &mut Vault<'_, B>,
    text: &str,
    buffer: &'b mut [u8],
    whose: Whose,
) -> Result<Token<'b, T>, Refusal> {
    vault.binding()?;
    let now = match vault.time() {
        (Some(now), _) => now,
        (None, _) => vault.trusted_time()?,
    };
    believe_at(vault, text, buffer, whose, now)
}

fn believe_at<'b, B: Board, T: Body<'b>>(
    vault: &Vault<'_, B>,
    text: &str,
    buffer: &'b mut [u8],
    whose: Whose,
    now: Timestamp,
) -> Result<Token<'b, T>, Refusal> {
    let Activation { dgi, operator, .. } = &vault.binding()?.activation;
    let keys: &[&PublicKey] = match whose {
        Whose::Operator => &[operator],
        Whose::Authority => &[dgi],
        Whose::Either => &[dgi, operator],
    };
    let token = Unverified::<T>::from_text(text, buffer)?.verify_by_any(keys)?;
    token.for_device(vault.factory.serial, vault.factory.realm, now)?;
    Ok(token)
}

impl<B: Board> Core<'_, B> {
    /// The newest order of a command, said again, gets its first answer (D7). Says whether that was it.
    pub(super) fn repeat<O: Output>(
        &mut self,
        command: Command,
        text: &str,
        message: &str,
        line: &mut Line<'_, O>,
    ) -> Result<bool, Refusal> {
        let order = self.vault.state.orders[command as usize];
        let Some(order) = order.filter(|order| order.digest == order_digest(text)) else { return Ok(false) };
        self.obeyed(order.place, message, line)?;
        Ok(true)
    }

    /// The answer to an order that was obeyed, with the record that says so.
    pub(super) fn obeyed<O: Output>(
        &mut self,
        place: Place,
        message: &str,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let found = self.vault.find_event(place)?;
        let device_id = self.vault.factory.serial;
        let fault = JournalFault::corrupt(place, "the record's content cannot be read");
        let event = EventContent::read(&self.vault.buffers.content[..found.length]).ok_or(fault)?;
        let record = Some(*found.sealed.record());
        let _ =
            line.send(&Obeyed { status: Accepted::Ok, message, device_id, record, body: Some(event.body) });
        Ok(())
    }

    /// A device that was decommissioned adds nothing to its journal.
    pub(super) fn in_service(&self) -> Result<(), Refusal> {
        match self.vault.state.ended {
            Some(Ended::Decommissioned) => Err(Refusal::new(
                ErrorCode::DeviceRevoked,
                "the device was decommissioned: it may only be read",
            )),
            _ => Ok(()),
        }
    }

    /// A device that is in trouble obeys nothing.
    pub(super) fn sound(&self) -> Result<(), Refusal> {
        self.vault.trouble.as_ref().map_or(Ok(()), |trouble| Err(trouble.refusal()))
    }
}

/// The refusal of an order that is rightly signed and does not fit what the device has.
pub(super) fn unfit(detail: impl Into<Detail>) -> Refusal {
    Refusal::new(ErrorCode::Unauthorized, detail)
}
