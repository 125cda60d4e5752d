//! The two buses.

use core::cell::RefCell;

use embassy_rp::{
    Peri,
    gpio::{Flex, Level, Output, Pull},
    i2c::{self, I2c},
    peripherals::{I2C0, PIN_16, PIN_17, SPI1},
    spi::{self, Spi},
};
use embassy_time::{Delay, Duration, block_for};
use embedded_hal_bus::{i2c::RefCellDevice, spi::ExclusiveDevice};
use static_cell::StaticCell;

/// The bus of the secure element and the clock. At 100 kHz the start of the address 0 is the 60 µs and more of low that
/// wake the element (ATECC608 data sheet, wake low duration).
const I2C_HZ: u32 = 100_000;

/// The journal's bus; a plain read of the flash allows 50 MHz.
const SPI_HZ: u32 = 37_500_000;

/// The journal's flash at its bus, alone.
pub(super) type Journal = ExclusiveDevice<Spi<'static, SPI1, spi::Blocking>, Output<'static>, Delay>;

/// One part's share of the other bus.
pub(super) type Shared = RefCellDevice<'static, I2c<'static, I2C0, i2c::Blocking>>;

/// The pins of the journal's bus.
pub(super) struct JournalPins {
    pub(super) select: Peri<'static, embassy_rp::peripherals::PIN_9>,
    pub(super) clock: Peri<'static, embassy_rp::peripherals::PIN_10>,
    pub(super) out: Peri<'static, embassy_rp::peripherals::PIN_11>,
    pub(super) input: Peri<'static, embassy_rp::peripherals::PIN_12>,
}

/// Takes the journal's bus.
pub(super) fn journal(spi: Peri<'static, SPI1>, pins: JournalPins) -> Journal {
    let mut config = spi::Config::default();
    config.frequency = SPI_HZ;
    let select = Output::new(pins.select, Level::High);
    let bus = Spi::new_blocking(spi, pins.clock, pins.out, pins.input, config);
    match ExclusiveDevice::new(bus, select, Delay) {
        Ok(device) => device,
        Err(never) => match never {},
    }
}

/// Takes the other bus, for two parts.
pub(super) fn shared(
    i2c: Peri<'static, I2C0>,
    mut data: Peri<'static, PIN_16>,
    mut clock: Peri<'static, PIN_17>,
) -> (Shared, Shared) {
    static BUS: StaticCell<RefCell<I2c<'static, I2C0, i2c::Blocking>>> = StaticCell::new();
    free(data.reborrow(), clock.reborrow());
    let mut config = i2c::Config::default();
    config.frequency = I2C_HZ;
    // The board has resistors.
    (config.sda_pullup, config.scl_pullup) = (false, false);
    let bus = &*BUS.init(RefCell::new(I2c::new_blocking(i2c, clock, data, config)));
    (RefCellDevice::new(bus), RefCellDevice::new(bus))
}

/// A part that a restart caught in the middle of an answer holds the data low until it has been clocked out of it: at
/// most nine times (I2C specification, 3.1.16). Then a stop.
fn free(data: Peri<'_, PIN_16>, clock: Peri<'_, PIN_17>) {
    let (mut data, mut clock) = (Flex::new(data), Flex::new(clock));
    for line in [&mut data, &mut clock] {
        line.set_pull(Pull::None);
        line.set_low();
        line.set_as_input();
    }
    // Low is driven, high is let go; a quarter of a bit at 100 kHz is 2.5 µs.
    let low = |line: &mut Flex<'_>| {
        line.set_as_output();
        block_for(Duration::from_micros(5));
    };
    let high = |line: &mut Flex<'_>| {
        line.set_as_input();
        block_for(Duration::from_micros(5));
    };
    for _ in 0..9 {
        if data.is_high() {
            break;
        }
        low(&mut clock);
        high(&mut clock);
    }
    low(&mut clock);
    low(&mut data);
    high(&mut clock);
    high(&mut data);
}
