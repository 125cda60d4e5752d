//! The tax groups of an invoice: those that the draft declares, or those that its items use.

use fiscal::{
    Amount, GroupCode, Item, ManifestGroup, Member as M, Path, Rate, Reason, Tally, TaxGroup, limits,
};

use crate::{
    Draft, DraftFault, canonical,
    complete::{Complete, overflowed},
    decimal,
};

const GROUPS: Path = Path::ROOT.member(M::TaxGroups);

/// Code, name and rate of each group; amounts where they are stated, and 0.00 where [`fill`] is to put them.
pub(crate) fn declared<'a>(
    draft: &'a Draft,
    items: &[Item<'a>],
    complete: Option<Complete<'a>>,
) -> Result<Vec<TaxGroup<'a>>, DraftFault> {
    match (&draft.tax_groups, complete) {
        (Some(_), _) => stated(draft, complete),
        (None, Some(complete)) => used(items, complete),
        (None, None) => Err(DraftFault::NotComputed(GROUPS)),
    }
}

/// The draft's own. Their rates hold: those of a credit note are its original's, whatever holds today.
fn stated<'a>(draft: &'a Draft, complete: Option<Complete<'a>>) -> Result<Vec<TaxGroup<'a>>, DraftFault> {
    let groups = draft.tax_groups.as_deref().unwrap_or_default();
    let decimals = groups.iter().map(|group| usize::from(group.rate.decimals())).max().unwrap_or(FEWEST);
    let groups = groups.iter().enumerate().map(|(index, group)| {
        let path = GROUPS.element(index);
        let name = match (&group.name, complete) {
            (Some(name), _) => name,
            (None, Some(complete)) => complete.entry(group.code, path.member(M::Code))?.french,
            (None, None) => return Err(DraftFault::NotComputed(path.member(M::Name))),
        };
        Ok(TaxGroup {
            code: group.code,
            name: canonical::text(name).map_err(|fault| at(path.member(M::Name), fault.reason))?,
            rate: decimal::with_decimals(group.rate, decimals).unwrap_or(group.rate),
            base_amount: group.base_amount.unwrap_or(Amount::ZERO),
            tax_amount: group.tax_amount.unwrap_or(Amount::ZERO),
        })
    });
    groups.collect()
}

/// Those that the items use, in the order of first use, as the manifest has them on the day.
fn used<'a>(items: &[Item<'a>], complete: Complete<'a>) -> Result<Vec<TaxGroup<'a>>, DraftFault> {
    let mut groups: Vec<TaxGroup<'a>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if groups.iter().any(|group| group.code == item.tax_group) {
            continue;
        }
        if groups.len() == limits::GROUPS {
            return Err(at(GROUPS, Reason::GroupsCount));
        }
        let path = Path::ROOT.member(M::Items).element(index).member(M::TaxGroup);
        let entry = complete.entry(item.tax_group, path)?;
        groups.push(TaxGroup {
            code: item.tax_group,
            name: canonical::text(entry.french).map_err(|fault| at(path, fault.reason))?,
            rate: entry.rate,
            base_amount: Amount::ZERO,
            tax_amount: Amount::ZERO,
        });
    }
    let decimals = groups.iter().map(|group| needed_decimals(group.rate)).max().unwrap_or(FEWEST);
    for group in &mut groups {
        group.rate = decimal::with_decimals(group.rate, decimals).unwrap_or(group.rate);
    }
    Ok(groups)
}

/// Puts the amounts that the draft leaves out.
pub(crate) fn fill(draft: &Draft, groups: &mut [TaxGroup<'_>], tally: &Tally) -> Result<(), DraftFault> {
    let amounts: Vec<_> = tally.amounts(groups, draft.price_mode()).collect();
    for (index, (group, amounts)) in groups.iter_mut().zip(amounts).enumerate() {
        let path = GROUPS.element(index).member(M::BaseAmount);
        let amounts = amounts.map_err(|overflow| overflowed(overflow, path))?;
        let stated = draft.tax_groups.as_ref().and_then(|groups| groups.get(index));
        group.base_amount = stated.and_then(|group| group.base_amount).unwrap_or(amounts.base);
        group.tax_amount = stated.and_then(|group| group.tax_amount).unwrap_or(amounts.tax);
    }
    Ok(())
}

impl<'a> Complete<'a> {
    /// What the manifest says of a code on the day; `path` is where the draft names it.
    fn entry(self, code: GroupCode, path: Path) -> Result<&'a ManifestGroup<'a>, DraftFault> {
        self.manifest.group_on(code, self.day).ok_or_else(|| at(path, Reason::GroupNotInManifest))
    }
}

fn at(path: Path, reason: Reason) -> DraftFault {
    DraftFault::Payload(fiscal::Fault { path, reason })
}

/// A rate is written with at least so many decimals (P3).
const FEWEST: usize = 2;

/// How many decimals a rate cannot do without.
fn needed_decimals(rate: Rate) -> usize {
    let most = usize::from(rate.decimals());
    (FEWEST..most).find(|decimals| decimal::with_decimals(rate, *decimals).is_some()).unwrap_or(most)
}
