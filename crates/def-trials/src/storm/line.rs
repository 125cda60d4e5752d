//! The line between a till and a device, and the time that passes on it.

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use def_client::{Line, Pace};
use def_sim::Style;

use super::device::{Bench, Order};
use crate::model::Dice;

/// What is between a till and a device. The till's line, its sense of time, its disk and its printer are handles to it.
pub(super) struct Sky<'b> {
    pub(super) bench: &'b Bench,
    pub(super) dice: Dice,
    /// Whether anything may go wrong.
    pub(super) stormy: bool,
    pub(super) now: Duration,
    /// The till does nothing any more, and nobody hears of it.
    pub(super) crashed: bool,
    /// Things that the till does until it crashes.
    until_crash: Option<u64>,
    /// Frames that did not arrive as they were sent.
    pub(super) disturbed: u64,
    /// Times that the device's power failed.
    pub(super) cuts: u64,
    powered: bool,
    power_due: Duration,
    is_open: bool,
    to_device: Vec<(Duration, Vec<u8>)>,
    to_till: Vec<(Duration, Vec<u8>)>,
}

/// A handle.
#[derive(Clone)]
pub(super) struct Handle<'b>(pub(super) Rc<RefCell<Sky<'b>>>);

impl<'b> Sky<'b> {
    pub(super) fn over(bench: &'b Bench, dice: Dice) -> Self {
        Self {
            bench,
            dice,
            stormy: true,
            now: Duration::ZERO,
            crashed: false,
            until_crash: None,
            disturbed: 0,
            cuts: 0,
            powered: true,
            power_due: Duration::ZERO,
            is_open: false,
            to_device: Vec::new(),
            to_till: Vec::new(),
        }
    }

    /// Counts one of the till's doings. Says whether it still does it.
    pub(super) fn is_alive(&mut self) -> bool {
        if let Some(left) = &mut self.until_crash {
            self.crashed |= *left == 0;
            *left = left.saturating_sub(1);
        }
        !self.crashed
    }

    /// The till starts again; the disk is all that it has.
    pub(super) fn restart_till(&mut self) {
        self.crashed = false;
        self.is_open = false;
        self.until_crash = (self.stormy && !self.dice.one_in(8)).then(|| self.dice.below(40));
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.order(Order::Pass(time));
        if !self.powered && self.now >= self.power_due {
            let again = (self.stormy && self.dice.one_in(6))
                .then(|| (self.dice.below(12), *self.dice.pick(&[Style::NothingDone, Style::AllDone])));
            self.order(Order::Power { again });
        }
    }

    /// Has it done, and what the device sends goes on its way.
    pub(super) fn order(&mut self, order: Order) {
        let report = self.bench.order(order);
        if self.powered && !report.powered {
            self.cuts += 1;
            self.power_due = self.now + Duration::from_millis(100 + self.dice.below(4_000));
            self.to_till.clear();
            self.is_open = false;
        }
        self.powered = report.powered;
        for frame in report.bytes.split_inclusive(|byte| *byte == 0x03) {
            self.send_on(frame, Way::ToTill);
        }
    }

    fn way(&mut self, way: Way) -> &mut Vec<(Duration, Vec<u8>)> {
        match way {
            Way::ToDevice => &mut self.to_device,
            Way::ToTill => &mut self.to_till,
        }
    }

    /// A frame goes on its way, and may not arrive as it was sent.
    fn send_on(&mut self, frame: &[u8], way: Way) {
        let mut frame = frame.to_vec();
        let soon = self.now + Duration::from_millis(1 + self.dice.below(200));
        if !self.stormy {
            self.way(way).push((soon, frame));
            return;
        }
        let at = self.dice.below(frame.len().max(1) as u64) as usize;
        let fate = self.dice.below(24);
        self.disturbed += u64::from(fate < 6);
        match fate {
            0 => return,
            1 => {
                let late = self.now + Duration::from_millis(self.dice.below(12_000));
                self.way(way).push((late, frame));
                return;
            }
            2 => {
                let again = soon + Duration::from_millis(self.dice.below(7_000));
                self.way(way).push((again, frame.clone()));
            }
            3 => frame.truncate(at),
            4 => frame[at] ^= 1 << self.dice.below(7),
            5 => {
                let rest = frame.split_off(at);
                let later = soon + Duration::from_millis(1 + self.dice.below(3_000));
                self.way(way).push((later, rest));
            }
            _ => {}
        }
        self.way(way).push((soon, frame));
    }

    /// What is due next, if anything is until then.
    fn next_due(&self, until: Duration) -> Option<(Way, Duration)> {
        let earliest = |frames: &[(Duration, Vec<u8>)]| frames.iter().map(|(due, _)| *due).min();
        let to_device = earliest(&self.to_device).map(|due| (Way::ToDevice, due));
        let to_till = earliest(&self.to_till).map(|due| (Way::ToTill, due));
        let next = [to_device, to_till].into_iter().flatten().min_by_key(|(_, due)| *due)?;
        (next.1 <= until).then_some(next)
    }

    fn take(&mut self, way: Way, due: Duration) -> Vec<u8> {
        let frames = self.way(way);
        let place = frames.iter().position(|frame| frame.0 == due).expect("a frame that is due is there");
        frames.remove(place).1
    }

    /// Lets time pass until bytes arrive at the till, or so long.
    fn receive(&mut self, patience: Duration) -> io::Result<Vec<u8>> {
        let until = self.now + patience;
        loop {
            if !self.is_open {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.something_happens();
            let Some((way, due)) = self.next_due(until) else {
                self.pass(until.saturating_sub(self.now));
                return Ok(Vec::new());
            };
            self.pass(due.saturating_sub(self.now));
            // The power may just have failed.
            if self.next_due(due).is_none() {
                continue;
            }
            let bytes = self.take(way, due);
            match way {
                Way::ToTill => return Ok(bytes),
                Way::ToDevice => self.order(Order::Bytes(bytes)),
            }
        }
    }

    /// What the till has no part in.
    fn something_happens(&mut self) {
        if !self.stormy || !self.powered {
            return;
        }
        let seed = self.dice.roll();
        match self.dice.below(120) {
            0..3 => {
                let style = *self.dice.pick(&Style::OF_PROGRAM);
                let operations = self.dice.below(24);
                self.order(Order::CutIn { operations, style, seed });
            }
            3 => self.order(Order::Cut),
            4..7 => self.order(Order::Others { sales: 1, seed }),
            7 => self.order(Order::Crowd { seed }),
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    ToDevice,
    ToTill,
}

impl Line for Handle<'_> {
    fn open(&mut self) -> io::Result<()> {
        let sky = &mut *self.0.borrow_mut();
        sky.is_open = false;
        if !sky.is_alive() || !sky.powered {
            return Err(io::ErrorKind::NotFound.into());
        }
        // What was on its way to the line that was closed mostly goes with it.
        if sky.dice.one_in(2) {
            sky.to_till.clear();
        }
        sky.is_open = true;
        Ok(())
    }

    fn close(&mut self) {
        self.0.borrow_mut().is_open = false;
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sky = &mut *self.0.borrow_mut();
        if !sky.is_alive() || !sky.is_open {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        sky.send_on(bytes, Way::ToDevice);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let sky = &mut *self.0.borrow_mut();
        if !sky.is_alive() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut bytes = sky.receive(patience)?;
        // A line gives what it has, not what was sent together.
        if bytes.len() > buffer.len() || (bytes.len() > 1 && sky.dice.one_in(4)) {
            let most = bytes.len().min(buffer.len()) as u64;
            let rest = bytes.split_off(1 + sky.dice.below(most - 1) as usize);
            let now = sky.now;
            sky.to_till.insert(0, (now, rest));
        }
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Pace for Handle<'_> {
    fn elapsed(&mut self) -> Duration {
        self.0.borrow().now
    }

    fn pause(&mut self, time: Duration) {
        self.0.borrow_mut().pass(time);
    }
}
