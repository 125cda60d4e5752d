use def_protocol::{
    ErrorCode, Nonce, Output,
    reply::{Committed, Seal},
};
use fiscal::{Sealed, Validated};

use super::prepare::check;
use crate::{
    board::Board,
    device::{Core, Line},
    pool::Gone,
    refusal::Refusal,
};

impl<B: Board> Core<'_, B> {
    /// `TXN|COMMIT`: the whole of the sale, durable before it is answered, or nothing.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn commit<O: Output>(&mut self, nonce: Nonce, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        if let Some(sealed) = self.sealed_by(nonce)? {
            self.metrics.retries += 1;
            return self.send_seal(&sealed, line);
        }
        let sealed = self.seal(nonce)?;
        self.pool.release(nonce);
        self.send_seal(&sealed, line)
    }

    fn seal(&mut self, nonce: Nonce) -> Result<Sealed, Refusal> {
        let (waiting, payload) = self.pool.find(nonce).map_err(|gone| match gone {
            Gone::Expired => Refusal::new(
                ErrorCode::NonceExpired,
                "the nonce was valid for 7 seconds: send the same payload with TXN|PREPARE again",
            ),
            Gone::Unknown => Refusal::new(
                ErrorCode::InvalidNonce,
                "no open sale has this nonce: send the same payload with TXN|PREPARE again",
            ),
        })?;
        let prepared = waiting.prepared;
        let sale = Validated::read(payload).map_err(|fault| Refusal::new(ErrorCode::SchemaInvalid, fault))?;
        let checked = check(&mut self.vault, self.pool, &sale)?;
        let sealed = self.vault.seal_invoice(&sale, nonce, checked.note.as_ref(), checked.packed)?;
        let now = self.vault.ticks();
        self.metrics.committed(now.saturating_sub(prepared));
        Ok(sealed)
    }

    /// The invoice that was committed with this nonce, if it is remembered (D3).
    fn sealed_by(&mut self, nonce: Nonce) -> Result<Option<Sealed>, Refusal> {
        let Some(remembered) = self.vault.state.window.by_nonce(nonce).copied() else { return Ok(None) };
        let found = self.vault.find_invoice(remembered.epoch, remembered.number)?;
        Ok(found.map(|found| found.sealed))
    }

    fn send_seal<O: Output>(&mut self, sealed: &Sealed, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        let prefix = self.vault.binding()?.activation.prefix;
        if let Some(seal) = Seal::of(sealed, prefix) {
            let _ = line.send(&Committed(seal));
        }
        Ok(())
    }
}
