use def_protocol::{ErrorCode, Output, reply::Prepared};
use fiscal::{Timestamp, Validated, compact::Home, limits};

use crate::{
    board::Board,
    device::{Core, Line},
    pool::{NONCE_TTL, Pool},
    refusal::{Detail, Refusal},
    vault::{NoteTaken, Packed, Vault},
};

impl<B: Board> Core<'_, B> {
    /// `TXN|PREPARE`: every check, and no change but in the pool.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn prepare<O: Output>(
        &mut self,
        payload: &[u8],
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let sale = Validated::read(payload).map_err(|fault| Refusal::new(ErrorCode::SchemaInvalid, fault));
        let seconds = (NONCE_TTL / 1_000) as u32;
        // A device that may not seal says so before it looks at the payload.
        self.vault.may_seal()?;
        let sale = sale?;
        let now = self.vault.ticks();
        if let Some(nonce) = self.pool.renew(sale.hash(), now) {
            self.metrics.retries += 1;
            let _ = line.send(&Prepared::new(nonce, seconds));
            return Ok(());
        }
        check(&mut self.vault, self.pool, &sale)?;
        let terminal = sale.invoice().pos_terminal_id;
        if !self.pool.has_room(terminal, payload.len()) {
            return Err(Refusal::new(
                ErrorCode::DeviceBusy,
                "other terminals have as many sales open as fit: ask again in 100 to 200 ms",
            ));
        }
        let nonce = self.vault.nonce();
        self.pool.keep(nonce, terminal, sale.sale(), payload, now);
        self.metrics.prepares += 1;
        let _ = line.send(&Prepared::new(nonce, seconds));
        Ok(())
    }
}

/// Everything that a sale has to fulfil, now.
pub(super) fn check<B: Board>(
    vault: &mut Vault<'_, B>,
    pool: &Pool,
    sale: &Validated<'_>,
) -> Result<Checked, Refusal> {
    let now = vault.may_seal()?;
    let invoice = sale.invoice();
    let Home { nif, outlet } = vault.binding()?.home();
    if invoice.outlet_id != outlet || invoice.merchant_nif != nif {
        return Err(Refusal::new(ErrorCode::WrongOutlet, Detail::OtherOutlet { nif, outlet }));
    }
    if let Some(sealed) = vault.state.window.by_hash(sale.hash()) {
        return Err(Refusal::replay(sealed.epoch, sealed.number));
    }
    check_stated_time(vault, invoice.timestamp, now)?;
    vault.check_manifest(sale, now)?;
    if !vault.can_count(invoice, now) {
        return Err(Refusal::new(
            ErrorCode::ClosureRequired,
            "the totals since the last closure have no room for this sale: close with RPT|Z, then send it again",
        ));
    }
    // What a credit note takes was reserved when it was prepared, so at COMMIT it stands alone.
    let reserved = pool.iter().any(|(waiting, _)| waiting.sale.hash() == sale.hash());
    let terminal = invoice.pos_terminal_id;
    let others = pool.iter().filter(|(waiting, _)| !reserved && waiting.terminal != terminal);
    let others = others.map(|(_, payload)| payload);
    let note = vault.admit(sale, others, now)?;
    let packed = vault.pack(sale)?;
    let reserve = vault.journal.ring().reserve();
    vault.journal.has_room(packed.content_length(), reserve, false)?;
    Ok(Checked { note, packed })
}

/// A sale that may be sealed.
pub(super) struct Checked {
    /// What it takes of an original.
    pub(super) note: Option<NoteTaken>,
    /// Its compact form, in the buffer.
    pub(super) packed: Packed,
}

fn check_stated_time<B: Board>(
    vault: &Vault<'_, B>,
    stated: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let seconds = stated.seconds_after(now);
    if seconds > limits::AHEAD_SECONDS {
        return Err(Refusal::new(ErrorCode::StaleTimestamp, Detail::StampedAhead { seconds }));
    }
    if vault.state.window.may_have_forgotten(stated) {
        return Err(Refusal::new(
            ErrorCode::StaleTimestamp,
            "the payload is older than what the device remembers, so it cannot tell whether it sealed it: look for it \
             in the journal, and only then make the sale anew",
        ));
    }
    Ok(())
}
