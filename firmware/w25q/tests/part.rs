//! The driver at a part that refuses what the data sheet refuses.

mod model;

use embedded_hal::spi::ErrorKind;
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use model::Bus;
use proptest::prelude::*;
use w25q::{Fault, PAGE, Part, SECTOR, W25q, Window, WindowFault};

fn small() -> Bus {
    Bus::new(0x17, 8)
}

fn start(bus: &Bus) -> Result<W25q<Bus, Bus>, Fault<ErrorKind>> {
    W25q::power_up(bus.clone(), bus.clone())
}

#[test]
fn a_part_that_sleeps_is_woken_reset_and_known() {
    let bus = small();
    bus.0.borrow_mut().awake = false;
    assert_eq!(start(&bus).unwrap().part(), Part::W25q64);
    assert_eq!(bus.0.borrow().resets, 1);
}

#[test]
fn an_erase_that_the_processor_left_is_waited_for_before_the_reset() {
    let bus = small().erasing();
    start(&bus).unwrap();
    assert!(bus.milliseconds() >= 400);
}

#[test]
fn a_suspended_erase_ends_with_the_reset() {
    let bus = small();
    bus.0.borrow_mut().status[1] = 0x80;
    start(&bus).unwrap();
}

#[test]
fn a_part_of_another_maker_is_refused_by_name() {
    let bus = small();
    bus.0.borrow_mut().jedec = [0xC2, 0x20, 0x17];
    assert_eq!(start(&bus).unwrap_err(), Fault::UnknownPart([0xC2, 0x20, 0x17]));
}

#[test]
fn a_line_that_nobody_drives_is_no_part_that_is_busy() {
    let bus = small();
    bus.0.borrow_mut().status = [0xFF; 3];
    bus.0.borrow_mut().jedec = [0xFF; 3];
    assert_eq!(start(&bus).unwrap_err(), Fault::UnknownPart([0xFF; 3]));
    assert!(bus.milliseconds() < 1_000, "and that is said soon");
}

#[test]
fn a_part_that_is_busy_for_ever_is_given_up() {
    let bus = small();
    bus.0.borrow_mut().status[0] = 0x01;
    assert_eq!(start(&bus).unwrap_err(), Fault::Timeout);
    assert!((800..1_000).contains(&bus.milliseconds()));
}

#[test]
fn a_part_that_protects_itself_is_refused() {
    for (register, bits) in [(0, 0x04), (0, 0x08), (0, 0x10), (1, 0x40), (2, 0x04)] {
        let bus = small();
        bus.0.borrow_mut().status[register] = bits;
        assert!(matches!(start(&bus), Err(Fault::Protected(seen)) if seen[register] == bits));
    }
    let bus = small();
    // Quad lines, drive strength, top or bottom of nothing.
    bus.0.borrow_mut().status = [0x60, 0x02, 0x60];
    start(&bus).unwrap();
}

#[test]
fn the_end_of_the_largest_part_is_reached_with_four_bytes_of_address() {
    let bus = Bus::new(0x20, 64);
    let mut flash = start(&bus).unwrap();
    let last = flash.capacity() as u32 - SECTOR;
    assert_eq!(last, 0x03FF_F000);
    flash.write(last + SECTOR - 3, &[1, 2, 3]).unwrap();
    let mut bytes = [0; 4];
    flash.read(last + SECTOR - 4, &mut bytes).unwrap();
    assert_eq!(bytes, [0xFF, 1, 2, 3]);
    flash.erase(last, last + SECTOR).unwrap();
    assert_eq!(bus.0.borrow().erases, [last]);
    flash.read(last + SECTOR - 4, &mut bytes).unwrap();
    assert_eq!(bytes, [0xFF; 4]);
}

#[test]
fn a_part_of_32_mib_has_four_bytes_of_address_too() {
    let bus = Bus::new(0x19, 32);
    let mut flash = start(&bus).unwrap();
    flash.write(0x01FF_FFFF, &[7]).unwrap();
    assert_eq!(bus.0.borrow().bytes.last(), Some(&7));
}

#[test]
fn each_page_is_programmed_once_and_none_is_wrapped() {
    let bus = small();
    let mut flash = start(&bus).unwrap();
    flash.write(250, &[0; 600]).unwrap();
    assert_eq!(bus.0.borrow().programs, [(250, 6), (256, 256), (512, 256), (768, 82)]);
}

#[test]
fn what_is_behind_the_end_is_refused_and_nothing_done() {
    let bus = small();
    let mut flash = start(&bus).unwrap();
    let end = flash.capacity() as u32;
    assert_eq!(flash.read(end - 1, &mut [0; 2]), Err(Fault::OutOfBounds));
    assert_eq!(flash.read(u32::MAX, &mut [0; 2]), Err(Fault::OutOfBounds));
    assert_eq!(flash.write(end - 1, &[0; 2]), Err(Fault::OutOfBounds));
    assert_eq!(flash.erase(end, end + SECTOR), Err(Fault::OutOfBounds));
    assert_eq!(flash.erase(0, SECTOR - 1), Err(Fault::NotAligned));
    assert_eq!(flash.erase(1, SECTOR), Err(Fault::NotAligned));
    assert!(bus.0.borrow().programs.is_empty() && bus.0.borrow().erases.is_empty());
    flash.read(end - 1, &mut [0]).unwrap();
    flash.write(end, &[]).unwrap();
    flash.read(end, &mut []).unwrap();
}

#[test]
fn a_part_that_does_not_let_itself_be_written_is_not_told_to() {
    let bus = small();
    let mut flash = start(&bus).unwrap();
    bus.0.borrow_mut().deaf_to_write_enable = true;
    assert_eq!(flash.write(0, &[0]), Err(Fault::WriteRefused));
    assert_eq!(flash.erase(0, SECTOR), Err(Fault::WriteRefused));
    bus.0.borrow_mut().deaf_to_write_enable = false;
    flash.write(0, &[0]).unwrap();
}

#[test]
fn work_without_end_is_given_up_in_the_times_that_stand_in_timing() {
    for (erases, range) in [(false, 7..8), (true, 800..900)] {
        let bus = small();
        let mut flash = start(&bus).unwrap();
        bus.0.borrow_mut().stuck = true;
        let before = bus.milliseconds();
        let result = if erases { flash.erase(0, SECTOR) } else { flash.write(0, &[0]) };
        assert_eq!(result, Err(Fault::Timeout));
        assert!(range.contains(&(bus.milliseconds() - before)), "{}", bus.milliseconds() - before);
    }
}

#[test]
fn every_failure_of_the_bus_is_said_and_the_next_call_works() {
    let transactions_of_a_program = 4;
    for n in 0..transactions_of_a_program {
        let bus = small();
        let mut flash = start(&bus).unwrap();
        bus.0.borrow_mut().bus_fails_in = Some(n);
        assert_eq!(flash.write(7, &[0x5A]), Err(Fault::Bus(ErrorKind::Other)), "transaction {n}");
        // As long as any program takes.
        embedded_hal::delay::DelayNs::delay_ms(&mut bus.clone(), 3);
        flash.write(7, &[0x5A]).unwrap();
        let mut byte = [0];
        flash.read(7, &mut byte).unwrap();
        assert_eq!(byte, [0x5A]);
    }
}

#[test]
fn a_window_ends_before_the_flash_does() {
    let bus = small();
    assert!(Window::new(start(&bus).unwrap(), 2049).is_none());
    let mut window = Window::new(start(&bus).unwrap(), 2).unwrap();
    assert_eq!(window.capacity(), 8192);
    window.write(8191, &[1]).unwrap();
    assert_eq!(window.write(8191, &[1, 2]), Err(WindowFault::OutOfBounds));
    assert_eq!(window.read(8192, &mut [0]), Err(WindowFault::OutOfBounds));
    assert_eq!(window.erase(4096, 12288), Err(WindowFault::OutOfBounds));
    window.erase(4096, 8192).unwrap();
    bus.0.borrow_mut().deaf_to_write_enable = true;
    assert_eq!(window.write(0, &[1]), Err(WindowFault::Flash(Fault::WriteRefused)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_anywhere_is_read_there_and_nothing_else_changes(
        offset in 0_u32..16_384, bytes in prop::collection::vec(any::<u8>(), 0..1_500),
    ) {
        let bus = small();
        let mut flash = start(&bus).unwrap();
        flash.write(offset, &bytes).unwrap();
        let mut expected = vec![0xFF; 20_480];
        expected[offset as usize..][..bytes.len()].copy_from_slice(&bytes);
        let mut read = vec![0; 20_480];
        flash.read(0, &mut read).unwrap();
        prop_assert_eq!(&read, &expected);
        let pages = |end: usize| end.div_ceil(PAGE);
        let touched = pages(offset as usize + bytes.len()) - offset as usize / PAGE;
        prop_assert!(bus.0.borrow().programs.len() <= touched);
    }
}
