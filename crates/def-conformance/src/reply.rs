//! A reply, and what section 4 says of every reply.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{document, frame::Frame, shape};

/// What a device said.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The correlation that it begins with.
    pub correlation: Option<String>,
    /// The object.
    pub value: Value,
    /// The object as it came.
    pub json: String,
}

/// What every reply says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Obeyed.
    Ok,
    /// Not obeyed.
    Err,
    /// Another frame follows.
    Wait,
}

impl Reply {
    /// Reads a reply and checks what holds for all.
    pub fn read(frame: &Frame) -> Result<Self> {
        let most = document::limit("a reply");
        ensure!(
            frame.content.len() <= most,
            "a reply of {} bytes is longer than {most}",
            frame.content.len()
        );
        let text = std::str::from_utf8(&frame.content).context("a reply is UTF-8")?;
        let (correlation, json) = match text.strip_prefix('@') {
            Some(rest) => {
                let (correlation, json) = rest.split_once(' ').context("a space follows a correlation")?;
                (Some(correlation.to_owned()), json)
            }
            None => (None, text),
        };
        ensure!(json.starts_with(r#"{"status":""#), "the first member is not status: {json:.80}");
        ensure!(!has_white_space(json), "a reply has white space");
        let value: Value = serde_json::from_str(json).with_context(|| format!("no JSON: {json:.200}"))?;
        let reply = Self { correlation, value, json: json.to_owned() };
        match reply.status()? {
            Status::Ok => {}
            Status::Err => reply.check_refusal()?,
            Status::Wait => shape::check(&document::example_json("reply-wait"), &reply.value)?,
        }
        Ok(reply)
    }

    /// Its first member.
    pub fn status(&self) -> Result<Status> {
        match self.value["status"].as_str() {
            Some("OK") => Ok(Status::Ok),
            Some("ERR") => Ok(Status::Err),
            Some("WAIT") => Ok(Status::Wait),
            other => bail!("a status that is none: {other:?}"),
        }
    }

    /// The code of a refusal.
    pub fn code(&self) -> Option<&str> {
        self.value["code"].as_str()
    }

    /// Code and correlation, which many cases compare together.
    pub fn named(&self) -> (Option<&str>, Option<&str>) {
        (self.code(), self.correlation.as_deref())
    }

    fn check_refusal(&self) -> Result<()> {
        let code = self.code().context("a refusal has a code")?;
        ensure!(document::codes().iter().any(|known| known.name == code), "the document has no code {code}");
        ensure!(
            self.value["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
            "{code} has no detail"
        );
        if code == "REPLAY_DETECTED" {
            shape::check(&document::example_json("reply-error"), &self.value)?;
        }
        Ok(())
    }
}

fn has_white_space(json: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    json.bytes().any(|byte| {
        let outside = !inside;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => inside = !inside,
            _ => {}
        }
        outside && byte.is_ascii_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Form;

    fn read(content: &str) -> Result<Reply> {
        Reply::read(&Frame { content: content.into(), form: Form::Crc })
    }

    #[test]
    fn what_section_4_says_of_every_reply_is_looked_at() {
        let reply = read(r#"@17 {"status":"OK","a":"b c \" d"}"#).unwrap();
        assert_eq!(reply.correlation.as_deref(), Some("17"));
        for wrong in [
            r#"{"a":1,"status":"OK"}"#,
            r#"{"status":"OK", "a":1}"#,
            r#"{"status":"GOOD"}"#,
            r#"{"status":"OK""#,
            r#"{"status":"ERR","code":"TOO_HOT","detail":"d"}"#,
            r#"{"status":"ERR","code":"NOT_FOUND","detail":""}"#,
            r#"{"status":"ERR","code":"REPLAY_DETECTED","detail":"d","epoch":0}"#,
            r#"{"status":"WAIT","done":1}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
