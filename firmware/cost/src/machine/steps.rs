//! The steps of a PREPARE by themselves; what is left is the tax groups, the window, the journal's room and the answer.

use core::hint::black_box;

use def_protocol::{FRAME_BYTES, FrameReader};
use fiscal::{Validated, compact::Home};
use sha2::{Digest, Sha256};

use super::{board::Machine, host, trial::Cost};

/// A name for each, and what it costs.
pub(super) type Steps = [(&'static str, Cost); 4];

/// Where the steps work.
pub(super) struct Bench {
    reader: FrameReader<[u8; FRAME_BYTES]>,
    packed: [u8; FRAME_BYTES],
}

impl Bench {
    pub(super) const fn new() -> Self {
        Self { reader: FrameReader::for_requests(), packed: [0; FRAME_BYTES] }
    }

    /// Of a payload that is sound. To read it is to check it and to hash it, so the hash is in there, too.
    pub(super) fn steps(&mut self, machine: &Machine, payload: &str) -> Steps {
        let Self { reader, packed } = self;
        let bytes = payload.as_bytes();
        let frame = Cost::of(machine, || {
            for byte in [0x02].iter().chain(bytes).chain(&[0x03]) {
                black_box(reader.push(*byte).is_some());
            }
        });
        let hash = Cost::of(machine, || _ = black_box(Sha256::digest(bytes)));
        let read = Cost::of(machine, || _ = black_box(Validated::read(bytes)));
        let Ok(sale) = Validated::read(bytes) else { host::fail(format_args!("not sound: {payload}")) };
        let home = Home { nif: sale.invoice().merchant_nif, outlet: sale.invoice().outlet_id };
        let pack = Cost::of(machine, || _ = black_box(sale.pack(&home, packed)));
        [("PREPARE: frame", frame), ("PREPARE: read", read), ("PREPARE: hash", hash), ("PREPARE: pack", pack)]
    }
}
