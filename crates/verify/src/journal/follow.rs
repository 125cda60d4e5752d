//! Whether a record follows the one before.

use fiscal::{
    DeviceId, Epoch, EventKind, InvoiceNumber, KeyId, Position, Record, RecordHash, Subject, Timestamp,
};

use super::Referee;
use crate::{
    closure::Opening,
    finding::Rule,
    line::{Close, Enter, Said},
};

/// What the next record has to follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) device: DeviceId,
    pub(super) epoch: Epoch,
    pub(super) number: Option<InvoiceNumber>,
    /// Whether `number` is known: a file may begin in the middle of a chain, before the first invoice in it.
    pub(super) number_known: bool,
    pub(super) time: Timestamp,
    pub(super) hash: RecordHash,
    /// What the signer has come to, also of one that `signers` has no room for.
    pub(super) signer: LastOfSigner,
}

/// The newest record of one signer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastOfSigner {
    position: u64,
    counter: u64,
    standing: Standing,
    /// The key that it seals with now, of one that says so in its records.
    key: Option<KeyId>,
}

/// Whether a signer may give numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Holds,
    Closed,
    /// It was bound to its outlet, and not given the line yet.
    StandsBy,
}

/// What a record says, as far as that bears on its place.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// Whether it says which key seals from now on.
    pub(super) announced: bool,
    /// What it says of the line; none where it says nothing, or not in its form.
    pub(super) said: Option<&'a Said>,
    /// Whether it does say something of the line that is in its form, or its body is not there.
    pub(super) excused: bool,
    pub(super) opening: Opening,
}

/// What following a record came to.
#[derive(Clone, Copy)]
pub(super) struct Followed {
    pub(super) last: Last,
    /// Whether it goes on from another signer's record before it in the file.
    pub(super) merged: bool,
}

struct Expected {
    position: u64,
    previous: [RecordHash; 2],
    number: Option<InvoiceNumber>,
    number_known: bool,
    /// Whether the signer could give numbers.
    standing: Standing,
    /// Whether the signer says in its records which key it seals with.
    binds: bool,
}

impl Referee<'_> {
    /// So many signers of an epoch are remembered for when they take over again; how often others do is counted. A
    /// hostile file must not fill the memory, and an outlet has a few.
    const MOST_SIGNERS: usize = 64;

    /// Whether the record follows the one before; what the next one has to follow.
    pub(super) fn judge_place(&mut self, record: &Record, hash: RecordHash, told: &Told<'_>) -> Followed {
        let (header, link) = (&record.header, &record.link);
        let merged = self.last.is_some_and(|last| last.device != header.device && last.epoch == header.epoch);
        let expected = self.expected(record, told);
        if self.last.is_some_and(|last| header.epoch < last.epoch) {
            self.find(Rule::EpochBack);
        }
        // A new epoch is a new chain, opened by the authority's word with a time of its own.
        if self.last.is_some_and(|last| header.epoch <= last.epoch && header.time < last.time) {
            self.find(Rule::TimeBack);
        }
        if link.position.value() != expected.position {
            self.find(Rule::PositionGap);
        }
        if !expected.previous.contains(&link.previous) {
            self.find(Rule::ChainBroken);
        }
        let (mut number, mut number_known) = (expected.number, expected.number_known);
        if let Some(facts) = header.invoice() {
            let next = number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
            if number_known && next != Some(facts.number) {
                self.find(Rule::NumberGap);
            }
            (number, number_known) = (Some(facts.number), true);
        }
        if let Some(Said::Close(close)) = told.said {
            self.judge_close(close, record, number.filter(|_| number_known), number_known);
        }
        let standing = match header.subject {
            Subject::Event(EventKind::Close) => Standing::Closed,
            Subject::Event(EventKind::HandOver) => Standing::Holds,
            _ => expected.standing,
        };
        let key = (told.announced || expected.binds).then_some(header.key);
        let signer = LastOfSigner { position: link.position.value(), counter: link.counter, standing, key };
        if self.signers.len() < Self::MOST_SIGNERS || self.signers.contains_key(&header.device) {
            self.signers.insert(header.device, signer);
        }
        let (device, epoch, time) = (header.device, header.epoch, header.time);
        Followed { last: Last { device, epoch, number, number_known, time, hash, signer }, merged }
    }

    /// What the record must be, given the one before.
    fn expected(&mut self, record: &Record, told: &Told<'_>) -> Expected {
        let (header, link) = (&record.header, &record.link);
        let enters = header.subject == Subject::Event(EventKind::HandOver);
        let Some(last) = self.last else {
            return self.expected_first(record, told);
        };
        if header.epoch != last.epoch {
            // A new epoch begins at 1, tied to the old one if that could still be read.
            self.signers.clear();
            self.verdict.untied_epochs += u64::from(link.previous == RecordHash::NONE);
            let (standing, number, number_known) = begun(told.opening);
            let previous = [last.hash, RecordHash::NONE];
            return Expected { position: 1, previous, number, number_known, standing, binds: false };
        }
        // The same signer, or one that takes over in good order and goes on with the numbers (L2).
        let signer = if header.device == last.device {
            Some(last.signer)
        } else {
            self.signers.get(&header.device).copied()
        };
        self.judge_succession(&last, record, signer, told.announced);
        let position = match signer {
            Some(signer) => signer.position.saturating_add(1),
            None if self.signers.len() < Self::MOST_SIGNERS => 1,
            // It may have sealed in this epoch before, or not.
            None => {
                self.verdict.takeovers_unchecked += 1;
                link.position.value()
            }
        };
        let standing = signer.map_or_else(|| begun(told.opening).0, |signer| signer.standing);
        let binds = signer.is_some_and(|signer| signer.key.is_some());
        let Last { number, number_known, hash, .. } = last;
        let expected = Expected { position, previous: [hash; 2], number, number_known, standing, binds };
        if enters && header.device == last.device && link.previous != hash {
            return self.entered_alone(record, told, expected, Some(hash));
        }
        if let Some(Said::Enter(enter)) = told.said {
            let next = number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
            if enter.close != link.previous || number_known && next != Some(enter.next_number) {
                self.find(Rule::HandOverMismatch);
            }
        }
        expected
    }

    /// The first of a file may stand anywhere; only the first of all has no one before it.
    fn expected_first(&mut self, record: &Record, told: &Told<'_>) -> Expected {
        let (header, link) = (&record.header, &record.link);
        let origin = link.previous == RecordHash::NONE;
        let opens = header.subject == Subject::Event(EventKind::Epoch);
        // Positions and numbers begin with the first of all, and again with an epoch.
        let begins = origin || opens;
        let (standing, number, number_known) = begun(told.opening);
        self.verdict.is_part |= if self.is_own_chain() {
            // An outlet's epochs begin at 0, so that a later one had others before it; and a signer that begins with
            // another number than the first goes on from where the line was.
            !origin || header.epoch > Epoch(0) || number.is_some()
        } else {
            link.position != Position::FIRST || opens && !origin
        };
        let expected = Expected {
            position: if begins { 1 } else { link.position.value() },
            previous: [link.previous; 2],
            number,
            number_known: begins && number_known,
            standing,
            binds: false,
        };
        if header.subject == Subject::Event(EventKind::HandOver) && !origin {
            return self.entered_alone(record, told, expected, None);
        }
        expected
    }

    /// A signer took the line from one whose records are not in its own chain: it names the close of that one and the
    /// number at which it goes on. `own` is the hash of its own record before.
    fn entered_alone(
        &mut self,
        record: &Record,
        told: &Told<'_>,
        expected: Expected,
        own: Option<RecordHash>,
    ) -> Expected {
        self.verdict.hand_overs_unchecked += 1;
        let previous = [record.link.previous; 2];
        let Some(Said::Enter(enter)) = told.said else {
            if !told.excused {
                self.find(Rule::HandOverForm);
            }
            return Expected { previous, number: None, number_known: false, ..expected };
        };
        let Enter { next_number, close, own_previous, floor, .. } = *enter;
        if close != record.link.previous {
            self.find(Rule::HandOverMismatch);
        }
        if own.zip(own_previous).is_some_and(|(own, named)| own != named) {
            self.find(Rule::ChainBroken);
        }
        if floor.is_some_and(|floor| record.header.time < floor) {
            self.find(Rule::TimeBack);
        }
        if expected.number.is_some_and(|last| next_number <= last) {
            self.find(Rule::NumberGap);
        }
        let number = InvoiceNumber::new(next_number.value() - 1);
        Expected { previous, number, number_known: true, ..expected }
    }

    /// What a signer says that gives the line, against what it came to.
    fn judge_close(&mut self, close: &Close, record: &Record, number: Option<InvoiceNumber>, known: bool) {
        let last = number.map_or(0, InvoiceNumber::value);
        let differs = known && close.last_number != last;
        if differs || close.head.is_some_and(|head| head != record.link.previous) {
            self.find(Rule::CloseMismatch);
        }
    }

    /// Whether this signer could seal now: it held the line, or the one before it had closed (L2). What a signer that
    /// left records of itself, a start or a closure of what it had sold, is no part of the line. `signer` is what this one
    /// had come to.
    fn judge_succession(
        &mut self,
        last: &Last,
        record: &Record,
        signer: Option<LastOfSigner>,
        announced: bool,
    ) {
        let takes_over = record.header.device != last.device;
        if takes_over && last.signer.standing != Standing::Closed {
            self.find(Rule::NoHandOver);
        }
        let gives =
            record.header.invoice().is_some() || record.header.subject == Subject::Event(EventKind::Close);
        match last.signer.standing {
            Standing::Closed if !takes_over && gives => self.find(Rule::SealedAfterClose),
            Standing::StandsBy if !takes_over && gives => self.find(Rule::SealedStandingBy),
            _ => {}
        }
        if signer.is_some_and(|signer| record.link.counter < signer.counter) {
            self.find(Rule::CounterBack);
        }
        // A signer that enters again says so under the key that it has then.
        let announced = announced || record.header.subject == Subject::Event(EventKind::HandOver);
        let key = signer.and_then(|signer| signer.key);
        if key.is_some_and(|key| key != record.header.key) && !announced {
            self.find(Rule::KeyUnannounced);
        }
    }
}

/// How a signer stands by the record that begins its chain: the number before the first that it may give, and whether
/// that is known.
fn begun(opening: Opening) -> (Standing, Option<InvoiceNumber>, bool) {
    match opening {
        Opening::Holds(first) => {
            let number = first.and_then(|first| InvoiceNumber::new(first.value() - 1));
            (Standing::Holds, number, true)
        }
        // Which number it will be given, nobody has said.
        Opening::StandsBy => (Standing::StandsBy, None, false),
    }
}
