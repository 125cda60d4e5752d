//! What goes over the bus, byte for byte.

use embedded_hal::i2c::ErrorKind;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use rv3028::{Fault, Rv3028};

const PART: u8 = 0x52;

/// 00h to 1Eh at 2026-02-04T10:15:30, a Wednesday.
fn burst() -> Vec<u8> {
    let mut bytes = vec![0; 0x1F];
    bytes[..7].copy_from_slice(&[0x30, 0x15, 0x10, 0x03, 0x04, 0x02, 0x26]);
    bytes[0x1B..0x1F].copy_from_slice(&1_770_200_130_u32.to_le_bytes());
    bytes
}

#[test]
fn the_time_is_read_in_one_burst() {
    let mut bus = Mock::new(&[Transaction::write_read(PART, vec![0x00], burst())]);
    let mut clock = Rv3028::new(bus.clone());
    assert_eq!(clock.time(), Ok(Some("2026-02-04T10:15:30".parse().unwrap())));
    bus.done();
}

#[test]
fn a_time_that_does_not_confirm_itself_is_read_three_times() {
    let mut wrong = burst();
    wrong[0x1C] ^= 0x10;
    let mut bus = Mock::new(&[
        Transaction::write_read(PART, vec![0x00], wrong.clone()),
        Transaction::write_read(PART, vec![0x00], wrong.clone()),
        Transaction::write_read(PART, vec![0x00], burst()),
        Transaction::write_read(PART, vec![0x00], wrong.clone()),
        Transaction::write_read(PART, vec![0x00], wrong.clone()),
        Transaction::write_read(PART, vec![0x00], wrong),
    ]);
    let mut clock = Rv3028::new(bus.clone());
    assert_eq!(clock.time(), Ok(Some("2026-02-04T10:15:30".parse().unwrap())));
    assert_eq!(clock.time(), Ok(None));
    bus.done();
}

#[test]
fn a_setting_writes_both_counters_and_then_clears_the_power_on_flag() {
    let mut bus = Mock::new(&[
        Transaction::write(PART, vec![0x10, 0x00]),
        Transaction::write(PART, vec![0x00, 0x30, 0x15, 0x10, 0x03, 0x04, 0x02, 0x26]),
        Transaction::write(PART, vec![0x1B, 0x42, 0x1C, 0x83, 0x69]),
        Transaction::write(PART, vec![0x0E, 0x7E]),
        Transaction::write_read(PART, vec![0x00], burst()),
    ]);
    let mut clock = Rv3028::new(bus.clone());
    clock.set_time("2026-02-04T10:15:30".parse().unwrap()).unwrap();
    bus.done();
}

#[test]
fn a_part_that_keeps_its_power_on_flag_is_not_set() {
    let mut stubborn = burst();
    stubborn[0x0E] = 0x01;
    let mut bus = Mock::new(&[
        Transaction::write(PART, vec![0x10, 0x00]),
        Transaction::write(PART, vec![0x00, 0x30, 0x15, 0x10, 0x03, 0x04, 0x02, 0x26]),
        Transaction::write(PART, vec![0x1B, 0x42, 0x1C, 0x83, 0x69]),
        Transaction::write(PART, vec![0x0E, 0x7E]),
        Transaction::write_read(PART, vec![0x00], stubborn),
    ]);
    let mut clock = Rv3028::new(bus.clone());
    assert_eq!(clock.set_time("2026-02-04T10:15:30".parse().unwrap()), Err(Fault::NotKept));
    bus.done();
}

#[test]
fn a_bus_that_fails_is_named() {
    let read =
        Transaction::write_read(PART, vec![0x00], vec![0; 0x1F]).with_error(ErrorKind::ArbitrationLoss);
    let mut bus = Mock::new(&[read]);
    let mut clock = Rv3028::new(bus.clone());
    let fault = clock.time().unwrap_err();
    assert_eq!(fault, Fault::Bus(ErrorKind::ArbitrationLoss));
    assert_eq!(fault.code(), "CLOCK_BUS");
    bus.done();
}
