//! Whether the authority came to the same amounts, and what to say where it did not.

use std::{collections::BTreeSet, fmt};

use fiscal::{Amount, DgiLetter};

use crate::{Figure, GroupFigures, GroupTotals, Requested};

/// By how much an amount of the authority may differ and be confirmed none the less (A2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tolerance(Figure);

impl Tolerance {
    /// 0.05: a wider one could take an authority that rounds to whole francs for one that agrees.
    pub const WIDEST: Self = Self(Figure::from_hundredths(5));

    /// From 0.00 to [`Self::WIDEST`].
    pub fn new(amount: Amount) -> Option<Self> {
        let tolerance = Self(amount.into());
        (amount >= Amount::ZERO && tolerance <= Self::WIDEST).then_some(tolerance)
    }

    /// As often as groups differ, and once where none does.
    fn times(self, groups: usize) -> Self {
        let often = i128::try_from(groups.max(1)).unwrap_or(i128::MAX);
        let whole = Figure::from_millionths(self.0.millionths().saturating_mul(often));
        Self(whole).min(Self::WIDEST)
    }
}

impl Default for Tolerance {
    /// 0.01
    fn default() -> Self {
        Self(Figure::from_hundredths(1))
    }
}

/// How the authority's amounts stand to ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Same,
    /// Some differ, each by no more than the tolerance.
    Within(Vec<Difference>),
    /// At least one differs by more; all that differ.
    Beyond(Vec<Difference>),
}

impl Comparison {
    /// What differs.
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Same => &[],
            Self::Within(differences) | Self::Beyond(differences) => differences,
        }
    }
}

/// An amount on which the authority and we differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of which group, or of the whole invoice.
    pub group: Option<DgiLetter>,
    /// Which amount.
    pub part: Part,
    /// What we came to.
    pub ours: Amount,
    /// What the authority came to; none where it does not say.
    pub theirs: Option<Figure>,
}

/// An amount of a group or an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// With tax.
    Total,
    /// Without tax.
    Net,
    /// The tax.
    Vat,
    /// Specific taxes, which our invoices have none of.
    Specific,
}

impl Part {
    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Net => "net",
            Self::Vat => "vat",
            Self::Specific => "specific",
        }
    }
}

impl fmt::Display for Difference {
    /// `B vat: 549.15, authority 549.00`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.group {
            write!(f, "{} ", group.as_char())?;
        }
        write!(f, "{}: {}, authority ", self.part.word(), self.ours)?;
        match self.theirs {
            Some(theirs) => theirs.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// Compares every amount that the authority states with ours, per group and for the whole invoice.
///
/// Nothing is rounded before: a difference below the tolerance is named too. A group that the authority leaves out is a
/// difference without an amount, and beyond every tolerance. Each group has the tolerance, and the whole has it as often as
/// groups differ (A2), up to [`Tolerance::WIDEST`].
pub fn compare(expected: &GroupTotals, requested: &Requested, tolerance: Tolerance) -> Comparison {
    let mut differences = Vec::new();
    for (letter, ours) in expected.groups.iter() {
        let theirs = Stated {
            total: requested.totals[letter],
            net: requested.nets[letter],
            vat: requested.vats[letter],
        };
        theirs.compare(letter, ours.unwrap_or_default(), &mut differences);
    }
    let whole = [
        (Part::Total, expected.total, Some(requested.total)),
        (Part::Vat, expected.vat, Some(requested.vtotal)),
        (Part::Specific, Amount::ZERO, requested.specific),
    ];
    for (part, ours, theirs) in whole {
        if theirs.is_some_and(|theirs| theirs != ours.into()) {
            differences.push(Difference { group: None, part, ours, theirs });
        }
    }
    let differing: BTreeSet<DgiLetter> = differences.iter().filter_map(|found| found.group).collect();
    let of_whole = tolerance.times(differing.len());
    let is_within = |difference: &Difference| {
        let tolerance = if difference.group.is_none() { of_whole } else { tolerance };
        difference.theirs.is_some_and(|theirs| theirs.distance(difference.ours.into()) <= tolerance.0)
    };
    match differences {
        none if none.is_empty() => Comparison::Same,
        small if small.iter().all(is_within) => Comparison::Within(small),
        large => Comparison::Beyond(large),
    }
}

/// What the authority states of one group.
struct Stated {
    total: Option<Figure>,
    net: Option<Figure>,
    vat: Option<Figure>,
}

impl Stated {
    fn compare(&self, letter: DgiLetter, ours: GroupFigures, differences: &mut Vec<Difference>) {
        // Without tax the net is the total, and some answers state it for taxed groups only.
        let left_out = ours.vat == Amount::ZERO && self.total.is_some() && self.net == Some(Figure::ZERO);
        let net = self.net.filter(|_| !left_out);
        let parts = [
            (Part::Total, ours.total, self.total),
            (Part::Net, ours.net, net),
            (Part::Vat, ours.vat, self.vat),
        ];
        for (part, ours, theirs) in parts {
            if theirs.is_some_and(|theirs| theirs != ours.into()) {
                differences.push(Difference { group: Some(letter), part, ours, theirs });
            }
        }
        let is_stated = self.total.is_some() || self.net.is_some() && self.vat.is_some();
        if !is_stated && ours.total != Amount::ZERO {
            differences.push(Difference {
                group: Some(letter),
                part: Part::Total,
                ours: ours.total,
                theirs: None,
            });
        }
    }
}
