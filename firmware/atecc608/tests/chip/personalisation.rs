//! The factory's step.

use atecc608::{
    Error, Revision,
    provisioning::{CONFIGURATION, Personalisation},
};

use crate::{
    bus::{Chip, Mishap},
    element,
    model::Core,
    personalised,
};

fn run(chip: &Chip) -> Result<atecc608::Identity, Error> {
    Personalisation::of(chip.clone(), chip.clone()).run()
}

fn is_the_products(chip: &Chip) -> bool {
    chip.with(|state| {
        let core = &state.core;
        let written = (16..84).chain(88..128).all(|place| core.configuration[place] == CONFIGURATION[place]);
        written && !core.configuration_is_open() && !core.data_is_open() && core.key.is_none()
    })
}

#[test]
fn a_new_chip_is_written_and_locked_and_gets_no_key() {
    let chip = Chip::new(Core::blank());
    let identity = run(&chip).unwrap();
    assert_eq!(identity.revision, Revision::B);
    assert!(is_the_products(&chip));
    chip.with(|state| assert_eq!(state.core.configuration[84..86], [0, 0]));
}

#[test]
fn a_chip_that_is_personalised_is_left_alone() {
    let chip = personalised();
    chip.with(|state| state.log.clear());
    run(&chip).unwrap();
    assert!(chip.with(|state| state.log.iter().all(|(opcode, _)| matches!(opcode, 0x30 | 0x02))));
}

#[test]
fn a_chip_that_is_locked_for_something_else_is_refused_before_its_slots_are_locked() {
    let chip = Chip::new(Core::blank());
    chip.with(|state| state.core.configuration[87] = 0);
    assert_eq!(run(&chip), Err(Error::OtherConfiguration(20)));
    assert!(chip.with(|state| state.core.data_is_open()));
}

#[test]
fn a_chip_that_does_not_keep_its_configuration_is_not_locked() {
    let chip = Chip::new(Core::blank());
    chip.with(|state| state.core.forgetful = true);
    assert_eq!(run(&chip), Err(Error::OtherConfiguration(20)));
    chip.with(|state| assert!(state.core.configuration_is_open() && state.core.data_is_open()));
}

#[test]
fn another_part_is_refused_before_anything_is_written() {
    let chip = Chip::new(Core::blank());
    let before = chip.with(|state| {
        state.core.revision = [0x00, 0x00, 0x50, 0x00];
        state.core.configuration
    });
    assert_eq!(run(&chip), Err(Error::OtherPart([0x00, 0x00, 0x50, 0x00])));
    assert_eq!(chip.with(|state| state.core.configuration), before);
}

#[test]
fn whichever_transfer_goes_wrong_the_chip_becomes_the_products() {
    let mishaps = [
        Mishap::Deaf,
        Mishap::LostAfter,
        Mishap::FlipWritten(50),
        Mishap::FlipWritten(3),
        Mishap::FlipRead(9),
        Mishap::FlipRead(100),
        Mishap::PowerBefore,
        Mishap::PowerAfter,
    ];
    for mishap in mishaps {
        for nth in 0.. {
            let chip = Chip::new(Core::blank());
            chip.break_transfers(&[(nth, mishap)]);
            let result = run(&chip);
            if !chip.broke() {
                break;
            }
            let way = format!("transfer {nth}, {mishap:?}: {result:?}");
            // A lock whose command was lost is not sent blindly: the operator calls again.
            if result.is_err() {
                run(&chip).unwrap();
            }
            assert!(is_the_products(&chip), "{way}");
        }
    }
}

#[test]
fn a_step_that_ends_anywhere_goes_on_where_it_was() {
    for nth in (0..).step_by(3) {
        let chip = Chip::new(Core::blank());
        chip.die_at(nth);
        let cut = run(&chip).is_err();
        chip.rest();
        assert!(!cut || element(&chip).identity().is_ok());
        run(&chip).unwrap();
        assert!(is_the_products(&chip), "transfer {nth}");
        if !cut {
            break;
        }
    }
}

#[test]
fn the_configuration_allows_what_the_table_says_and_nothing_else() {
    let slot = |slot: usize| {
        (&CONFIGURATION[20 + 2 * slot..22 + 2 * slot], &CONFIGURATION[96 + 2 * slot..98 + 2 * slot])
    };
    // Secret, external signatures; GenKey and no PrivWrite | private, public half, P-256, lockable.
    assert_eq!(slot(0), (&[0x80 | 0x01, 0x20][..], &[0x01 | 0x02 | (4 << 2) | 0x20, 0x00][..]));
    // Clear | plain data, lockable.
    assert_eq!(slot(1), (&[0x00, 0x00][..], &[(7 << 2) | 0x20, 0x00][..]));
    for unused in 2..16 {
        // Secret, no MAC, key 15; never written | plain data.
        assert_eq!(slot(unused), (&[0x80 | 0x10 | 0x0F, 0x80 | 0x0F][..], &[7 << 2, 0x00][..]));
    }
}
