//! Requests as a host sends them.

use core::fmt::{self, Display, Write as _};

use fiscal::RecordHash;

use crate::{
    base64url::Base64Url,
    frame::{FrameWriter, Output},
    request::{Addressed, Command, FirmwareAsked, LogKey, Request},
};

impl Addressed<'_> {
    /// Writes the content of a frame.
    pub(crate) fn write<O: Output + ?Sized>(&self, frame: &mut FrameWriter<'_, O>) {
        // A frame takes everything.
        let _ = self.write_head(frame);
        match self.request {
            Request::Prepare(payload) => frame.bytes(payload),
            ref request => {
                let _ = write!(frame, "{}", Object(request));
            }
        }
    }

    fn write_head(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let command = self.request.command();
        write!(out, "{command}")?;
        if let Some(correlation) = self.correlation {
            write!(out, "@{correlation}")?;
        }
        if command == Command::Status { Ok(()) } else { out.write_char(' ') }
    }
}

/// For logs: a payload is not written out.
impl Display for Addressed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        match self.request {
            Request::Prepare(payload) => write!(f, "({} bytes)", payload.len()),
            ref request => Object(request).fmt(f),
        }
    }
}

/// What follows the command. No string in it needs an escape but the breaks of a PEM.
struct Object<'r, 'a>(&'r Request<'a>);

impl Display for Object<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Request::Prepare(_) | Request::Status => Ok(()),
            Request::Commit(nonce) => write!(f, r#"{{"nonce":"{nonce}"}}"#),
            Request::Log(LogKey { epoch: Some(epoch), number }) => write!(f, "{epoch}/{number}"),
            Request::Log(LogKey { epoch: None, number }) => write!(f, "{number}"),
            Request::Proof { challenge } => write!(f, r#"{{"challenge":"{}"}}"#, RecordHash(*challenge)),
            Request::Closure(date) => write!(f, r#"{{"date":"{date}"}}"#),
            Request::Snapshot(period) => write!(f, r#"{{"period":"{}"}}"#, period.as_str()),
            Request::Articles(asked) => {
                write!(f, r#"{{"since":"{}","until":"{}""#, asked.since, asked.until)?;
                if let Some(after) = asked.after {
                    write!(f, r#","after":"{}""#, after.as_str())?;
                }
                f.write_char('}')
            }
            Request::Dump(asked) => {
                write!(f, r#"{{"format":"{}","after":{}}}"#, asked.format.as_str(), asked.after)
            }
            Request::Reset(token) => write!(f, r#"{{"dgi_authorization":"{}"}}"#, token.as_str()),
            Request::SetTime(time) => {
                let signature = Base64Url(time.signature.as_bytes());
                write!(f, r#"{{"timestamp":"{}","signature":"{signature}""#, time.timestamp)?;
                if let Some(newest) = time.newest {
                    write!(f, r#","newest":"{newest}""#)?;
                }
                f.write_char('}')
            }
            Request::Initialise(init) => {
                write!(f, r#"{{"activation_code":"{}","public_key":""#, init.activation_code.as_str())?;
                init.public_key.to_pem().split('\n').try_for_each(|line| {
                    f.write_str(line)?;
                    if line.is_empty() { Ok(()) } else { f.write_str(r"\n") }
                })?;
                f.write_str(r#""}"#)
            }
            Request::Firmware(FirmwareAsked::Piece(piece)) => {
                write!(f, r#"{{"offset":{},"data":"{}"}}"#, piece.offset, piece.as_str())
            }
            Request::HandOver(token)
            | Request::Acknowledge(token)
            | Request::Manifest(token)
            | Request::Firmware(FirmwareAsked::Order(token))
            | Request::State(token) => write!(f, r#"{{"token":"{}"}}"#, token.as_str()),
        }
    }
}
