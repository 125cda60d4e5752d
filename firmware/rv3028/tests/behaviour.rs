//! The clock against a model of the part: what it tells after whatever happened to its power and its bus.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get stops it")]

mod model;

use def_engine::board::Clock;
use fiscal::Timestamp;
use model::{BSF, Mishap, PORF, Part};
use proptest::prelude::*;
use rv3028::{Fault, Rv3028, Start};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A part that was started, and its clock.
fn started() -> (Part, Rv3028<Part>) {
    let part = Part::new();
    let mut clock = Rv3028::new(part.clone());
    clock.start(&mut part.clone()).unwrap();
    (part, clock)
}

#[test]
fn a_new_clock_tells_no_time_until_it_is_set() {
    let part = Part::new();
    let mut clock = Rv3028::new(part.clone());
    let start = clock.start(&mut part.clone()).unwrap();
    assert_eq!(start, Start { trusted: false, ran_on_battery: false, corrected: true });
    assert_eq!(clock.now(), None);
    clock.set(time("2026-11-20T19:40:57"));
    assert_eq!(clock.now(), Some(time("2026-11-20T19:40:57")));
}

#[test]
fn the_first_start_puts_the_settings_into_the_eeprom_and_no_later_one_wears_it() {
    let (part, mut clock) = started();
    part.with(|state| {
        assert_eq!(state.eeprom_writes, 2);
        assert_eq!((state.eeprom[0x35], state.eeprom[0x36], state.eeprom[0x37]), (0x40, 0x07, 0x9C));
        assert_eq!(state.registers[0x30..], state.eeprom[0x30..]);
        assert_eq!(state.registers[0x0F], 0);
    });
    for _ in 0..3 {
        part.lose_all_power();
        let start = clock.start(&mut part.clone()).unwrap();
        assert!(!start.corrected);
    }
    assert_eq!(part.with(|state| state.eeprom_writes), 2);
}

#[test]
fn the_battery_keeps_the_time_and_the_start_says_that_it_was_needed() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-12-31T23:00:00")).unwrap();
    part.lose_supply(7200);
    let start = clock.start(&mut part.clone()).unwrap();
    assert_eq!(start, Start { trusted: true, ran_on_battery: true, corrected: false });
    assert_eq!(clock.now(), Some(time("2027-01-01T01:00:00")));
    assert!(!clock.start(&mut part.clone()).unwrap().ran_on_battery);
}

#[test]
fn without_battery_and_supply_the_time_is_gone_until_it_is_set() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-11-20T12:00:00")).unwrap();
    part.lose_all_power();
    assert!(!clock.start(&mut part.clone()).unwrap().trusted);
    assert_eq!(clock.time(), Ok(None));
    clock.set_time(time("2026-11-21T12:00:00")).unwrap();
    assert_eq!(clock.time(), Ok(Some(time("2026-11-21T12:00:00"))));
}

#[test]
fn the_flag_of_the_power_on_reset_alone_takes_the_trust_away() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-11-20T12:00:00")).unwrap();
    part.with(|state| state.registers[0x0E] |= PORF);
    assert_eq!(clock.now(), None);
}

#[test]
fn the_clock_runs_over_the_end_of_the_year_and_the_leap_day() {
    for (from, to) in [
        ("2026-12-31T23:59:59", "2027-01-01T00:00:00"),
        ("2028-02-28T23:59:59", "2028-02-29T00:00:00"),
        ("2028-02-29T23:59:59", "2028-03-01T00:00:00"),
        ("2027-02-28T23:59:59", "2027-03-01T00:00:00"),
        ("2000-01-01T00:00:00", "2000-01-01T00:00:01"),
        ("2099-12-31T23:59:58", "2099-12-31T23:59:59"),
    ] {
        let (part, mut clock) = started();
        clock.set_time(time(from)).unwrap();
        part.pass(1_000_000);
        assert_eq!(clock.now(), Some(time(to)));
    }
}

#[test]
fn a_time_that_the_part_cannot_count_is_refused_and_the_old_one_stays() {
    let (_, mut clock) = started();
    clock.set_time(time("2026-11-20T12:00:00")).unwrap();
    for text in ["1999-12-31T23:59:59", "2100-01-01T00:00:00", "9999-12-31T23:59:59"] {
        assert_eq!(clock.set_time(time(text)), Err(Fault::Year));
        assert_eq!(clock.now(), Some(time("2026-11-20T12:00:00")));
    }
}

#[test]
fn a_silent_part_is_a_fault_and_no_time() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-11-20T12:00:00")).unwrap();
    part.break_transfer(0, Mishap::Deaf);
    assert!(matches!(clock.time(), Err(Fault::Bus(_))));
    part.break_transfer(0, Mishap::Deaf);
    assert_eq!(clock.now(), None);
    assert_eq!(clock.now(), Some(time("2026-11-20T12:00:00")));
}

#[test]
fn an_eeprom_that_stays_busy_is_a_fault_and_not_waited_for_for_ever() {
    #[derive(Clone)]
    struct Stuck;
    impl embedded_hal::i2c::ErrorType for Stuck {
        type Error = embedded_hal::i2c::ErrorKind;
    }
    impl embedded_hal::i2c::I2c for Stuck {
        fn transaction(
            &mut self,
            _: u8,
            operations: &mut [embedded_hal::i2c::Operation<'_>],
        ) -> Result<(), Self::Error> {
            for operation in operations {
                if let embedded_hal::i2c::Operation::Read(bytes) = operation {
                    bytes.fill(0xFF);
                }
            }
            Ok(())
        }
    }
    let mut clock = Rv3028::new(Stuck);
    assert_eq!(clock.start(&mut Part::new()), Err(Fault::EepromBusy));
    assert_eq!(clock.time(), Ok(None));
    assert_eq!(clock.set_time(time("2026-11-20T12:00:00")), Err(Fault::NotKept));
}

#[test]
fn an_old_setting_of_the_hours_is_no_time_and_the_start_undoes_it() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-11-20T09:00:00")).unwrap();
    part.with(|state| state.registers[0x10] = 0x02);
    assert_eq!(clock.now(), None);
    assert!(clock.start(&mut part.clone()).unwrap().trusted);
}

/// Each transfer of `act` goes wrong in turn, in each way; then `check` looks. Says how often.
fn in_every_way<T>(
    act: impl Fn(&mut Rv3028<Part>) -> T,
    check: impl Fn(&mut Rv3028<Part>, T, &str),
) -> usize {
    let mut mishaps = vec![Mishap::Deaf, Mishap::LostAfter];
    mishaps.extend((0..9).map(Mishap::CutAfter));
    mishaps.extend((0..248).map(Mishap::Flip));
    mishaps.extend((0..31).map(Mishap::LeavesAfter));
    mishaps.extend((8..64).map(Mishap::FlipWritten));
    let mut tried = 0;
    for mishap in mishaps {
        for nth in 0.. {
            let (part, mut clock) = started();
            clock.set_time(time("2026-11-20T12:00:00")).unwrap();
            part.pass(10_000_000);
            part.break_transfer(nth, mishap);
            let result = act(&mut clock);
            if !part.broke() {
                break;
            }
            tried += 1;
            check(&mut clock, result, &format!("transfer {nth}, {mishap:?}"));
        }
    }
    tried
}

const OLD: &str = "2026-11-20T12:00:10";
const NEW: &str = "2031-07-01T06:30:00";

fn near(told: Timestamp, text: &str) -> bool {
    told.unix().abs_diff(time(text).unix()) <= 1
}

#[test]
fn whatever_happens_to_the_bus_a_wrong_time_is_never_read() {
    let tried = in_every_way(Clock::now, |clock, told, way| {
        assert!(told.is_none_or(|told| near(told, OLD)), "{way}: {told:?}");
        assert!(clock.now().is_some_and(|told| near(told, OLD)), "{way}");
    });
    assert!(tried >= 290, "{tried}");
}

#[test]
fn a_setting_that_fails_leaves_the_old_time_or_none_and_one_that_succeeds_the_new() {
    let tried = in_every_way(
        |clock| clock.set_time(time(NEW)),
        |clock, set, way| {
            let told = clock.now();
            match set {
                Ok(()) => assert!(told.is_some_and(|told| near(told, NEW)), "{way}: {told:?}"),
                Err(_) => {
                    let sound = |told| near(told, OLD) || near(told, NEW);
                    assert!(told.is_none_or(sound), "{way}: {told:?}");
                }
            }
            clock.set_time(time(NEW)).unwrap();
            assert!(clock.now().is_some_and(|told| near(told, NEW)), "{way}");
        },
    );
    assert!(tried >= 5 * 290, "{tried}");
}

#[test]
fn a_power_cut_in_the_middle_of_a_setting_leaves_the_old_time_or_none() {
    for nth in 0..8 {
        for bytes in 0..9 {
            let (part, mut clock) = started();
            clock.set_time(time("2026-11-20T12:00:10")).unwrap();
            part.break_transfer(nth, Mishap::CutAfter(bytes));
            let cut = clock.set_time(time(NEW)).is_err();
            part.repair();
            // The board restarts; the clock had its battery.
            let mut clock = Rv3028::new(part.clone());
            let told = clock.now();
            let sound = |told| near(told, OLD) || near(told, NEW);
            assert!(told.is_none_or(sound), "transfer {nth}, {bytes} bytes: {told:?}");
            assert!(cut || told.is_some_and(|told| near(told, NEW)), "transfer {nth}, {bytes} bytes");
        }
    }
}

#[test]
fn a_start_that_fails_can_be_repeated_and_ends_with_the_settings() {
    for mishap in [Mishap::Deaf, Mishap::LostAfter, Mishap::CutAfter(1)] {
        for nth in 0.. {
            let part = Part::new();
            let mut clock = Rv3028::new(part.clone());
            part.break_transfer(nth, mishap);
            let first = clock.start(&mut part.clone());
            if !part.broke() {
                assert!(first.is_ok());
                break;
            }
            assert!(first.is_err(), "transfer {nth}, {mishap:?}");
            clock.start(&mut part.clone()).unwrap();
            part.with(|state| {
                assert_eq!(
                    (state.eeprom[0x35], state.eeprom[0x37]),
                    (0x40, 0x9C),
                    "transfer {nth}, {mishap:?}"
                );
                assert_eq!((state.registers[0x37], state.registers[0x0F]), (0x9C, 0));
                assert!(state.eeprom_writes <= 4);
            });
        }
    }
}

#[test]
fn a_tick_between_the_two_counters_is_read_again_and_not_told_as_none() {
    let (part, mut clock) = started();
    clock.set_time(time("2026-11-20T12:00:00")).unwrap();
    let mut before = clock.now().unwrap();
    for _ in 0..2_000 {
        part.pass(997);
        let now = clock.now().unwrap();
        assert!(now >= before && now.unix() - before.unix() <= 1);
        before = now;
    }
}

#[test]
fn an_event_that_nobody_asked_for_is_left_alone() {
    let (part, mut clock) = started();
    part.with(|state| state.registers[0x0E] |= 0x5E | BSF);
    clock.start(&mut part.clone()).unwrap();
    assert_eq!(part.with(|state| state.registers[0x0E]), 0x5E | PORF);
}

proptest! {
    #[test]
    fn whatever_stands_in_the_registers_the_time_is_one_that_was_set(
        noise in prop::collection::vec((0_usize..0x1F, any::<u8>()), 0..6),
    ) {
        let (part, mut clock) = started();
        clock.set_time(time("2026-11-20T12:00:00")).unwrap();
        let mut burst = [0; 0x1F];
        embedded_hal::i2c::I2c::write_read(&mut part.clone(), 0x52, &[0], &mut burst).unwrap();
        for (place, value) in noise {
            burst[place] = value;
        }
        let mut clock = Rv3028::new(Fixed(burst));
        let told = clock.now();
        prop_assert!(told.is_none_or(|told| near(told, "2026-11-20T12:00:00")), "{told:?} {burst:02x?}");
    }

    #[test]
    fn a_time_that_is_set_is_the_time_that_is_told(unix in 946_684_800_u64..4_102_444_799, later in 0_u64..86_400) {
        let (part, mut clock) = started();
        let set = Timestamp::from_unix(unix).unwrap();
        clock.set_time(set).unwrap();
        part.pass(later * 1_000_000);
        let told = clock.now();
        let last = 4_102_444_799;
        prop_assert!(told.is_none() == (unix + later > last) || unix + later >= last);
        if let Some(told) = told {
            prop_assert!(told.unix().abs_diff(unix + later) <= 1);
        }
    }
}

/// A bus on which the same is read whatever is asked.
struct Fixed([u8; 0x1F]);

impl embedded_hal::i2c::ErrorType for Fixed {
    type Error = embedded_hal::i2c::ErrorKind;
}

impl embedded_hal::i2c::I2c for Fixed {
    fn transaction(
        &mut self,
        _: u8,
        operations: &mut [embedded_hal::i2c::Operation<'_>],
    ) -> Result<(), Self::Error> {
        for operation in operations {
            if let embedded_hal::i2c::Operation::Read(bytes) = operation {
                let length = bytes.len();
                bytes.copy_from_slice(&self.0[..length]);
            }
        }
        Ok(())
    }
}

#[test]
fn only_the_setting_that_differs_is_written_and_not_while_the_part_may_switch() {
    let part = Part::new();
    // Direct switching and the charger, as on somebody's module.
    part.with(|state| (state.eeprom[0x35], state.eeprom[0x37]) = (0x40, 0x34));
    part.lose_all_power();
    let start = Rv3028::new(part.clone()).start(&mut part.clone()).unwrap();
    assert!(start.corrected);
    part.with(|state| assert_eq!((state.eeprom_writes, state.registers[0x37]), (1, 0x1C)));
}

#[test]
fn a_start_that_fails_in_the_eeprom_leaves_the_daily_refresh_on() {
    let part = Part::new();
    part.break_transfer(75, Mishap::Deaf);
    Rv3028::new(part.clone()).start(&mut part.clone()).unwrap_err();
    part.with(|state| {
        assert_eq!(state.registers[0x37] & 0x0C, 0, "it failed somewhere else");
        assert_eq!(state.registers[0x0F], 0);
    });
}
