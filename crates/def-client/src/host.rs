use std::{io, time::Duration};

use def_protocol::{Command, Request};
use serde::de::DeserializeOwned;

use crate::{
    answer::{Answer, Progress, Refusal},
    exchange::{Correlations, Exchange, Heard, Replies, replies},
    line::Line,
    pace::Pace,
};

/// The host of a device: asks, waits as long as the protocol says, opens the line again when it broke.
pub struct Host<L, P> {
    line: L,
    is_open: bool,
    /// How often it was opened.
    opened: u64,
    pace: P,
    replies: Replies,
    correlations: Correlations,
    dice: u32,
    patience: Duration,
}

/// Called with each sign of life of a long answer.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress);

/// How often a question is asked in all, when no answer comes.
pub const MOST_ATTEMPTS: u32 = 4;
/// How long to try to open the line, unless another patience is set.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the line is tried again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// What is taken from the line at once.
const BUFFER: usize = 16 * 1024;

impl<L: Line, P: Pace> Host<L, P> {
    /// On a line that is opened at the first question. The number is random: it tells this host's questions from those
    /// of others before it.
    pub fn new(line: L, pace: P, random: u64) -> Self {
        let (program, dice) = ((random >> 32) as u32, random as u32 | 1);
        Self {
            line,
            is_open: false,
            opened: 0,
            pace,
            replies: replies(),
            correlations: Correlations::new(program),
            dice,
            patience: PATIENCE,
        }
    }

    /// How long to try to open a line that is not there, or is another's.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The present connection, by a number that no other has; none while the line is closed. Behind another connection
    /// there may be another device.
    pub fn connection(&self) -> Option<u64> {
        self.is_open.then_some(self.opened)
    }

    /// Asks once. An answer that does not come in time, or comes damaged, is lost: whether the device obeyed is not
    /// known, and for the device it is safe to ask again with the same bytes.
    pub fn ask(&mut self, request: Request<'_>, on_progress: OnProgress<'_>) -> Result<Answer, Lost> {
        self.connect()?;
        let heard = self.exchange(request, on_progress);
        if heard.is_err() {
            // A line on which something was lost is not believed any more; nor is a connection that went silent.
            self.hang_up();
        }
        heard
    }

    /// Asks until there is an answer, four times at most, and reads it. Not for `CFG|TIME`, whose challenge is used
    /// when it is asked again.
    pub fn tell<T: DeserializeOwned>(
        &mut self,
        request: Request<'_>,
        on_progress: OnProgress<'_>,
    ) -> Result<T, HostFault> {
        let json = self.tell_json(request, on_progress)?;
        serde_json::from_str(&json).map_err(|_| HostFault::Foreign { command: request.command() })
    }

    /// The same, as the device wrote it.
    pub fn tell_json(
        &mut self,
        request: Request<'_>,
        on_progress: OnProgress<'_>,
    ) -> Result<String, HostFault> {
        let command = request.command();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let lost = match self.ask(request, on_progress) {
                Ok(Answer::Done(json)) => return Ok(json),
                Ok(Answer::Refused(refusal)) => {
                    let may_repeat = refusal.known().is_some_and(|code| code.may_repeat());
                    if !may_repeat || attempts >= MOST_ATTEMPTS {
                        return Err(refusal.into());
                    }
                    self.pause_a_little();
                    continue;
                }
                Err(lost) => lost,
            };
            match lost {
                Lost::NoLine(cause) => return Err(HostFault::NoLine { cause }),
                Lost::Silent | Lost::Broken(_) | Lost::Damaged if attempts < MOST_ATTEMPTS => {}
                Lost::Silent => return Err(HostFault::Silent { command, attempts }),
                Lost::Broken(cause) => return Err(HostFault::Broken { cause, attempts }),
                Lost::Damaged => return Err(HostFault::Damaged { command }),
            }
        }
    }

    /// Gives the line up, for others.
    pub fn hang_up(&mut self) {
        self.line.close();
        self.is_open = false;
    }

    /// Waits 100 to 200 ms, as a host does that was told that the device is busy.
    pub fn pause_a_little(&mut self) -> Duration {
        // Marsaglia's xorshift: hosts that began together do not come back together.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 17;
        self.dice ^= self.dice << 5;
        let pause = Duration::from_millis(u64::from(100 + self.dice % 101));
        self.pace.pause(pause);
        pause
    }

    fn connect(&mut self) -> Result<(), Lost> {
        if self.is_open {
            return Ok(());
        }
        let begun = self.pace.elapsed();
        let mut pause = FIRST_PAUSE;
        loop {
            let cause = match self.line.open() {
                Ok(()) => {
                    self.is_open = true;
                    self.opened += 1;
                    self.replies.reset();
                    return Ok(());
                }
                Err(cause) => cause,
            };
            let waited = self.pace.elapsed().saturating_sub(begun);
            if is_for_good(&cause) || waited.saturating_add(pause) > self.patience {
                return Err(Lost::NoLine(cause));
            }
            self.pace.pause(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn exchange(&mut self, request: Request<'_>, on_progress: OnProgress<'_>) -> Result<Answer, Lost> {
        let mut exchange = Exchange::begin(request, self.correlations.next());
        self.line.send(exchange.frame()).map_err(Lost::Broken)?;
        exchange.sent(self.pace.elapsed());
        let mut buffer = [0; BUFFER];
        while let Some(left) = exchange.left(self.pace.elapsed()) {
            let received = self.line.receive(&mut buffer, left).map_err(Lost::Broken)?;
            let now = self.pace.elapsed();
            match exchange.hear(&mut self.replies, &buffer[..received], now) {
                None => {}
                Some(Heard::Answer(answer)) => return Ok(answer),
                Some(Heard::Wait(progress)) => on_progress(progress),
                Some(Heard::Damaged) => return Err(Lost::Damaged),
            }
        }
        Err(Lost::Silent)
    }
}

/// Whether waiting does not help: what is there is no port.
fn is_for_good(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
    )
}

/// Why there is no answer. Whether the device obeyed is not known, but for [`Lost::NoLine`]: it was not asked.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The line could not be opened.
    #[error("the line cannot be opened ({0})")]
    NoLine(io::Error),
    /// The line broke.
    #[error("the line broke ({0})")]
    Broken(io::Error),
    /// No answer came in time.
    #[error("no answer came in time")]
    Silent,
    /// An answer was damaged on the way.
    #[error("an answer was damaged on the way")]
    Damaged,
}

/// Why a device could not be asked, or did not obey.
#[derive(Debug, thiserror::Error)]
pub enum HostFault {
    /// The line could not be opened.
    #[error(
        "no line to the device ({cause}): plug it in, name the right port, or end the other program that uses it"
    )]
    NoLine {
        /// What the system says.
        cause: io::Error,
    },
    /// The line broke again and again.
    #[error(
        "the line to the device broke {attempts} times ({cause}): plug the device in anew, or use another cable"
    )]
    Broken {
        /// What the system says.
        cause: io::Error,
        /// How often it was asked.
        attempts: u32,
    },
    /// Nothing answered.
    #[error(
        "{command} was asked {attempts} times and not answered: unplug the device, plug it in again, and check that \
         this port is its port"
    )]
    Silent {
        /// What was asked.
        command: Command,
        /// How often.
        attempts: u32,
    },
    /// Answers come damaged.
    #[error("the answer to {command} came damaged again and again: use another cable or another USB port")]
    Damaged {
        /// What was asked.
        command: Command,
    },
    /// The answer is in no form that is known here.
    #[error("the answer to {command} is not one of protocol version 1: update this program, or the device")]
    Foreign {
        /// What was asked.
        command: Command,
    },
    /// The device answered that it does not.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl HostFault {
    /// The stable code; of a refusal the device's.
    pub fn code(&self) -> &str {
        match self {
            Self::NoLine { .. } => "no_line",
            Self::Broken { .. } => "broken_line",
            Self::Silent { .. } => "silent",
            Self::Damaged { .. } => "damaged",
            Self::Foreign { .. } => "foreign",
            Self::Refused(refusal) => &refusal.code,
        }
    }
}
