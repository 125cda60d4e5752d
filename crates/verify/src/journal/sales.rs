//! Whether a sale was sealed twice, and what the authority is said to have, of any number of sales in a bounded memory: sorted runs in files, merged.
//!
//! Equal sales have equal hashes, so that they meet when all are sorted. A run is sorted in memory and put away; of
//! [`FAN`] runs one longer is made, and so on, so that at most `FAN` files are open on each of a few levels.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    io::{self, BufReader, BufWriter, Read, SeekFrom, Write},
};

use fiscal::PayloadHash;

use super::{
    noted::{Beside, Noted, NotedFinder},
    place::Place,
    sold::{Kept, Sold},
    verdict::JournalVerdict,
};
use crate::scratch::{Scratch, ScratchFile};

/// So many are held before they are put away: 6 MiB.
const RUN: usize = 65_536;
/// So many runs are merged to one.
const FAN: usize = 32;

/// Every sale of a journal, and every invoice with what the ledger says that the authority has of it.
pub(super) struct Sales<'s> {
    fresh: Vec<Kept>,
    /// So many are put away at once.
    run: usize,
    /// Of each level, the runs: those of the next are `FAN` times as long.
    levels: Vec<Vec<Run>>,
    /// Without one, everything is held.
    scratch: Option<Box<dyn Scratch + 's>>,
}

/// Sales in order, in a file that was written to its end.
struct Run {
    file: BufReader<Box<dyn ScratchFile>>,
    left: u64,
}

/// The lines that seal a sale which another line before them seals.
#[derive(Debug, Default)]
pub(super) struct Twice {
    /// The first so many, as findings are kept.
    pub(super) first: Vec<Place>,
    pub(super) count: u64,
    /// How many more there are of which the ledger says so.
    pub(super) declared: u64,
}

impl<'s> Sales<'s> {
    pub(super) fn new(scratch: Option<Box<dyn Scratch + 's>>) -> Self {
        Self { fresh: Vec::new(), run: RUN, levels: Vec::new(), scratch }
    }

    pub(super) fn add(&mut self, kept: Kept) -> io::Result<()> {
        self.fresh.push(kept);
        if self.fresh.len() >= self.run { self.put_away() } else { Ok(()) }
    }

    /// Those that were sealed twice; `is_declared` says which of them the ledger says it of. And what the authority is
    /// said to have, against the invoices.
    pub(super) fn conclude(
        mut self,
        is_declared: impl Fn(&Sold) -> bool,
        beside: &Beside,
    ) -> io::Result<(Twice, Noted)> {
        self.fresh.sort_unstable();
        let (mut finder, mut noted) = (Finder::default(), NotedFinder::default());
        let runs = self.levels.into_iter().flatten().collect();
        merge(std::mem::take(&mut self.fresh), runs, |kept| {
            match kept {
                Kept::Sold(sold) => finder.meet(sold, &is_declared),
                Kept::Of(of) => noted.meet(&of, beside),
                Kept::Code(code) => noted.meet_code(code),
            }
            Ok(())
        })?;
        Ok((finder.conclude(), noted.conclude()))
    }

    fn put_away(&mut self) -> io::Result<()> {
        let Some(scratch) = &mut self.scratch else { return Ok(()) };
        self.fresh.sort_unstable();
        let mut run = write(scratch.as_mut(), std::mem::take(&mut self.fresh), Vec::new())?;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let runs = &mut self.levels[level];
            runs.push(run);
            if runs.len() < FAN {
                break;
            }
            run = write(scratch.as_mut(), Vec::new(), std::mem::take(runs))?;
        }
        self.fresh.reserve_exact(self.run);
        Ok(())
    }
}

/// One run of what is held and of these runs.
fn write(scratch: &mut (dyn Scratch + '_), held: Vec<Kept>, runs: Vec<Run>) -> io::Result<Run> {
    let (mut file, mut left) = (BufWriter::new(scratch.file()?), 0);
    merge(held, runs, |kept| {
        left += 1;
        file.write_all(&kept.to_bytes())
    })?;
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Run { file: BufReader::new(file), left })
}

/// Gives all in their order. `held` is in order.
fn merge(
    held: Vec<Kept>,
    mut runs: Vec<Run>,
    mut give: impl FnMut(Kept) -> io::Result<()>,
) -> io::Result<()> {
    let (mut held, count) = (held.into_iter(), runs.len());
    // Source 0 is what is held, and the runs follow.
    let mut next = |source: usize| match source.checked_sub(1) {
        None => Ok(held.next()),
        Some(at) => runs[at].next(),
    };
    let mut heap = BinaryHeap::with_capacity(count + 1);
    for source in 0..=count {
        heap.extend(next(source)?.map(|kept| Reverse((kept, source))));
    }
    while let Some(Reverse((kept, source))) = heap.pop() {
        give(kept)?;
        heap.extend(next(source)?.map(|kept| Reverse((kept, source))));
    }
    Ok(())
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Kept>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut bytes = [0; Kept::LENGTH];
        self.file.read_exact(&mut bytes)?;
        Kept::from_bytes(&bytes).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// Meets all sales in their order.
#[derive(Default)]
struct Finder {
    last: Option<PayloadHash>,
    first: BTreeMap<u64, Place>,
    count: u64,
    declared: u64,
}

impl Finder {
    fn meet(&mut self, sold: Sold, is_declared: impl Fn(&Sold) -> bool) {
        if self.last.replace(sold.hash) == Some(sold.hash) {
            if is_declared(&sold) {
                self.declared += 1;
                return;
            }
            let place = sold.place();
            self.first.insert(place.line, place);
            if self.first.len() > JournalVerdict::MOST_FINDINGS {
                self.first.pop_last();
            }
            self.count += 1;
        }
    }

    fn conclude(self) -> Twice {
        Twice { first: self.first.into_values().collect(), count: self.count, declared: self.declared }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io::Cursor};

    use fiscal::{Epoch, InvoiceNumber, Position};

    use super::*;

    fn sold(line: u64, hash: u64) -> Kept {
        let mut bytes = [0; 32];
        // Spread, as hashes are.
        bytes[..8].copy_from_slice(&hash.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        Kept::Sold(Sold::of(
            PayloadHash(bytes),
            line,
            Position::new(line + 7).unwrap(),
            Epoch(3),
            InvoiceNumber::new(line + 1).unwrap(),
        ))
    }

    fn twice(run: usize, hashes: &[u64], files: &Cell<usize>) -> Twice {
        let scratch = || {
            files.set(files.get() + 1);
            Ok(Box::new(Cursor::new(Vec::new())) as Box<dyn ScratchFile>)
        };
        let mut sales = Sales { run, ..Sales::new(Some(Box::new(scratch))) };
        for (line, hash) in (1..).zip(hashes) {
            sales.add(sold(line, *hash)).unwrap();
        }
        sales.conclude(|_| false, &Beside::default()).unwrap().0
    }

    fn lines(twice: &Twice) -> Vec<u64> {
        twice.first.iter().map(|place| place.line).collect()
    }

    #[test]
    fn what_is_put_away_is_found_as_what_is_held() {
        // Every 97th sale is that of 50 lines before, and some are there three times.
        let hashes: Vec<u64> =
            (0..9_000_u64).map(|line| if line % 97 == 96 { line - 50 } else { line % 8_900 }).collect();
        let (none, many) = (Cell::new(0), Cell::new(0));
        let held = twice(usize::MAX, &hashes, &none);
        let mut seen = std::collections::BTreeSet::new();
        let expected: Vec<u64> =
            (1..).zip(&hashes).filter(|(_, hash)| !seen.insert(**hash)).map(|(line, _)| line).collect();
        assert_eq!(held.count, expected.len() as u64);
        assert_eq!(lines(&held), expected[..JournalVerdict::MOST_FINDINGS]);
        for run in [1, 2, 7, 100, 8_999, 9_000, 9_001] {
            let put_away = twice(run, &hashes, &many);
            assert_eq!((put_away.count, lines(&put_away)), (held.count, lines(&held)), "run of {run}");
        }
        assert_eq!(none.get(), 0);
        // Runs of one: 9,000 files, and one of each 32, each 1,024.
        many.set(0);
        twice(1, &hashes, &many);
        assert_eq!(many.get(), 9_000 + 281 + 8);
    }

    #[test]
    fn a_scratch_that_fails_is_no_verdict() {
        let fails = || -> io::Result<Box<dyn ScratchFile>> { Err(io::ErrorKind::StorageFull.into()) };
        let mut sales = Sales { run: 2, ..Sales::new(Some(Box::new(fails))) };
        sales.add(sold(1, 1)).unwrap();
        assert_eq!(sales.add(sold(2, 2)).unwrap_err().kind(), io::ErrorKind::StorageFull);
        // A file that lost its end.
        let short = || Ok(Box::new(Forgetful(Cursor::new(Vec::new()))) as Box<dyn ScratchFile>);
        let mut sales = Sales { run: 2, ..Sales::new(Some(Box::new(short))) };
        sales.add(sold(1, 1)).unwrap();
        sales.add(sold(2, 2)).unwrap();
        assert_eq!(
            sales.conclude(|_| false, &Beside::default()).err().unwrap().kind(),
            io::ErrorKind::UnexpectedEof
        );
    }

    /// Takes everything and keeps nothing.
    struct Forgetful(Cursor<Vec<u8>>);

    impl Read for Forgetful {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Forgetful {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl io::Seek for Forgetful {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }
}
