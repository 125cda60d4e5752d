//! What names a path, so that it can be gone again.

use std::{fmt, str::FromStr};

use def_sim::{Outcome, Seeded, Style, WeakReads};

/// A path: `scenario/operation/style/seed`, and, when power failed again, `+operation/style/seed` of the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathId {
    /// The seed of the scenario.
    pub scenario: u64,
    /// The first cut.
    pub first: Cut,
    /// The second, of which the operations are counted from the start after the first.
    pub second: Option<Cut>,
}

/// One cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of the operation.
    pub operation: u64,
    /// What is left of it.
    pub outcome: Outcome,
}

/// It is no path, or not one of its scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// It is not written as one.
    Form,
    /// The scenario has no such operation.
    NoSuchOperation,
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => {
                "write a path as it was printed: scenario/operation/style/seed[+operation/style/seed]"
            }
            Self::NoSuchOperation => {
                "the scenario has no such operation: replay a path with the program that found it"
            }
        })
    }
}

impl std::error::Error for PathFault {}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.operation, self.outcome)
    }
}

impl fmt::Display for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scenario, self.first)?;
        self.second.map_or(Ok(()), |second| write!(f, "+{second}"))
    }
}

impl FromStr for Cut {
    type Err = PathFault;

    fn from_str(text: &str) -> Result<Self, PathFault> {
        let mut parts = text.split('/');
        let mut part = || parts.next().ok_or(PathFault::Form);
        let operation = part()?.parse().map_err(|_| PathFault::Form)?;
        let style = style(part()?).ok_or(PathFault::Form)?;
        let seed = part()?.parse().map_err(|_| PathFault::Form)?;
        if parts.next().is_some() {
            return Err(PathFault::Form);
        }
        Ok(Self { operation, outcome: Outcome::new(style, seed) })
    }
}

impl FromStr for PathId {
    type Err = PathFault;

    fn from_str(text: &str) -> Result<Self, PathFault> {
        let (scenario, cuts) = text.split_once('/').ok_or(PathFault::Form)?;
        let scenario = scenario.parse().map_err(|_| PathFault::Form)?;
        let (first, second) = match cuts.split_once('+') {
            None => (cuts, None),
            Some((first, second)) => (first, Some(second.parse()?)),
        };
        Ok(Self { scenario, first: first.parse()?, second })
    }
}

fn style(name: &str) -> Option<Style> {
    let all = [&Style::OF_PROGRAM[..], &Style::OF_ERASE, &Style::OF_INCREMENT, &Style::OF_OTHERS];
    all.into_iter().flatten().copied().find(|style| style.to_string() == name)
}

/// What follows from a path's id and nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns {
    /// How weak cells read at the first start, while the host works, and at the second start.
    pub(super) moods: [WeakReads; 3],
    /// Choices of the host.
    pub(super) host: u64,
}

impl Turns {
    pub(super) fn of(id: &PathId) -> Self {
        let mut random = Seeded::new(id.hash());
        let moods = MOODS[random.below(MOODS.len() as u64) as usize];
        Self { moods, host: random.bits() }
    }
}

/// The worst are those that change after the device has looked.
const MOODS: [[WeakReads; 3]; 8] = {
    use WeakReads::{Even, MostlyOnes, MostlyZeros, Ones, Zeros};
    [
        [Ones, Zeros, Zeros],
        [Zeros, Ones, Ones],
        [Ones, Zeros, Ones],
        [Zeros, Ones, Zeros],
        [Even, Even, Even],
        [MostlyOnes, MostlyZeros, Even],
        [MostlyZeros, MostlyOnes, Ones],
        [MostlyZeros, Even, Zeros],
    ]
};

impl PathId {
    /// A number that is another for each path.
    pub(super) fn hash(&self) -> u64 {
        let cuts = [Some(self.first), self.second];
        let numbers = cuts.into_iter().flatten().flat_map(|cut| {
            let style = cut.outcome.style.to_string();
            let style = style.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31) + u64::from(byte));
            [cut.operation, style, cut.outcome.seed]
        });
        numbers.fold(self.scenario, |hash, number| Seeded::new(hash ^ number).bits())
    }
}
