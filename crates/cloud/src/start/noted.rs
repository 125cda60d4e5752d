//! Heads that were noted outside the database, against a database that went back (L2, L7).

use std::{collections::BTreeMap, fmt, fs::File, io, path::Path};

use fiscal::{Epoch, OutletId};
use ledger::{Database, HeadRow, StoreFault};
use verify::{HeadAt, Lines};

use super::StartFault;

/// The furthest head of each outlet in a file of heads.
///
/// A database that holds less than was noted outside it went back: its file was copied back, or a standby was promoted
/// that had missed commits. Going on would give numbers a second time. What it holds in an older epoch is no matter: a
/// restored ledger goes on in a new one.
#[derive(Debug, Default)]
pub struct NotedHeads {
    furthest: BTreeMap<OutletId, HeadAt>,
    unreadable: u64,
}

/// A noted head that the database does not reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Beyond {
    /// The head outside.
    pub noted: HeadAt,
    /// What the database holds of the outlet; nothing when it does not know it.
    pub held: Option<HeadRow>,
}

impl NotedHeads {
    /// Reads a file, all of it: an outlet that sells little is noted far from its end. Where there is no file nothing was
    /// noted.
    pub fn read(path: &Path) -> Result<Self, StartFault> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(fault) => return Err(StartFault::file(path, fault)),
        };
        let (mut lines, mut line, mut noted) = (Lines::new(file), Vec::new(), Self::default());
        loop {
            line.clear();
            let more = lines.next(&mut line);
            if !more.map_err(|fault| StartFault::file(path, io::Error::other(fault)))? {
                return Ok(noted);
            }
            match HeadAt::read(line.trim_ascii_end()) {
                Some(head) => noted.add(head),
                // The last one was cut short by a crash, and is removed when the file is gone on with.
                None if !line.ends_with(b"\n") => {}
                None => noted.unreadable += 1,
            }
        }
    }

    /// The newest epoch of an outlet of which anything was noted.
    pub fn epoch(&self, outlet: OutletId) -> Option<Epoch> {
        self.furthest.get(&outlet).map(|head| head.epoch)
    }

    /// How many lines are no heads.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Those that the database does not reach. The file was read before: what is noted is durable.
    pub fn beyond(&self, database: &dyn Database) -> Result<Vec<Beyond>, StoreFault> {
        if self.furthest.is_empty() {
            return Ok(Vec::new());
        }
        let (mut store, mut beyond) = (database.connect()?, Vec::new());
        for noted in self.furthest.values() {
            let held = store.head(noted.outlet)?;
            if is_beyond(noted, held.as_ref()) {
                beyond.push(Beyond { noted: *noted, held });
            }
        }
        Ok(beyond)
    }

    /// Refuses a database that went back.
    pub fn check(&self, database: &dyn Database, path: &Path) -> Result<(), StartFault> {
        let beyond = self.beyond(database)?;
        if beyond.is_empty() { Ok(()) } else { Err(StartFault::went_back(path, &beyond)) }
    }

    fn add(&mut self, head: HeadAt) {
        let furthest = self.furthest.entry(head.outlet).or_insert(head);
        // Of two at one place the later line is the newer one.
        if (head.epoch, head.position) >= (furthest.epoch, furthest.position) {
            *furthest = head;
        }
    }
}

fn is_beyond(noted: &HeadAt, held: Option<&HeadRow>) -> bool {
    let Some(held) = held else { return true };
    let (there, here) = ((noted.epoch, Some(noted.position)), (held.chain.epoch, held.state.position));
    there > here || (there == here && noted.hash != held.state.hash)
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeadAt { outlet, epoch, position, .. } = &self.noted;
        write!(f, "{outlet} had come to epoch {} position {position}, and here ", epoch.0)?;
        match &self.held {
            None => write!(f, "is not registered"),
            Some(held) => match held.state.position {
                None => write!(f, "is at the beginning of epoch {}", held.chain.epoch.0),
                Some(here) if (held.chain.epoch, here) == (*epoch, *position) => {
                    write!(f, "another record is in that place")
                }
                Some(here) => write!(f, "is at epoch {} position {here}", held.chain.epoch.0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use fiscal::{HeadState, Position, RecordHash, Timestamp};
    use ledger::ChainId;

    use super::*;

    fn noted(epoch: u32, position: u64, hash: u8) -> HeadAt {
        HeadAt {
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            signer: "CLOUD-1".parse().unwrap(),
            epoch: Epoch(epoch),
            position: Position::new(position).unwrap(),
            hash: RecordHash([hash; 32]),
            time: Timestamp::from_unix(1_773_471_600).unwrap(),
        }
    }

    fn held(epoch: u32, position: Option<u64>, hash: u8) -> HeadRow {
        let chain = ChainId {
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            epoch: Epoch(epoch),
            signer: "CLOUD-1".parse().unwrap(),
        };
        let position = position.map(|position| Position::new(position).unwrap());
        let state = HeadState { position, hash: RecordHash([hash; 32]), ..HeadState::START };
        HeadRow { chain, state, key: None, totals: Vec::new(), generation: 0, holder: None }
    }

    #[test]
    fn a_head_is_beyond_when_the_database_does_not_reach_it_or_holds_another_record_there() {
        for (head, row, beyond) in [
            (noted(0, 5, 1), held(0, Some(5), 1), false),
            (noted(0, 5, 1), held(0, Some(6), 2), false),
            (noted(0, 5, 1), held(1, Some(1), 2), false),
            (noted(0, 5, 1), held(0, Some(5), 2), true),
            (noted(0, 5, 1), held(0, Some(4), 2), true),
            (noted(0, 5, 1), held(0, None, 0), true),
            (noted(1, 1, 1), held(0, Some(9), 2), true),
        ] {
            assert_eq!(is_beyond(&head, Some(&row)), beyond, "{head:?} {row:?}");
        }
        assert!(is_beyond(&noted(0, 1, 1), None), "an outlet that the database does not know");
    }

    #[test]
    fn of_a_file_the_furthest_head_of_an_outlet_counts_wherever_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads");
        assert_eq!(NotedHeads::read(&path).unwrap().epoch(noted(0, 1, 1).outlet), None, "no file");
        let lines =
            [noted(0, 7, 1), noted(1, 3, 2), noted(1, 2, 3), noted(0, 9, 4)].map(|head| head.to_json());
        std::fs::write(&path, format!("{}\nno head\n{{\"outlet_id", lines.join("\n"))).unwrap();
        let read = NotedHeads::read(&path).unwrap();
        assert_eq!(read.furthest.values().copied().collect::<Vec<_>>(), [noted(1, 3, 2)]);
        assert_eq!(read.unreadable(), 1);
    }
}
