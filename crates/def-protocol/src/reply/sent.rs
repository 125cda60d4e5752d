//! The envelope of a reply, as a host finds it.

use core::str;

use serde::Deserialize;

use crate::correlation::Correlation;

/// A reply's content: `[@17 ]{...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent<'a> {
    /// To which request it is, if the request said.
    pub correlation: Option<Correlation>,
    /// The answer.
    pub json: &'a str,
}

impl<'a> Sent<'a> {
    /// Takes the content of a frame apart; none when it is no reply.
    pub fn read(content: &'a [u8]) -> Option<Self> {
        let (correlation, json) = match content {
            [b'@', rest @ ..] => {
                let (correlation, rest) = Correlation::read(rest).ok()?;
                (Some(correlation), rest)
            }
            json => (None, json),
        };
        let json = str::from_utf8(json).ok()?.trim_matches([' ', '\t']);
        Some(Self { correlation, json })
    }
}

/// The first thing to read in an answer: which shape the rest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Probe {
    /// What became of the request.
    pub status: Verdict,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Verdict {
    /// It was obeyed; the answer has the request's own shape.
    #[serde(rename = "OK")]
    Ok,
    /// It was not: [`super::Refused`].
    #[serde(rename = "ERR")]
    Err,
    /// The answer is being made: [`super::Waiting`]. Another frame follows.
    #[serde(rename = "WAIT")]
    Wait,
}
