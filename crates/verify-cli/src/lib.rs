//! `verify qr`, `verify payload`, `verify journal`, `verify export`: the referee at a terminal.
//!
//! `stelala` offers these commands among its own, and `stelala-verify` offers nothing else, as one static file that an
//! inspector or a court can keep. The answer is in French unless `--lang en`; the exit code is 0 when all is true,
//! 1 when something is false, 2 when the question could not be asked.

mod audit_args;
#[cfg(feature = "aws-lc")]
mod aws_lc;
mod command;
mod export;
mod input;
mod progress;
mod render;
mod trust_args;
mod trust_file;

use std::io::{self, Write};

#[cfg(feature = "aws-lc")]
pub use aws_lc::AwsLcCheck;
pub use command::{Lang, VerifyCommand};
pub use input::InputFault;
pub use trust_file::TrustFileFault;

/// What a command answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to print.
    pub text: String,
    /// Whether all is true.
    pub valid: bool,
}

impl Answer {
    /// Prints the answer, and says what the process ends with. An answer that could not be printed is none.
    pub fn print(&self) -> io::Result<u8> {
        let mut out = io::stdout().lock();
        out.write_all(self.text.as_bytes())?;
        out.flush()?;
        Ok(u8::from(!self.valid))
    }
}

/// What the process ends with when the question could not be asked, or the answer not be printed.
pub const UNUSABLE_INPUT: u8 = 2;
