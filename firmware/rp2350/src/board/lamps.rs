//! The lights, blinking on their own while the engine works.

use core::sync::atomic::{AtomicU8, Ordering};

use embassy_rp::{
    Peri,
    gpio::{Level, Output},
    peripherals::{PIN_18, PIN_19, PIN_20},
};
use embassy_time::{Duration, Instant, Timer};
use rp2350::leds::{Lights, Sign};

static SHOWN: AtomicU8 = AtomicU8::new(Sign::Starting as u8);

/// How often the lights are looked at: half of the shortest pattern's half.
const STEP: Duration = Duration::from_millis(31);

/// The three pins.
pub(super) struct Pins {
    pub(super) green: Peri<'static, PIN_18>,
    pub(super) amber: Peri<'static, PIN_19>,
    pub(super) red: Peri<'static, PIN_20>,
}

/// Shows what the lights are to say now.
pub(super) fn show(lights: &Lights) {
    SHOWN.store(lights.sign(Instant::now().as_millis()) as u8, Ordering::Relaxed);
}

/// Blinks for ever.
#[embassy_executor::task]
pub(super) async fn blink(pins: Pins) -> ! {
    let mut green = Output::new(pins.green, Level::Low);
    let mut amber = Output::new(pins.amber, Level::Low);
    let mut red = Output::new(pins.red, Level::Low);
    loop {
        let lamps = Sign::from_number(SHOWN.load(Ordering::Relaxed)).lamps(Instant::now().as_millis());
        green.set_level(lamps.green.into());
        amber.set_level(lamps.amber.into());
        red.set_level(lamps.red.into());
        Timer::after(STEP).await;
    }
}
