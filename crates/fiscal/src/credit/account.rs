use heapless::Vec;

use super::{ClientHash, CreditFault, LinesHash, OriginalIdentity};
use crate::{
    decimal::{Amount, ExchangeRate, Rate},
    fault::{Fault, Member, Reason},
    ids::{Currency, GroupCode},
    invoice::{Classification, CreditNature, Invoice, InvoiceType, PriceMode, Reference},
    rules::{GroupAmounts, Validated, limits},
};

/// A sealed invoice with what was taken back of it so far.
///
/// Open it from the original, [`CreditAccount::admit`] each earlier note in turn and each note that is prepared and
/// not yet expired, then the new one.
#[derive(Clone, Debug, PartialEq)]
pub struct CreditAccount {
    terms: CreditTerms,
    groups: Groups,
}

pub(super) type Groups = Vec<GroupBalance, { limits::GROUPS }>;

/// What an account has beside its balances. With them, it is all that a voucher has to state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditTerms {
    /// Which invoice.
    pub identity: OriginalIdentity,
    /// Its type.
    pub invoice_type: InvoiceType,
    /// Its currency.
    pub currency: Currency,
    /// Its exchange rate, when it is not in CDF: a note has the same, or it would take back more CDF than were sold.
    pub exchange_rate: Option<ExchangeRate>,
    /// Its price mode.
    pub price_mode: PriceMode,
    /// Its class of client.
    pub classification: Classification,
    /// Its client. Only an Individual's invoice may be credited to another, and none may be voided for another.
    pub client: ClientHash,
    /// Its lines, which a void repeats.
    pub lines: LinesHash,
    /// How many notes it has.
    pub notes: u32,
    /// Whether one of them is a void.
    pub voided: bool,
}

/// What is left of one tax group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupBalance {
    /// The group.
    pub code: GroupCode,
    /// Its rate on the original.
    pub rate: Rate,
    /// What is left to be credited. A derived amount may be below zero by a centime for each note.
    pub left: GroupAmounts,
}

impl CreditAccount {
    /// Opens the account of an original that the caller holds. A credit note is no original, nor is a payload of
    /// another merchant or outlet than the identity's.
    #[inline(never)] // The account is large: it is made in its place.
    pub fn open(identity: OriginalIdentity, original: &Validated<'_>) -> Result<Self, CreditFault> {
        let original = original.invoice();
        let same = original.merchant_nif == identity.nif && original.outlet_id == identity.outlet;
        if !same || original.invoice_type.is_credit() {
            return Err(CreditFault::OriginalNotFound);
        }
        let terms = CreditTerms {
            identity,
            invoice_type: original.invoice_type,
            currency: original.totals.currency,
            exchange_rate: original.annex.exchange.map(|exchange| exchange.rate),
            price_mode: original.price_mode(),
            classification: original.client.classification,
            client: ClientHash::of(&original.client),
            lines: LinesHash::of(original),
            notes: 0,
            voided: false,
        };
        let groups = original.tax_groups.iter().map(|group| GroupBalance {
            code: group.code,
            rate: group.rate,
            left: GroupAmounts { base: group.base_amount, tax: group.tax_amount },
        });
        Ok(Self::resume(terms, groups))
    }

    /// Goes on with an account from what a voucher or a store says of it.
    pub fn resume(terms: CreditTerms, balances: impl IntoIterator<Item = GroupBalance>) -> Self {
        // An invoice has at most 16 groups; a longer list is cut, which only ever forbids.
        Self { terms, groups: balances.into_iter().take(limits::GROUPS).collect() }
    }

    pub(super) const fn of(terms: CreditTerms, groups: Groups) -> Self {
        Self { terms, groups }
    }

    /// The account after this note, if the note may be sealed: it takes the place of this one. Nothing else changes.
    #[must_use = "the account after the note takes the place of the one before"]
    #[inline(never)] // The account is large: it is made in its place.
    pub fn admit(&self, note: &Validated<'_>) -> Result<Self, CreditFault> {
        let note = note.invoice();
        let nature = self.check_identity(note)?;
        if self.terms.voided {
            return Err(CreditFault::AlreadyVoided);
        }
        self.check_terms(note)?;
        if nature == CreditNature::Void && self.terms.notes > 0 {
            return Err(CreditFault::ExceedsOriginal { group: 0 });
        }
        let mut after = self.clone();
        after.terms.notes =
            self.terms.notes.checked_add(1).ok_or(CreditFault::ExceedsOriginal { group: 0 })?;
        for (index, group) in note.tax_groups.iter().enumerate() {
            let exceeds = CreditFault::ExceedsOriginal { group: index };
            let account =
                after.groups.iter_mut().find(|account| account.code == group.code).ok_or(exceeds)?;
            if account.rate.same_value(group.rate) {
                let taken = GroupAmounts { base: -group.base_amount, tax: -group.tax_amount };
                account.take(taken, self.terms.price_mode, after.terms.notes).ok_or(exceeds)?;
            } else {
                let fault = Fault::at(Member::Rate, Reason::NoteRate).within_element(index);
                return Err(fault.within(Member::TaxGroups).into());
            }
        }
        if nature == CreditNature::Void {
            if self.terms.lines != LinesHash::of(note) || self.terms.client != ClientHash::of(&note.client) {
                return Err(Fault::at(Member::Items, Reason::VoidNotEqual).into());
            }
            after.terms.voided = true;
        }
        Ok(after)
    }

    /// The account with so many notes and so much left, if notes could have made it so: they only ever take, and a void
    /// takes everything.
    pub(super) fn after_notes(mut self, notes: u32, voided: bool, left: &[GroupAmounts]) -> Option<Self> {
        let more = notes.checked_sub(self.terms.notes)?;
        if left.len() != self.groups.len() || self.terms.voided && !voided {
            return None;
        }
        for (account, left) in self.groups.iter_mut().zip(left) {
            let taken = GroupAmounts {
                base: account.left.base.minus(left.base).ok()?,
                tax: account.left.tax.minus(left.tax).ok()?,
            };
            let nothing = taken.base == Amount::ZERO && taken.tax == Amount::ZERO;
            let all = left.base == Amount::ZERO && left.tax == Amount::ZERO;
            if taken.base < Amount::ZERO
                || taken.tax < Amount::ZERO
                || more == 0 && !nothing
                || voided && !all
            {
                return None;
            }
            account.take(taken, self.terms.price_mode, notes)?;
        }
        (self.terms.notes, self.terms.voided) = (notes, voided);
        Some(self)
    }

    /// What the account has beside its balances.
    pub const fn terms(&self) -> &CreditTerms {
        &self.terms
    }

    /// What is left, group by group.
    pub fn balances(&self) -> impl Iterator<Item = GroupBalance> {
        self.groups.iter().copied()
    }

    fn check_identity(&self, note: &Invoice<'_>) -> Result<CreditNature, CreditFault> {
        let reference = match &note.reference {
            Some(Reference::Original(reference)) => reference,
            Some(Reference::Rebate) => {
                return Err(Fault::at(Member::Reference, Reason::RebateWithOriginal).into());
            }
            None => return Err(Fault::at(Member::Reference, Reason::ReferenceMissing).into()),
        };
        let named = OriginalIdentity {
            nif: note.merchant_nif,
            outlet: reference.outlet_id,
            epoch: reference.epoch,
            number: reference.invoice_seq,
            auth_code: reference.auth_code,
        };
        let same_outlet = note.outlet_id == self.terms.identity.outlet;
        if named == self.terms.identity && same_outlet {
            Ok(reference.nature)
        } else {
            Err(CreditFault::OriginalNotFound)
        }
    }

    fn check_terms(&self, note: &Invoice<'_>) -> Result<(), CreditFault> {
        let fault = if note.invoice_type.is_export() != self.terms.invoice_type.is_export() {
            Fault::at(Member::InvoiceType, Reason::NoteInvoiceType)
        } else if note.totals.currency != self.terms.currency {
            Fault::at(Member::Currency, Reason::NoteCurrency).within(Member::Totals)
        } else if note.annex.exchange.map(|exchange| exchange.rate) != self.terms.exchange_rate {
            Fault::at(Member::Rate, Reason::NoteExchangeRate).within(Member::Exchange).within(Member::Annex)
        } else if note.price_mode() != self.terms.price_mode {
            Fault::at(Member::PriceMode, Reason::NotePriceMode).within(Member::Annex)
        } else if self.terms.classification != Classification::Individual
            && ClientHash::of(&note.client) != self.terms.client
        {
            Fault::at(Member::Client, Reason::NoteClient)
        } else {
            return Ok(());
        };
        Err(fault.into())
    }
}

impl GroupBalance {
    /// Takes an amount off what is left, unless it is more.
    ///
    /// The amount that the price mode fixes has its exact limit; what is derived from it may be off by a centime for
    /// each note, because each rounds by itself.
    fn take(&mut self, taken: GroupAmounts, mode: PriceMode, notes: u32) -> Option<()> {
        let left = GroupAmounts {
            base: self.left.base.minus(taken.base).ok()?,
            tax: self.left.tax.minus(taken.tax).ok()?,
        };
        let slack = Amount::from_centimes(-i64::from(notes)).ok()?;
        let fixed = match mode {
            PriceMode::Exclusive => left.base,
            PriceMode::Inclusive => left.base.plus(left.tax).ok()?,
        };
        let within = fixed >= Amount::ZERO && left.base >= slack && left.tax >= slack;
        within.then(|| self.left = left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(base: &str, tax: &str) -> GroupAmounts {
        GroupAmounts { base: base.parse().unwrap(), tax: tax.parse().unwrap() }
    }

    /// Whether these notes, one after the other, may be taken off 100.00 + 16.00. Sums that no arithmetic makes are
    /// tried too: the rule does not rely on the note's.
    fn admitted(mode: PriceMode, notes: &[(&str, &str)]) -> bool {
        let code = GroupCode::constant("standard_vat");
        let mut group = GroupBalance { code, rate: Rate::percent(16), left: amounts("100.00", "16.00") };
        (1..).zip(notes).all(|(count, (base, tax))| group.take(amounts(base, tax), mode, count).is_some())
    }

    #[test]
    fn the_derived_amount_may_exceed_by_one_centime_for_each_note_and_not_by_two() {
        let mode = PriceMode::Exclusive;
        assert!(admitted(mode, &[("100.00", "16.01")]));
        assert!(!admitted(mode, &[("100.00", "16.02")]));
        assert!(!admitted(mode, &[("100.01", "16.00")]), "the base is exact");
        assert!(admitted(mode, &[("50.00", "8.01"), ("50.00", "8.01")]));
        assert!(!admitted(mode, &[("50.00", "8.01"), ("50.00", "8.02")]));
    }

    #[test]
    fn a_total_with_tax_is_exact_and_each_of_its_parts_may_exceed_by_a_centime() {
        let mode = PriceMode::Inclusive;
        for (base, tax, expected) in [
            ("100.01", "15.99", true),
            ("99.99", "16.01", true),
            ("100.02", "15.98", false),
            ("99.98", "16.02", false),
            ("100.00", "16.01", false),
            ("100.01", "16.00", false),
        ] {
            assert_eq!(admitted(mode, &[(base, tax)]), expected, "{base} + {tax}");
        }
        assert!(admitted(mode, &[("50.01", "7.99"), ("50.01", "7.99")]));
        assert!(!admitted(mode, &[("50.01", "7.99"), ("50.02", "7.98")]));
    }
}
