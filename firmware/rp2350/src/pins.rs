//! Which signal is on which pin: the one table, from which the program and `docs/hardware.md` take it.

/// A pin of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The signal.
    pub signal: Signal,
    /// The GPIO's number.
    pub gpio: u8,
    /// What it does on this board.
    pub purpose: &'static str,
}

macro_rules! pins {
    ($($signal:ident = $gpio:literal, $field:ident: $peripheral:ident, $purpose:literal;)*) => {
        /// What is wired to a pin.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the table says it")]
        pub enum Signal { $($signal),* }

        /// All pins in use. Every other GPIO stays as the reset leaves it: input, isolated.
        pub const PINS: &[Pin] = &[$(Pin { signal: Signal::$signal, gpio: $gpio, purpose: $purpose }),*];

        /// The pins as peripherals, by name.
        #[cfg(target_os = "none")]
        #[allow(missing_docs, reason = "the table says it")]
        pub struct Wiring { $(pub $field: embassy_rp::Peri<'static, embassy_rp::peripherals::$peripheral>),* }

        #[cfg(target_os = "none")]
        impl Wiring {
            /// Takes the chip apart: the pins, and the blocks that the board uses.
            pub fn take(chip: embassy_rp::Peripherals) -> (Self, Blocks) {
                (Self { $($field: chip.$peripheral),* }, Blocks {
                    spi: chip.SPI1, i2c: chip.I2C0, usb: chip.USB, flash: chip.FLASH, watchdog: chip.WATCHDOG,
                })
            }
        }

        #[cfg(target_os = "none")]
        const _: () = {
            $(assert!(matches_number(stringify!($peripheral), $gpio), "a pin's number and its peripheral differ");)*
        };
    };
}

pins! {
    JournalSelect = 9, journal_select: PIN_9, "SPI1 CSn of the journal's flash, low when selected; pulled up on the board";
    JournalClock = 10, journal_clock: PIN_10, "SPI1 SCK";
    JournalOut = 11, journal_out: PIN_11, "SPI1 TX, the flash's DI";
    JournalIn = 12, journal_in: PIN_12, "SPI1 RX, the flash's DO";
    BusData = 16, bus_data: PIN_16, "I2C0 SDA of the secure element and the clock, pulled up on the board";
    BusClock = 17, bus_clock: PIN_17, "I2C0 SCL, pulled up on the board";
    Green = 18, green: PIN_18, "green light, lit when high";
    Amber = 19, amber: PIN_19, "amber light, lit when high";
    Red = 20, red: PIN_20, "red light, lit when high";
}

/// The blocks of the chip that the board uses.
#[cfg(target_os = "none")]
#[allow(missing_docs, reason = "their names say it")]
pub struct Blocks {
    pub spi: embassy_rp::Peri<'static, embassy_rp::peripherals::SPI1>,
    pub i2c: embassy_rp::Peri<'static, embassy_rp::peripherals::I2C0>,
    pub usb: embassy_rp::Peri<'static, embassy_rp::peripherals::USB>,
    pub flash: embassy_rp::Peri<'static, embassy_rp::peripherals::FLASH>,
    pub watchdog: embassy_rp::Peri<'static, embassy_rp::peripherals::WATCHDOG>,
}

#[cfg(target_os = "none")]
const fn matches_number(peripheral: &str, gpio: u8) -> bool {
    let name = peripheral.as_bytes();
    let units = name[name.len() - 1] - b'0';
    let tens = match name[name.len() - 2] {
        b'_' => 0,
        digit => digit - b'0',
    };
    tens * 10 + units == gpio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pin_has_two_signals_and_each_is_one_of_the_package() {
        for (nth, pin) in PINS.iter().enumerate() {
            // The RP2354A has GPIO 0 to 29.
            assert!(pin.gpio < 30, "{pin:?}");
            assert!(PINS[..nth].iter().all(|other| other.gpio != pin.gpio), "{pin:?}");
        }
    }

    #[test]
    fn the_buses_are_on_pins_that_can_be_so() {
        // Datasheet 9.4: the functions of a GPIO go round every sixteen pins for SPI and every four for I2C.
        let gpio = |signal| PINS.iter().find(|pin| pin.signal == signal).unwrap().gpio;
        assert_eq!(gpio(Signal::JournalIn) % 16, 12);
        assert_eq!(gpio(Signal::JournalSelect) % 16, 9);
        assert_eq!(gpio(Signal::JournalClock) % 16, 10);
        assert_eq!(gpio(Signal::JournalOut) % 16, 11);
        assert_eq!(gpio(Signal::BusData) % 4, 0);
        assert_eq!(gpio(Signal::BusClock) % 4, 1);
    }
}
