//! What needs the machine: its timer, its stack, the board in its memory, and what is done with it.

mod board;
mod costs;
mod depths;
mod fault;
mod host;
mod meter;
mod stack;
mod steps;
mod timer;
mod trial;

use cortex_m_rt::entry;
use def_engine::Memory;

use self::{board::Machine, depths::Depths, meter::Meter, stack::Stack, timer::Timer};

/// The journal's flash: 1 MiB, more than all that is sold here.
const FLASH: usize = 256 * board::SECTOR;
/// How many sales of each kind, when nothing else is asked for.
const ROUNDS: u32 = 20;

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory = Memory::new();
    static mut FLASH_CELLS: [u8; FLASH] = [0; FLASH];
    static mut TEXTS: trial::Texts = trial::Texts::new();
    static mut BENCH: steps::Bench = steps::Bench::new();
    let meter = Meter::calibrate(Timer::start());
    host::report(format_args!(
        r#"{{"kind":"calibration","expected":{},"instructions":{}}}"#,
        meter::LOOP_INSTRUCTIONS,
        meter.of_known_loop()
    ));
    let machine = Machine::new(meter, Stack::here(), FLASH_CELLS);
    let mut depths = Depths::default();
    costs::run(&machine, MEMORY, TEXTS, host::rounds().unwrap_or(ROUNDS), &mut depths);
    costs::steps(&machine, BENCH);
    depths::run(&machine, MEMORY, TEXTS, &mut depths);
    depths.tell();
    host::end()
}
