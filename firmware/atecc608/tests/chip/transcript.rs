//! What goes over the bus, byte for byte, as in the data sheets' examples.

use std::{cell::RefCell, rc::Rc};

use atecc608::{Element, Error};
use embedded_hal::{
    delay::DelayNs,
    i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation},
};

/// A bus that plays a transcript: what is written, and what comes back.
#[derive(Clone)]
struct Play(Rc<RefCell<Vec<Step>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Write(u8, Vec<u8>, bool),
    Read(Vec<u8>),
    Busy,
    Wait(u32),
}

impl ErrorType for Play {
    type Error = ErrorKind;
}

impl I2c for Play {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let failed = Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
        for operation in operations {
            let step = self.0.borrow_mut().remove(0);
            match (operation, step) {
                (Operation::Write(bytes), Step::Write(to, wanted, acknowledged)) => {
                    assert_eq!((address, &**bytes), (to, &wanted[..]));
                    if !acknowledged {
                        return failed;
                    }
                }
                (Operation::Read(bytes), Step::Read(given)) => bytes.copy_from_slice(&given),
                (Operation::Read(_), Step::Busy) => return failed,
                (operation, step) => panic!("{operation:?} where the transcript has {step:?}"),
            }
        }
        Ok(())
    }
}

impl DelayNs for Play {
    fn delay_ns(&mut self, ns: u32) {
        assert_eq!(self.0.borrow_mut().remove(0), Step::Wait(ns / 1000));
    }
}

fn play(steps: Vec<Step>) -> (Play, Element<Play, Play>) {
    let play = Play(Rc::new(RefCell::new(steps)));
    (play.clone(), Element::new(play.clone(), play))
}

fn wake() -> Vec<Step> {
    vec![
        Step::Write(0x60, vec![0x01], false),
        Step::Write(0x00, vec![0x00], false),
        Step::Wait(1500),
        Step::Read(vec![0x04, 0x11, 0x33, 0x43]),
    ]
}

fn with_sum(mut answer: Vec<u8>) -> Vec<u8> {
    answer.extend(crate::model::check_sum(&answer).to_le_bytes());
    answer
}

#[test]
fn a_wake_and_info() {
    let mut steps = wake();
    steps.extend([
        Step::Write(0x60, vec![0x03, 0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D], true),
        Step::Busy,
        Step::Wait(500),
        Step::Busy,
        Step::Wait(500),
        // An ATECC508A.
        Step::Read(with_sum(vec![0x07, 0x00, 0x00, 0x50, 0x00])),
        Step::Write(0x60, vec![0x01], true),
    ]);
    let (play, mut element) = play(steps);
    assert_eq!(element.identity(), Err(Error::OtherPart([0x00, 0x00, 0x50, 0x00])));
    assert!(play.0.borrow().is_empty());
}

#[test]
fn a_chip_that_fails_its_own_test_says_so_when_it_wakes() {
    // As Microchip's library expects it, and with the check sum that belongs to it.
    for broken in [vec![0x04, 0x07, 0xC4, 0x40], vec![0x04, 0x07, 0x40, 0xC2]] {
        let mut steps = wake();
        steps.pop();
        steps.push(Step::Read(broken));
        let (play, mut element) = play(steps);
        assert_eq!(element.identity(), Err(Error::SelfTest));
        assert!(play.0.borrow().is_empty());
    }
}

#[test]
fn a_damaged_answer_is_read_again_from_its_beginning() {
    let mut steps = wake();
    let answer = with_sum(vec![0x07, 0x00, 0x00, 0x50, 0x00]);
    let mut damaged = answer.clone();
    damaged[3] ^= 0x40;
    steps.extend([
        Step::Write(0x60, vec![0x03, 0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D], true),
        Step::Read(damaged),
        Step::Write(0x60, vec![0x00], true),
        Step::Read(answer),
        Step::Write(0x60, vec![0x01], true),
    ]);
    let (play, mut element) = play(steps);
    assert_eq!(element.identity(), Err(Error::OtherPart([0x00, 0x00, 0x50, 0x00])));
    assert!(play.0.borrow().is_empty());
}

#[test]
fn a_command_that_the_chip_heard_damaged_is_sent_again() {
    let mut steps = wake();
    let answer = with_sum(vec![0x07, 0x00, 0x00, 0x50, 0x00]);
    let info = Step::Write(0x60, vec![0x03, 0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D], true);
    let mut refusal = with_sum(vec![0x04, 0xFF]);
    refusal.extend([0xFF; 3]);
    steps.extend([
        info.clone(),
        Step::Read(refusal),
        info,
        Step::Read(answer),
        Step::Write(0x60, vec![0x01], true),
    ]);
    let (play, mut element) = play(steps);
    assert_eq!(element.identity(), Err(Error::OtherPart([0x00, 0x00, 0x50, 0x00])));
    assert!(play.0.borrow().is_empty());
}
