//! The way back to the host.

use def_protocol::Output;

use crate::line::{Line, Offered};

/// How long a host may take nothing before what does not fit the queue is dropped, in milliseconds.
pub const PATIENCE_MS: u64 = 2_000;

/// How a board lets time pass while an answer waits for its host.
pub trait Pace {
    /// Milliseconds since some moment; they never go back.
    fn milliseconds(&mut self) -> u64;

    /// Lets a little time pass: at most some milliseconds, also when no interrupt comes. A board feeds its watchdog
    /// here.
    fn pause(&mut self);
}

impl<P: Pace + ?Sized> Pace for &mut P {
    fn milliseconds(&mut self) -> u64 {
        (**self).milliseconds()
    }

    fn pause(&mut self) {
        (**self).pause();
    }
}

/// Where the engine's answers go: to the host whose bytes were taken last, while it is there.
///
/// Pieces are gathered into whole packets. A frame's end, and the end of this value, lets out what is left.
pub struct Answers<'l, P: Pace> {
    line: &'l Line,
    pace: P,
}

impl<'l, P: Pace> Answers<'l, P> {
    pub(crate) const fn new(line: &'l Line, pace: P) -> Self {
        Self { line, pace }
    }

    /// Waits until the host took everything, or went, or takes nothing: before a restart. The controller may hold one
    /// packet still; it is gone within some milliseconds if the host takes anything at all.
    pub fn drain(&mut self) {
        self.line.release();
        let mut waited = Waited::default();
        let mut left = usize::MAX;
        while self.line.unsent() > 0 {
            if self.line.unsent() != left {
                left = self.line.unsent();
                waited = Waited::default();
            }
            if waited.too_long(&mut self.pace) {
                return;
            }
        }
    }
}

impl<P: Pace> Output for Answers<'_, P> {
    fn send(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut waited = Waited::default();
        while !rest.is_empty() {
            match self.line.offer(rest) {
                Offered::Taken(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    waited = Waited::default();
                }
                Offered::Full if waited.too_long(&mut self.pace) => self.line.give_up(),
                Offered::Full => {}
                Offered::Lost => return,
            }
        }
    }
}

impl<P: Pace> Drop for Answers<'_, P> {
    fn drop(&mut self) {
        self.line.release();
    }
}

/// How long something was waited for.
#[derive(Default)]
struct Waited {
    since: Option<u64>,
}

impl Waited {
    /// Pauses, unless that was long enough already.
    fn too_long(&mut self, pace: &mut impl Pace) -> bool {
        let now = pace.milliseconds();
        let since = *self.since.get_or_insert(now);
        if now.saturating_sub(since) >= PATIENCE_MS {
            return true;
        }
        pace.pause();
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

    use std::vec::Vec;

    use super::*;
    use crate::line::{
        Change, OUTGOING_BYTES, PACKET_BYTES,
        tests::{asked, fetch},
    };

    /// A host that fetches a packet each so many pauses of a millisecond.
    struct Reading<'l> {
        line: &'l Line,
        every: u64,
        now: u64,
        got: Vec<u8>,
    }

    impl<'l> Reading<'l> {
        fn every(line: &'l Line, every: u64) -> Self {
            Self { line, every, now: 0, got: Vec::new() }
        }
    }

    impl Pace for Reading<'_> {
        fn milliseconds(&mut self) -> u64 {
            self.now
        }

        fn pause(&mut self) {
            self.now += 1;
            if self.now.is_multiple_of(self.every) {
                self.got.extend(fetch(self.line).unwrap_or_default());
            }
        }
    }

    fn long() -> Vec<u8> {
        (0..OUTGOING_BYTES + 1_000).map(|index| b'a' + (index % 23) as u8).collect()
    }

    #[test]
    fn a_host_is_waited_for_while_it_takes_anything_at_all() {
        let line = asked();
        let mut host = Reading::every(&line, PATIENCE_MS - 1);
        line.answers(&mut host).send(&long());
        line.answers(&mut host).drain();
        assert_eq!(host.got, long());
    }

    #[test]
    fn a_host_that_takes_nothing_is_waited_for_once() {
        let line = asked();
        let mut host = Reading::every(&line, u64::MAX);
        let mut answers = line.answers(&mut host);
        answers.send(&long());
        answers.send(&long());
        answers.drain();
        drop(answers);
        assert_eq!(line.unsent(), OUTGOING_BYTES, "what was taken waits for it");
        assert_eq!(host.now, 2 * PATIENCE_MS, "once for the answers and once to drain");
    }

    #[test]
    fn a_host_that_took_something_again_is_waited_for_again() {
        let line = asked();
        let mut host = Reading::every(&line, u64::MAX);
        line.answers(&mut host).send(&long());
        assert_eq!(host.now, PATIENCE_MS);
        fetch(&line).unwrap();
        line.answers(&mut host).send(b"\x02");
        line.answers(&mut host).send(&long());
        assert_eq!(host.now, 2 * PATIENCE_MS);
    }

    #[test]
    fn no_host_is_not_waited_for() {
        let line = asked();
        line.change(Change::Dtr(false));
        let mut host = Reading::every(&line, 1);
        let mut answers = line.answers(&mut host);
        answers.send(&long());
        answers.drain();
        drop(answers);
        assert_eq!(host.now, 0);
    }

    #[test]
    fn pieces_are_gathered_until_a_frame_or_the_answers_end() {
        let line = asked();
        let mut host = Reading::every(&line, 1);
        let mut answers = line.answers(&mut host);
        answers.send(b"\x02one");
        assert_eq!(fetch(&line), None);
        answers.send(b"\x03\x02tw");
        assert_eq!(fetch(&line).unwrap(), b"\x02one\x03");
        assert_eq!(fetch(&line), None);
        answers.send(&[b'o'; PACKET_BYTES]);
        assert_eq!(fetch(&line).unwrap().len(), PACKET_BYTES);
        assert_eq!(fetch(&line), None);
        drop(answers);
        assert_eq!(fetch(&line).unwrap(), b"ooo");
    }
}
