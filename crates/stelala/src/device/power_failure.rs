//! A power cut on demand, for whoever wants to see what a till does then.

use std::str::FromStr;

use def_engine::Device;
use def_protocol::{
    Addressed, FRAME_BYTES, FrameReader, Request,
    reply::{Committed, Sent},
};
use def_sim::{Power, StateDirectory};

use super::line::Line;

/// When the power fails: `in-commit=N` or `after-commit=N`, at the Nth COMMIT from the start or, where that one seals
/// nothing, at the first after it that does.
#[derive(Clone, Copy, Debug)]
pub(super) struct PowerFailure {
    moment: Moment,
    commit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// In the middle of writing the record's content: it does not exist.
    In,
    /// The record is durable; nobody hears of it.
    After,
}

impl FromStr for PowerFailure {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = "write in-commit=N or after-commit=N, with N from 1";
        let (moment, commit) = text.split_once("-commit=").ok_or(fault)?;
        let moment = match moment {
            "in" => Moment::In,
            "after" => Moment::After,
            _ => return Err(fault),
        };
        match commit.parse() {
            Ok(commit) if commit > 0 => Ok(Self { moment, commit }),
            _ => Err(fault),
        }
    }
}

/// Stands between the port and the device, and cuts the power when it is time.
pub(super) struct Fate {
    planned: Option<Planned>,
    power: Power,
    power_failed: bool,
}

/// A failure to come, and what tells when it is time.
pub(super) struct Planned {
    failure: PowerFailure,
    requests: FrameReader<Box<[u8]>>,
}

/// A record's content has longer programs than its envelope, its mark and the trailer of a sector that it opens: all of
/// these have at most 8 bytes. In any page a content of more than twice as many bytes has one program of so many.
const CONTENT: usize = 16;

impl Fate {
    pub(super) fn new(planned: Option<PowerFailure>, power: Power) -> Self {
        Self { planned: planned.map(Planned::new), power, power_failed: false }
    }

    /// Lets the device take what arrived. When the power fails at that, nothing leaves, and the rest is not taken.
    pub(super) fn pass(&mut self, bytes: &[u8], device: &mut Device<'_, StateDirectory>, line: &mut Line) {
        let Some(planned) = &mut self.planned else { return device.receive(bytes, line) };
        for byte in bytes {
            let Some(moment) = planned.due(*byte) else {
                device.receive(&[*byte], line);
                continue;
            };
            line.hold();
            if moment == Moment::In {
                self.power.fail_within(CONTENT);
            }
            device.receive(&[*byte], line);
            self.power_failed = match moment {
                Moment::In => self.power.is_off(),
                Moment::After => has_seal(line.held()),
            };
            if self.power_failed {
                return;
            }
            // It was refused or, if its record was to be cut, had one already: the next may be the one.
            self.power.stay_on();
            line.release();
        }
    }

    /// Whether the power failed.
    pub(super) const fn power_failed(&self) -> bool {
        self.power_failed
    }
}

impl Planned {
    pub(super) fn new(failure: PowerFailure) -> Self {
        Self { failure, requests: FrameReader::new(vec![0; FRAME_BYTES].into_boxed_slice()) }
    }

    /// At which moment of the COMMIT that this byte completes the power is to fail, if at one.
    pub(super) fn due(&mut self, byte: u8) -> Option<Moment> {
        self.is_due(byte).then_some(self.failure.moment)
    }

    /// Whether this byte completes a COMMIT at which the power is to fail.
    fn is_due(&mut self, byte: u8) -> bool {
        if self.requests.push(byte) != Some(Ok(())) {
            return false;
        }
        let request = Addressed::read(self.requests.content()).map(|addressed| addressed.request);
        if !matches!(request, Ok(Request::Commit(_))) {
            return false;
        }
        let is_due = self.failure.commit <= 1;
        self.failure.commit = self.failure.commit.saturating_sub(1);
        is_due
    }
}

/// Whether a seal is among these answers.
pub(super) fn has_seal(answers: &[u8]) -> bool {
    let mut reader = FrameReader::new(vec![0; answers.len()].into_boxed_slice());
    answers.iter().any(|byte| {
        let is_whole = reader.push(*byte) == Some(Ok(()));
        is_whole && Sent::read(reader.content()).is_some_and(|sent| is_seal(sent.json))
    })
}

fn is_seal(json: &str) -> bool {
    serde_json::from_str::<Committed>(json).is_ok()
}
