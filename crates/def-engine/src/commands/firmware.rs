use def_protocol::{
    ErrorCode, FirmwareAsked, FirmwarePiece, Output,
    reply::{Accepted, FirmwareProgress},
    token::{Body, FirmwareOrder},
};
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

/// A firmware that was ordered, and what has come of it. It is forgotten when the power goes.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    length: u32,
    digest: [u8; 32],
    version: heapless::String<{ FirmwareOrder::MAX_VERSION }>,
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
        self.in_service()?;
        let mut buffer = [0; FirmwareOrder::MAX_BYTES];
        let order = believe::<_, FirmwareOrder<'_>>(&mut self.vault, token, &mut buffer, Whose::Operator)?;
        let FirmwareOrder { build, length, digest, version } = *order.body();
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
            // A token's version is no longer than this.
            let version = version.try_into().unwrap_or_default();
            self.firmware = Some(Ordered { length, digest, version, received: 0, verified: false });
        }
        Ok(())
    }

    /// Erases the piece's place and programs it; a piece that came before may come again.
    fn take_piece(&mut self, piece: &FirmwarePiece<'_>) -> Result<(), Refusal> {
        let Some(ordered) = &mut self.firmware else {
            return Err(refused(NOT_ORDERED));
        };
        let mut bytes = [0xFF; FirmwarePiece::BYTES];
        let misshapen = Refusal::new(ErrorCode::SchemaInvalid, "data is not base64url of at most 4096 bytes");
        let length = piece.decode(&mut bytes).ok_or(misshapen)?.len();
        let left = ordered.length.saturating_sub(piece.offset);
        if piece.offset > ordered.received || left == 0 || length != left.min(PIECE) as usize {
            return Err(refused(Detail::FirmwarePiece { next: ordered.received }));
        }
        // What the decoder did not write may be anything; the place is programmed page by page.
        bytes[length..].fill(0xFF);
        let pages = &bytes[..length.next_multiple_of(PAGE)];
        let slots = &mut self.vault.slots;
        let came = ordered.received.max(piece.offset + length as u32);
        // What is erased is gone until it is written.
        (ordered.received, ordered.verified) = (ordered.received.min(piece.offset), false);
        let written = slots.erase(piece.offset).and_then(|()| slots.write(piece.offset, pages));
        written.map_err(|_| refused(NOT_WRITTEN))?;
        ordered.received = came;
        if ordered.received == ordered.length {
            judge(slots, ordered).inspect_err(|_| ordered.received = 0)?;
            ordered.verified = true;
        }
        Ok(())
    }
}

const NOT_ORDERED: &str = "no firmware was ordered: send the operator's token first";
const NOT_WRITTEN: &str = "the place of the new firmware cannot be written: order it again, and have the device serviced if it stays so";
const NOT_READ: &str = "the place of the new firmware cannot be read: order it again, and have the device serviced if it stays so";

/// Whether the place holds the image that was ordered, as it reads, and the board would start it.
fn judge<S: FirmwareSlots>(slots: &mut S, ordered: &Ordered) -> Result<(), Refusal> {
    let mut hash = Sha256::new();
    let mut offset = 0;
    while offset < ordered.length {
        let mut bytes = [0; PAGE];
        let bytes = &mut bytes[..PAGE.min((ordered.length - offset) as usize)];
        slots.read(offset, bytes).map_err(|_| refused(NOT_READ))?;
        hash.update(&*bytes);
        offset += bytes.len() as u32;
    }
    if hash.finalize()[..] != ordered.digest {
        return Err(refused(
            "what came is not the firmware that was ordered: order it again, and send its image",
        ));
    }
    let unfit =
        "this board does not start the image on trial: ask the maker for one that is made for an update";
    slots.check().map_err(|_| refused(unfit))
}

fn refused(detail: impl Into<Detail>) -> Refusal {
    Refusal::new(ErrorCode::FirmwareRefused, detail)
}
