use def_protocol::{
    ErrorCode, Output,
    reply::{Attested, Presence},
};
use fiscal::{Position, Signature};

use crate::{
    board::{Board, SecureElement},
    device::{Core, Line},
    refusal::Refusal,
    vault::element_failed,
};

/// How long after a proof the next one is given, in milliseconds.
///
/// Each is a use of the key that no record accounts for. A host that proves its device to a ledger does so once for a
/// connection and waits longer than this for the next; whoever wants signatures to study the chip by has to wait for
/// each, and sales need not wait for any.
pub(crate) const PROOF_EVERY: u64 = 1_000;

impl<B: Board> Core<'_, B> {
    /// `QRY|PROOF`: signs a challenge, with how far the journal has come. Nothing is put on record.
    ///
    /// A device that is revoked, or that cannot read its journal, is still the one that it is, and says so.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn prove_presence<O: Output>(
        &mut self,
        challenge: &[u8; 32],
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let key = self.vault.key()?;
        let now = self.vault.ticks();
        if self.proven.is_some_and(|proven| now.saturating_sub(proven) < PROOF_EVERY) {
            return Err(Refusal::new(
                ErrorCode::DeviceBusy,
                "the device proves itself once a second: ask again in a second",
            ));
        }
        self.proven = Some(now);
        let time = self.vault.time().0;
        let point = &self.vault.state.point;
        let attested = Attested {
            device_id: self.vault.factory.serial,
            epoch: point.epoch,
            last_position: point.head.position.map_or(0, Position::value),
            head_hash: point.head.hash,
            time,
        };
        let hash = attested.hash(challenge);
        let signature = self.vault.element.sign(&hash).map_err(|_| element_failed())?;
        let signature = Signature::normalised(signature).map_err(|_| element_failed())?;
        // A bus may have falsified it.
        if !B::Element::IN_PROCESS && key.verify(&hash, &signature).is_err() {
            return Err(element_failed());
        }
        let _ = line.send(&Presence::new(attested, key.id(), signature));
        Ok(())
    }
}
