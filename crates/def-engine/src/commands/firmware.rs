use def_protocol::{
    ErrorCode, FirmwareAsked, FirmwarePiece, Output,
    reply::{Accepted, FirmwareProgress},
    token::{Body, FirmwareOrder, TokenFault},
};
use fiscal::Timestamp;
use sha2::{Digest, Sha256};

use super::order::{Whose, believe};
use crate::{
    board::{Board, FirmwareSlots},
    device::{Core, Line},
    refusal::{Detail, Refusal},
};

/// The unit of erasing.
const PIECE: u32 = FirmwarePiece::BYTES as u32;
/// The unit of programming.
const PAGE: usize = 256;

/// So many sectors of the other place may be erased until the power goes: a till with one order could wear it out else.
const ERASURES: u32 = 1_024;

/// A firmware that was ordered, and what has come of it. It is forgotten when the power goes.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    length: u32,
    digest: [u8; 32],
    version: heapless::String<{ FirmwareOrder::MAX_VERSION }>,
    /// The last second in which it holds.
    until: Timestamp,
    received: u32,
    /// All of it came, reads as it was ordered, and can be started on trial.
    verified: bool,
}

impl Ordered {
    /// Whether it may be started.
    pub(crate) const fn is_verified(&self) -> bool {
        self.verified
    }
}

impl<B: Board> Core<'_, B> {
    /// `ADM|FIRMWARE`: the operator's word for a newer firmware, or a piece of it.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn firmware<O: Output>(
        &mut self,
        asked: &FirmwareAsked<'_>,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        self.vault.binding()?;
        self.in_service()?;
        match asked {
            FirmwareAsked::Order(token) => self.order_firmware(token.as_str())?,
            FirmwareAsked::Piece(piece) => self.take_piece(piece)?,
        }
        let Some(ordered) = &self.firmware else { return Err(refused(NOT_ORDERED)) };
        let restarts = ordered.verified;
        let _ = line.send(&FirmwareProgress {
            status: Accepted::Ok,
            version: ordered.version.as_str(),
            received: ordered.received,
            length: ordered.length,
            restarts,
        });
        self.restart = restarts;
        Ok(())
    }

    /// The same order again goes on where the pieces are.
    fn order_firmware(&mut self, token: &str) -> Result<(), Refusal> {
        let mut buffer = [0; FirmwareOrder::MAX_BYTES];
        let order = believe::<_, FirmwareOrder<'_>>(&mut self.vault, token, &mut buffer, Whose::Operator)?;
        let (FirmwareOrder { build, length, digest, version }, until) =
            (*order.body(), order.scope().not_after);
        let own = self.vault.factory.firmware.build;
        if build <= own {
            return Err(refused(Detail::FirmwareNotNewer { build, own }));
        }
        let room = self.vault.slots.capacity();
        if length > room {
            return Err(refused(Detail::FirmwareTooLong { length, room }));
        }
        let same = |ordered: &Ordered| (ordered.length, ordered.digest) == (length, digest);
        if !self.firmware.as_ref().is_some_and(same) {
            // Without its beginning nothing in the other place is a program.
            self.erase_place(0)?;
            // A token's version is no longer than this.
            let version = version.try_into().unwrap_or_default();
            let (received, verified) = (0, false);
            self.firmware = Some(Ordered { length, digest, version, until, received, verified });
        }
        Ok(())
    }

    /// Puts a piece where it belongs. The first one waits in memory until all of them are what was ordered: whatever is
    /// in the other place before that has no beginning, and no boot ROM starts it. A piece may come again.
    fn take_piece(&mut self, piece: &FirmwarePiece<'_>) -> Result<(), Refusal> {
        let now = self.vault.trusted_time()?;
        let Some(ordered) = &mut self.firmware else { return Err(refused(NOT_ORDERED)) };
        if now > ordered.until {
            return Err(TokenFault::Expired.into());
        }
        let mut bytes = [0xFF; FirmwarePiece::BYTES];
        let misshapen = Refusal::new(ErrorCode::SchemaInvalid, "data is not base64url of at most 4096 bytes");
        let length = piece.decode(&mut bytes).ok_or(misshapen)?.len();
        let left = ordered.length.saturating_sub(piece.offset);
        if piece.offset > ordered.received || left == 0 || length != left.min(PIECE) as usize {
            return Err(refused(Detail::FirmwarePiece { next: ordered.received }));
        }
        // What the decoder did not write may be anything.
        bytes.iter_mut().skip(length).for_each(|byte| *byte = 0xFF);
        let came = ordered.received.max(piece.offset + length as u32);
        // What is erased is gone until it is written.
        let was_verified = core::mem::take(&mut ordered.verified);
        ordered.received = ordered.received.min(piece.offset);
        if was_verified {
            self.erase_place(0)?;
        }
        if piece.offset == 0 {
            self.vault.buffers.beginning = bytes;
        } else if !self.holds(piece.offset, &bytes)? {
            self.erase_place(piece.offset)?;
            self.vault.slots.write(piece.offset, &bytes).map_err(|_| refused(NOT_WRITTEN))?;
        }
        self.came(came)
    }

    /// The image has come up to here; if that is all, it is judged, and its beginning put before it.
    fn came(&mut self, up_to: u32) -> Result<(), Refusal> {
        let Some(ordered) = &mut self.firmware else { return Ok(()) };
        if up_to < ordered.length {
            ordered.received = up_to;
            return Ok(());
        }
        let beginning = &self.vault.buffers.beginning;
        judge(&mut self.vault.slots, ordered, beginning).inspect_err(|_| ordered.received = 0)?;
        self.vault.slots.write(0, beginning).map_err(|_| refused(NOT_WRITTEN))?;
        let beginning = self.vault.buffers.beginning;
        if !self.holds(0, &beginning)? {
            self.firmware = None;
            return Err(refused(NOT_WRITTEN));
        }
        if let Some(ordered) = &mut self.firmware {
            (ordered.received, ordered.verified) = (up_to, true);
        }
        Ok(())
    }

    /// Whether exactly this stands in the other place.
    fn holds(&mut self, offset: u32, bytes: &[u8; FirmwarePiece::BYTES]) -> Result<bool, Refusal> {
        for (at, page) in (offset..).step_by(PAGE).zip(bytes.chunks(PAGE)) {
            let mut read = [0; PAGE];
            self.vault.slots.read(at, &mut read).map_err(|_| refused(NOT_READ))?;
            if read != *page {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Erases 4,096 bytes of the other place, unless they are.
    fn erase_place(&mut self, offset: u32) -> Result<(), Refusal> {
        if self.holds(offset, &[0xFF; FirmwarePiece::BYTES])? {
            return Ok(());
        }
        if self.erasures >= ERASURES {
            return Err(refused(
                "too much of a firmware came since the power did: switch the device off and on",
            ));
        }
        self.erasures += 1;
        self.vault.slots.erase(offset).map_err(|_| refused(NOT_WRITTEN))
    }
}

const NOT_ORDERED: &str = "no firmware was ordered: send the operator's token first";
const NOT_WRITTEN: &str = "the place of the new firmware cannot be written: order it again, and have the device serviced if it stays so";
const NOT_READ: &str = "the place of the new firmware cannot be read: order it again, and have the device serviced if it stays so";

/// Whether beginning and place hold the image that was ordered, as it reads, and the board would start it.
fn judge<S: FirmwareSlots>(
    slots: &mut S,
    ordered: &Ordered,
    beginning: &[u8; FirmwarePiece::BYTES],
) -> Result<(), Refusal> {
    let first = beginning.get(..ordered.length as usize).unwrap_or(beginning);
    let mut hash = Sha256::new_with_prefix(first);
    let mut offset = PIECE;
    while offset < ordered.length {
        let mut page = [0; PAGE];
        let left = (ordered.length - offset) as usize;
        slots.read(offset, &mut page).map_err(|_| refused(NOT_READ))?;
        hash.update(page.get(..left).unwrap_or(&page));
        offset += PAGE as u32;
    }
    if hash.finalize()[..] != ordered.digest {
        return Err(refused(
            "what came is not the firmware that was ordered: order it again, and send its image",
        ));
    }
    let unfit =
        "this board does not start the image on trial: ask the maker for one that is made for an update";
    slots.check(beginning).map_err(|_| refused(unfit))
}

fn refused(detail: impl Into<Detail>) -> Refusal {
    Refusal::new(ErrorCode::FirmwareRefused, detail)
}
