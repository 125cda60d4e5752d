//! The line to a device: requests in the host's words, replies checked.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use def_client::{Address, HostPace, Line, Pace, Port};

use crate::{
    census::Census,
    document,
    frame::{Form, Frame},
    reply::{Reply, Status},
    shape, trace,
};

/// A host that knows the document and nothing else.
pub struct Wire {
    port: Port,
    pace: HostPace,
    census: Arc<Census>,
    received: Vec<u8>,
    asked: u32,
}

/// How long a device that was just started may take until its line is there.
const START: Duration = Duration::from_secs(20);
/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_millis(250);
/// A machine that is busy with other devices is not the device: what it may add to a deadline.
const SLACK: Duration = Duration::from_secs(3);

impl Wire {
    /// Opens the line at a path, as soon as there is one.
    pub fn open(path: &Path, census: Arc<Census>) -> Result<Self> {
        let Ok(address) = path.to_string_lossy().parse::<Address>();
        let mut wire = Self {
            port: Port::new(&address),
            pace: HostPace::start(),
            census,
            received: Vec::new(),
            asked: 0,
        };
        wire.reopen()?;
        Ok(wire)
    }

    /// Closes the line, as a host that ends.
    pub fn close(&mut self) {
        self.port.close();
        self.received.clear();
    }

    /// Opens it, or closes it and opens it anew. What was on its way is lost.
    pub fn reopen(&mut self) -> Result<()> {
        self.close();
        let until = self.pace.elapsed() + START;
        loop {
            match self.port.open() {
                Ok(()) => return Ok(()),
                Err(fault) if self.pace.elapsed() > until => {
                    return Err(fault).context("the line does not open");
                }
                Err(_) => self.pace.pause(Duration::from_millis(10)),
            }
        }
    }

    /// Asks with a correlation of its own and a CRC, and gives the last reply.
    pub fn ask(&mut self, request: &str) -> Result<Reply> {
        self.asked += 1;
        let correlation = format!("c{}", self.asked);
        let command = command_of(request);
        let content = format!("{command}@{correlation}{}", &request[command.len()..]);
        self.send(&Form::Crc.frame(content.as_bytes()))?;
        let reply = self.answer(command, request, Form::Crc)?;
        ensure!(
            reply.correlation.as_ref() == Some(&correlation),
            "the reply to {correlation} says {:?}",
            reply.correlation
        );
        Ok(reply)
    }

    /// Sends the content as it is in a frame of a form, and gives the last reply, which has the same form.
    pub fn ask_as(&mut self, content: &[u8], form: Form) -> Result<Reply> {
        self.send(&form.frame(content))?;
        self.answer_in(form)
    }

    /// The reply to something that was sent.
    pub fn answer_in(&mut self, form: Form) -> Result<Reply> {
        self.answer("", "", form)
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        trace::note('>', bytes);
        self.census.asked();
        self.port.send(bytes).context("the line takes no bytes")
    }

    /// The next frame, if one comes in time.
    pub fn frame(&mut self, patience: Duration) -> Result<Option<Frame>> {
        let until = self.pace.elapsed() + patience;
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(frame) = Frame::take(&mut self.received)? {
                trace::note('<', &frame.content);
                return Ok(Some(frame));
            }
            let Some(left) = until.checked_sub(self.pace.elapsed()) else { return Ok(None) };
            let length = self.port.receive(&mut buffer, left).context("the line broke")?;
            self.received.extend_from_slice(&buffer[..length]);
        }
    }

    /// Nothing comes.
    pub fn silent(&mut self) -> Result<()> {
        match self.frame(SILENCE)? {
            None => Ok(()),
            Some(frame) => bail!("nothing was to come, but: {}", String::from_utf8_lossy(&frame.content)),
        }
    }

    /// Time since some moment in the past.
    pub fn elapsed(&mut self) -> Duration {
        self.pace.elapsed()
    }

    fn answer(&mut self, command: &str, request: &str, form: Form) -> Result<Reply> {
        let patience = Duration::from_secs(document::deadline_seconds(command)) + SLACK;
        loop {
            let begun = self.pace.elapsed();
            let frame = self
                .frame(patience)?
                .with_context(|| format!("no answer to {command} within {patience:?}"))?;
            ensure!(frame.form == form, "a reply has the form of its request: {:?} to {form:?}", frame.form);
            let reply = Reply::read(&frame)?;
            self.census.answered(command, self.pace.elapsed() - begun, frame.content.len(), reply.code());
            match (reply.status()?, shape::example_of(command, request)) {
                (Status::Wait, _) => continue,
                (Status::Ok, Some(example)) => shape::check(&document::example_json(example), &reply.value)?,
                _ => {}
            }
            return Ok(reply);
        }
    }
}

/// What stands before the object, and before a correlation.
pub fn command_of(request: &str) -> &str {
    request.split([' ', '\t', '{', '@']).next().unwrap_or(request)
}
