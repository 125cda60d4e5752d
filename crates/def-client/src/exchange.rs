//! One request and what comes back; it sends nothing and waits for nothing itself.

use std::time::Duration;

use def_protocol::{
    Addressed, Checksum, Command, Correlation, ErrorCode, FrameReader, FrameWriter, Output, REPLY_BYTES,
    Request,
    reply::{Probe, Sent, Verdict},
};

use crate::answer::{Answer, Progress, Refusal};

/// A request that was framed, and waits for its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    frame: Vec<u8>,
    correlation: Correlation,
    patience: Duration,
    deadline: Duration,
    /// Signs of life do not move the deadline beyond this.
    end: Duration,
    longest: Duration,
}

/// In deadlines: how long a device may say that it is at it. A closure of a full journal takes minutes, a seal does not.
const QUICK: u32 = 6;
const LONG: u32 = 180;

/// What a frame told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The answer.
    Answer(Answer),
    /// A sign of life: the deadline is a new one.
    Wait(Progress),
    /// A frame that was damaged on the way. It may have been the answer.
    Damaged,
}

/// Finds the frames of replies in a stream.
pub(crate) type Replies = FrameReader<Box<[u8]>>;

/// Room for the longest reply.
pub(crate) fn replies() -> Replies {
    FrameReader::new(vec![0; REPLY_BYTES].into_boxed_slice())
}

impl Exchange {
    /// With a correlation that was never used before, and a CRC.
    pub(crate) fn begin(request: Request<'_>, correlation: Correlation) -> Self {
        let mut frame = Bytes(Vec::new());
        let patience = Duration::from_millis(request.command().deadline_ms().into());
        let deadlines = match request.command() {
            Command::Prepare | Command::Commit | Command::Status | Command::Log => QUICK,
            _ => LONG,
        };
        let addressed = Addressed { correlation: Some(correlation), request };
        FrameWriter::write_request(&mut frame, &addressed, Checksum::Crc32);
        let longest = patience * deadlines;
        Self { frame: frame.0, correlation, patience, deadline: patience, end: longest, longest }
    }

    /// All of it is on its way: the deadline counts from here.
    pub(crate) fn sent(&mut self, now: Duration) {
        self.deadline = now.saturating_add(self.patience);
        self.end = now.saturating_add(self.longest);
    }

    /// What is sent.
    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// How long to wait still; none when the answer is lost.
    pub(crate) fn left(&self, now: Duration) -> Option<Duration> {
        self.deadline.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Takes bytes up to the first frame that concerns this request. What stands after it concerns no one: a device
    /// answers each request once.
    pub(crate) fn hear(&mut self, replies: &mut Replies, bytes: &[u8], now: Duration) -> Option<Heard> {
        let mut heard = None;
        for byte in bytes {
            let Some(frame) = replies.push(*byte) else { continue };
            let told = match frame {
                Ok(()) => self.understand(replies.content()),
                Err(_) => Some(Heard::Damaged),
            };
            // After a sign of life, what follows it counts more.
            if !matches!(heard, Some(Heard::Answer(_) | Heard::Damaged)) {
                heard = told.or(heard);
            }
        }
        if let Some(Heard::Wait(_)) = heard {
            self.deadline = now.saturating_add(self.patience).min(self.end);
        }
        heard
    }

    /// None for what is no answer to this request: late, doubled, or none at all.
    fn understand(&self, content: &[u8]) -> Option<Heard> {
        let sent = Sent::read(content)?;
        let Probe { status } = serde_json::from_str(sent.json).ok()?;
        let ours = sent.correlation == Some(self.correlation);
        match status {
            Verdict::Ok if ours => Some(Heard::Answer(Answer::Done(sent.json.to_owned()))),
            Verdict::Wait if ours => serde_json::from_str(sent.json).ok().map(Heard::Wait),
            Verdict::Err => {
                let refusal = Refusal::read(sent.json)?;
                // A request whose correlation could not be read is answered without one.
                let of_damage =
                    sent.correlation.is_none() && refusal.known() == Some(ErrorCode::FrameInvalid);
                (ours || of_damage).then_some(Heard::Answer(Answer::Refused(refusal)))
            }
            Verdict::Ok | Verdict::Wait => None,
        }
    }
}

struct Bytes(Vec<u8>);

impl Output for Bytes {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// Correlations that no other request had, also not one of an earlier program on the same line.
#[derive(Debug)]
pub(crate) struct Correlations {
    /// Random, so that programs do not share it.
    program: u32,
    next: u32,
}

impl Correlations {
    pub(crate) const fn new(program: u32) -> Self {
        Self { program, next: 0 }
    }

    pub(crate) fn next(&mut self) -> Correlation {
        self.next = self.next.wrapping_add(1);
        // Sixteen hexadecimal digits are a correlation.
        let text = format!("{:08x}{:08x}", self.program, self.next);
        text.parse().expect("sixteen letters and digits are a correlation")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Request<'_> = Request::Status;

    fn frame(text: &str) -> Vec<u8> {
        let mut out = Bytes(Vec::new());
        let mut writer = FrameWriter::begin(&mut out, None, Checksum::Crc32);
        writer.bytes(text.as_bytes());
        writer.finish();
        out.0
    }

    fn exchange() -> (Exchange, Replies) {
        let mut exchange = Exchange::begin(STATUS, Correlations::new(7).next());
        exchange.sent(Duration::ZERO);
        (exchange, replies())
    }

    fn hear(text: &str) -> Option<Heard> {
        let (mut exchange, mut replies) = exchange();
        exchange.hear(&mut replies, &frame(text), Duration::ZERO)
    }

    #[test]
    fn an_answer_is_taken_by_its_correlation_however_it_is_cut() {
        let bytes = frame(r#"@0000000700000001 {"status":"OK"}"#);
        for cut in 0..bytes.len() {
            let (mut exchange, mut replies) = exchange();
            assert_eq!(exchange.hear(&mut replies, &bytes[..cut], Duration::ZERO), None);
            let heard = exchange.hear(&mut replies, &bytes[cut..], Duration::ZERO);
            assert_eq!(heard, Some(Heard::Answer(Answer::Done(r#"{"status":"OK"}"#.into()))));
        }
    }

    #[test]
    fn answers_to_other_requests_and_noise_are_dropped() {
        for other in [
            r#"@0000000700000002 {"status":"OK"}"#,
            r#"{"status":"OK"}"#,
            r#"@0000000800000001 {"status":"ERR","code":"NOT_FOUND","detail":""}"#,
            r#"{"status":"ERR","code":"NOT_FOUND","detail":""}"#,
            r#"@0000000700000002 {"status":"WAIT","done":1,"total":2}"#,
            "@0000000700000001 hello",
            r#"@0000000700000001 {"status":"WAIT"}"#,
        ] {
            assert_eq!(hear(other), None, "{other}");
        }
    }

    #[test]
    fn a_late_answer_before_the_right_one_does_not_hide_it() {
        let (mut exchange, mut replies) = exchange();
        let mut bytes = frame(r#"@0000000700000000 {"status":"OK","late":true}"#);
        bytes.extend(frame(r#"@0000000700000001 {"status":"OK"}"#));
        bytes.extend(frame(r#"@0000000700000001 {"status":"OK","doubled":true}"#));
        let heard = exchange.hear(&mut replies, &bytes, Duration::ZERO);
        assert_eq!(heard, Some(Heard::Answer(Answer::Done(r#"{"status":"OK"}"#.into()))));
    }

    #[test]
    fn a_request_that_arrived_damaged_is_answered_without_its_correlation() {
        let heard = hear(r#"{"status":"ERR","code":"FRAME_INVALID","detail":"again"}"#);
        assert!(
            matches!(heard, Some(Heard::Answer(Answer::Refused(refusal))) if refusal.code == "FRAME_INVALID")
        );
    }

    #[test]
    fn a_code_of_a_newer_device_is_a_refusal_that_needs_a_person() {
        let heard =
            hear(r#"@0000000700000001 {"status":"ERR","code":"TOO_HOT","detail":"wait","degrees":81}"#);
        let Some(Heard::Answer(Answer::Refused(refusal))) = heard else { panic!("{heard:?}") };
        assert_eq!((refusal.known(), refusal.remedy()), (None, def_protocol::Remedy::Person));
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out_of_a_refusal() {
        let heard =
            hear(r#"@0000000700000001 {"status":"ERR","code":"NEW\n","detail":"a\u001b[2Jb\u009bc"}"#);
        let Some(Heard::Answer(Answer::Refused(refusal))) = heard else { panic!("{heard:?}") };
        assert_eq!((refusal.code.as_str(), refusal.detail.as_str()), ("NEW", "a[2Jbc"));
    }

    #[test]
    fn a_sign_of_life_gives_a_new_deadline_and_silence_ends_at_the_old_one() {
        let (mut exchange, mut replies) = exchange();
        let seconds = Duration::from_secs;
        assert_eq!(exchange.left(seconds(2)), None);
        let wait = frame(r#"@0000000700000001 {"status":"WAIT","done":1,"total":2}"#);
        let heard = exchange.hear(&mut replies, &wait, seconds(1));
        assert_eq!(heard, Some(Heard::Wait(Progress { done: 1, total: 2 })));
        assert_eq!(exchange.left(seconds(2)), Some(seconds(1)));
        assert_eq!(exchange.left(seconds(3)), None);
    }

    #[test]
    fn signs_of_life_are_believed_for_a_while_and_not_for_ever() {
        let (mut exchange, mut replies) = exchange();
        let wait = frame(r#"@0000000700000001 {"status":"WAIT","done":1,"total":2}"#);
        let mut now = Duration::ZERO;
        while exchange.left(now).is_some() {
            now += Duration::from_secs(1);
            exchange.hear(&mut replies, &wait, now);
            assert!(now < Duration::from_secs(60), "it waits for ever");
        }
        assert_eq!(now, Duration::from_secs(12));
    }

    #[test]
    fn the_deadline_counts_from_the_end_of_the_request() {
        let mut exchange = Exchange::begin(STATUS, Correlations::new(7).next());
        exchange.sent(Duration::from_secs(30));
        assert_eq!(exchange.left(Duration::from_secs(30)), Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut bytes = frame(r#"@0000000700000001 {"status":"OK"}"#);
        bytes[20] ^= 1;
        let (mut exchange, mut replies) = exchange();
        assert_eq!(exchange.hear(&mut replies, &bytes, Duration::ZERO), Some(Heard::Damaged));
    }
}
