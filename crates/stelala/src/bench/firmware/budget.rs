//! How long a command takes on the board: counted instructions and calls, times what the data sheets say.

use serde::Serialize;

use super::measured::Cost;

/// The RP2354A's clock (`docs/hardware.md`), in instructions a millisecond if each took one cycle.
const CYCLES_A_MILLISECOND: f64 = 150_000.0;
/// Cycles of an instruction on average. The Cortex-M33 issues one instruction a cycle; a taken branch refills its pipeline
/// (two cycles more), a load whose value is used at once waits for it, and code that misses the cache waits for the flash.
/// An assumption, between the 1.0 of straight code and the 1.6 of code that only jumps: to be replaced by a measurement.
pub(super) const CYCLES_PER_INSTRUCTION: f64 = 1.3;

/// Usual and longest, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Time {
    pub(super) usual: f64,
    pub(super) at_most: f64,
}

/// Commands of the ATECC608: *usual* is the typical time of Microchip's `cryptoauthlib` of 2018 for the ATECC608A (no
/// public data sheet gives one), *at most* is its longest for the fastest clock divider, as `firmware/atecc608` waits.
const COUNTER: Time = Time { usual: 1.0, at_most: 25.0 };
const RANDOM: Time = Time { usual: 15.0, at_most: 23.0 };
const NONCE: Time = Time { usual: 17.0, at_most: 20.0 };
const SIGN: Time = Time { usual: 60.0, at_most: 115.0 };
/// Bytes on its bus, addresses included: what is sent and what is answered, for a signature (Random, Nonce, Sign) and for
/// a call of Counter.
const SIGNATURE_BYTES: f64 = (9 + 36 + 41 + 5 + 9 + 68) as f64;
const COUNTER_BYTES: f64 = (9 + 8) as f64;
/// Nine clocks at 100 kHz.
const BUS_BYTE: f64 = 0.09;
/// Low, awake, and five bytes that say so (tWLO, tWHI).
const WAKE: f64 = 0.06 + 1.5 + 5.0 * BUS_BYTE;

/// The W25Q512JV's page program and sector erase (tPP, tSE; its data sheet, revision B, 9.6).
const PROGRAM: Time = Time { usual: 0.7, at_most: 3.5 };
const ERASE: Time = Time { usual: 50.0, at_most: 400.0 };
/// Eight clocks at 25 MHz.
const SPI_BYTE: f64 = 0.000_32;
/// Opcode and address of four bytes; a program is preceded by an opcode and followed by a status.
const READ_BYTES: f64 = 5.0;
const PROGRAM_BYTES: f64 = 5.0 + 1.0 + 2.0;

/// What takes time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Part {
    pub(super) name: &'static str,
    #[serde(flatten)]
    pub(super) time: Time,
}

/// One round of a command, part by part.
pub(super) fn parts(cost: &Cost) -> [Part; 7] {
    let verification = milliseconds(cost.mean(cost.verification)) * CYCLES_PER_INSTRUCTION;
    let own = cost.mean(cost.instructions - cost.verification.min(cost.instructions));
    let (signatures, counts) = (cost.mean(cost.signatures), cost.mean(cost.increments + cost.counter_reads));
    let (programs, erases, reads) = (cost.mean(cost.programs), cost.mean(cost.erases), cost.mean(cost.reads));
    let bus =
        BUS_BYTE * (signatures * SIGNATURE_BYTES + counts * COUNTER_BYTES) + WAKE * (signatures + counts);
    let bytes = cost.mean(cost.read_bytes + cost.programmed_bytes);
    let spi = SPI_BYTE * (bytes + programs * PROGRAM_BYTES + reads * READ_BYTES);
    let part = |name, time| Part { name, time };
    [
        part("our own instructions", always(milliseconds(own) * CYCLES_PER_INSTRUCTION)),
        part("verification of the signature", always(verification)),
        part("element: Random, Nonce, Sign", RANDOM.and(NONCE).and(SIGN).times(signatures)),
        part("element: Counter", COUNTER.times(counts)),
        part("element: waking, bus at 100 kHz", always(bus)),
        part("flash: pages and sectors", PROGRAM.times(programs).and(ERASE.times(erases))),
        part("flash: bus at 25 MHz", always(spi)),
    ]
}

/// All parts.
pub(super) fn sum(parts: &[Part]) -> Time {
    parts.iter().fold(Time::default(), |sum, part| sum.and(part.time))
}

/// So many instructions, if each took one cycle.
pub(super) fn milliseconds(instructions: f64) -> f64 {
    instructions / CYCLES_A_MILLISECOND
}

const fn always(time: f64) -> Time {
    Time { usual: time, at_most: time }
}

impl Time {
    pub(super) fn and(self, other: Self) -> Self {
        Self { usual: self.usual + other.usual, at_most: self.at_most + other.at_most }
    }

    fn times(self, count: f64) -> Self {
        Self { usual: self.usual * count, at_most: self.at_most * count }
    }
}
