//! The chip's generator of random numbers (datasheet 12.12), with its own tests on.
//!
//! `embassy-rp` has a driver, which panics when one of those tests fails: by chance alone that is once in some thousand
//! blocks. Here a failed test is tried again, and not for ever.

use embassy_rp::pac::{
    RESETS, TRNG,
    trng::regs::{RngIcr, TrngDebugControl},
};
use embassy_time::{Duration, Instant};
use rp2350::random::{BLOCK_BYTES, Generator};

/// Clock cycles between two samples of the ring: 20 to 25 and a short ring are what 12.12.2 advises.
const SAMPLE_CYCLES: u32 = 25;
/// The ring's length.
const RING: u8 = 1;
/// How long a block may take: a hundred times what it takes on average.
const LIMIT: Duration = Duration::from_millis(200);
/// How often a block is tried.
const ATTEMPTS: usize = 8;

/// The generator.
pub(super) struct Trng;

impl Trng {
    /// Takes it out of its reset. There is one: only the start makes it.
    pub(super) fn start() -> Self {
        RESETS.reset().modify(|blocks| blocks.set_trng(false));
        while !RESETS.reset_done().read().trng() {}
        Self
    }

    fn begin() {
        TRNG.trng_sw_reset().write(|reset| reset.set_trng_sw_reset(true));
        // The reset takes a moment; a reading of the register is as long.
        TRNG.trng_sw_reset().read();
        TRNG.trng_config().write(|config| config.set_rnd_src_sel(RING));
        TRNG.sample_cnt1().write_value(SAMPLE_CYCLES);
        // Nothing is left out: neither the balancing nor the tests.
        TRNG.trng_debug_control().write_value(TrngDebugControl(0));
        TRNG.rng_icr().write_value(RngIcr(0b1111));
        TRNG.rnd_source_enable().write(|source| source.set_rnd_src_en(true));
    }

    /// The next block, if no test fails.
    fn attempt() -> Option<[u8; BLOCK_BYTES]> {
        Self::begin();
        let since = Instant::now();
        while !TRNG.trng_valid().read().ehr_valid() {
            let state = TRNG.rng_isr().read();
            if state.autocorr_err() || state.crngt_err() || state.vn_err() || since.elapsed() > LIMIT {
                return None;
            }
        }
        let words = [
            TRNG.ehr_data0(),
            TRNG.ehr_data1(),
            TRNG.ehr_data2(),
            TRNG.ehr_data3(),
            TRNG.ehr_data4(),
            TRNG.ehr_data5(),
        ];
        let mut block = [0; BLOCK_BYTES];
        for (bytes, word) in block.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.read().to_le_bytes());
        }
        Some(block)
    }
}

impl Generator for Trng {
    fn block(&mut self) -> Option<[u8; BLOCK_BYTES]> {
        let block = (0..ATTEMPTS).find_map(|_| Self::attempt());
        TRNG.rnd_source_enable().write(|source| source.set_rnd_src_en(false));
        block
    }
}
