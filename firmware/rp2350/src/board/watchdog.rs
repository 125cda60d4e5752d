//! The watchdog: a hang of eight seconds restarts the board.

use embassy_rp::pac::{
    PSM, WATCHDOG,
    psm::regs::Wdsel,
    watchdog::regs::{Ctrl, Load},
};
use rp2350::reset::Cause;

/// In microseconds, which is what it counts. The longest wait that is not fed is an erasure of the journal's flash.
const LIMIT_US: u32 = 8_000_000;

/// A restart begins with the OTP block and does all that follows it, as the boot ROM's own restarts do
/// (`varm_apis.c`): the chip reads anew what is burnt in, and no lock is left over.
const ALL_BUT_PROC_COLD: Wdsel = Wdsel(0x01FF_FFFF & !1);

/// What ended the last run, none after a loss of power and after an ordered restart. From now on, unless something else
/// is said, it will have been a hang.
pub(super) fn last_cause() -> Option<Cause> {
    let cause = Cause::from_word(WATCHDOG.scratch0().read());
    WATCHDOG.scratch0().write_value(Cause::Hang.to_word());
    cause
}

/// Begins to watch. The image on trial comes with the ROM's own limit, which this replaces.
pub(super) fn start() {
    WATCHDOG.ctrl().write_value(Ctrl(0));
    PSM.wdsel().write_value(ALL_BUT_PROC_COLD);
    feed();
    WATCHDOG.ctrl().write(|control| control.set_enable(true));
}

/// All is well.
pub(super) fn feed() {
    WATCHDOG.load().write_value(Load(LIMIT_US));
}

/// The restart that comes is ordered.
pub(super) fn forget() {
    WATCHDOG.scratch0().write_value(0);
}

/// Restarts at once, and says why to the next run; nothing, when it was ordered.
pub(super) fn restart(cause: Option<Cause>) -> ! {
    cortex_m::interrupt::disable();
    WATCHDOG.scratch0().write_value(cause.map_or(0, Cause::to_word));
    PSM.wdsel().write_value(ALL_BUT_PROC_COLD);
    loop {
        WATCHDOG.ctrl().write(|control| control.set_trigger(true));
    }
}
