//! A power cut on demand, for whoever wants to see what a till does then.

use std::str::FromStr;

use def_sim::Power;

use super::line::Line;

/// When the power fails: `in-commit=N` or `after-commit=N`, at the Nth COMMIT from the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct PowerFailure {
    moment: Moment,
    commit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// In the middle of writing the record: it does not exist.
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

/// Watches what arrives, and cuts the power when it is time.
pub(super) struct Fate {
    planned: Option<PowerFailure>,
    power: Power,
    met: bool,
}

const COMMIT: &[u8] = b"TXN|COMMIT";
/// The record's first six bytes are one program, its content the next.
const BEFORE_THE_CONTENT: u32 = 1;

impl Fate {
    pub(super) const fn new(planned: Option<PowerFailure>, power: Power) -> Self {
        Self { planned, power, met: false }
    }

    /// Looks at what arrives before the device does. (A command that arrives in two pieces is not seen.)
    pub(super) fn meet(&mut self, bytes: &[u8], line: &mut Line) {
        let Some(planned) = &mut self.planned else { return };
        let commits = bytes.windows(COMMIT.len()).filter(|window| *window == COMMIT).count();
        planned.commit = planned.commit.saturating_sub(u32::try_from(commits).unwrap_or(u32::MAX));
        if planned.commit > 0 || commits == 0 || self.met {
            return;
        }
        self.met = true;
        line.die();
        if planned.moment == Moment::In {
            self.power.fail_after(BEFORE_THE_CONTENT);
        }
    }

    /// Whether the power failed.
    pub(super) const fn is_sealed(&self) -> bool {
        self.met
    }
}
