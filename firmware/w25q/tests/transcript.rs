//! What goes over the bus, byte by byte, as the figures of the data sheet's section 8.2 show it.

use embedded_hal_mock::eh1::{
    delay::NoopDelay,
    spi::{Mock, Transaction},
};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use w25q::{Part, W25q};

/// One instruction, from chip select to its release.
fn tell(bytes: &[u8]) -> Vec<Transaction<u8>> {
    vec![
        Transaction::transaction_start(),
        Transaction::write_vec(bytes.to_vec()),
        Transaction::transaction_end(),
    ]
}

fn tell_with(head: &[u8], data: &[u8]) -> Vec<Transaction<u8>> {
    vec![
        Transaction::transaction_start(),
        Transaction::write_vec(head.to_vec()),
        Transaction::write_vec(data.to_vec()),
        Transaction::transaction_end(),
    ]
}

fn ask(bytes: &[u8], answer: &[u8]) -> Vec<Transaction<u8>> {
    vec![
        Transaction::transaction_start(),
        Transaction::write_vec(bytes.to_vec()),
        Transaction::read_vec(answer.to_vec()),
        Transaction::transaction_end(),
    ]
}

fn power_up(capacity: u8) -> Vec<Transaction<u8>> {
    [
        tell(&[0xAB]),
        ask(&[0x05], &[0x01]), // still at work
        ask(&[0x05], &[0x00]),
        tell(&[0x66]),
        tell(&[0x99]),
        ask(&[0x9F], &[0xEF, 0x40, capacity]),
        ask(&[0x05], &[0x00]),
        ask(&[0x35], &[0x02]),
        ask(&[0x15], &[0x60]),
    ]
    .concat()
}

#[test]
fn three_bytes_of_address_up_to_16_mib() {
    let script = [
        power_up(0x17),
        ask(&[0x03, 0x12, 0x34, 0x56], &[0xAA, 0xBB]),
        tell(&[0x06]),
        ask(&[0x05], &[0x02]),
        tell_with(&[0x02, 0x01, 0x02, 0xFE], &[1, 2]),
        ask(&[0x05], &[0x03]),
        ask(&[0x05], &[0x00]),
        tell(&[0x06]),
        ask(&[0x05], &[0x02]),
        tell_with(&[0x02, 0x01, 0x03, 0x00], &[3]),
        ask(&[0x05], &[0x00]),
        tell(&[0x06]),
        ask(&[0x05], &[0x02]),
        tell(&[0x20, 0x7F, 0xF0, 0x00]),
        ask(&[0x05], &[0x03]),
        ask(&[0x05], &[0x00]),
    ]
    .concat();
    let mut bus = Mock::new(&script);
    let mut flash = W25q::power_up(bus.clone(), NoopDelay).unwrap();
    assert_eq!(flash.part(), Part::W25q64);
    let mut bytes = [0; 2];
    flash.read(0x12_3456, &mut bytes).unwrap();
    assert_eq!(bytes, [0xAA, 0xBB]);
    flash.write(0x01_02FE, &[1, 2, 3]).unwrap();
    flash.erase(0x7F_F000, 0x80_0000).unwrap();
    bus.done();
}

#[test]
fn four_bytes_of_address_above() {
    let script = [
        power_up(0x20),
        ask(&[0x13, 0x03, 0x12, 0x34, 0x56], &[0xAA]),
        tell(&[0x06]),
        ask(&[0x05], &[0x02]),
        tell_with(&[0x12, 0x02, 0x00, 0x00, 0x01], &[7]),
        ask(&[0x05], &[0x00]),
        tell(&[0x06]),
        ask(&[0x05], &[0x02]),
        tell(&[0x21, 0x01, 0x00, 0x00, 0x00]),
        ask(&[0x05], &[0x00]),
    ]
    .concat();
    let mut bus = Mock::new(&script);
    let mut flash = W25q::power_up(bus.clone(), NoopDelay).unwrap();
    assert_eq!(flash.part(), Part::W25q512);
    let mut byte = [0];
    flash.read(0x0312_3456, &mut byte).unwrap();
    assert_eq!(byte, [0xAA]);
    flash.write(0x0200_0001, &[7]).unwrap();
    flash.erase(0x0100_0000, 0x0100_1000).unwrap();
    bus.done();
}
