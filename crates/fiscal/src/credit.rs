//! What a credit note may take back of its original (D5), over what the caller knows of it.

use heapless::Vec;
use sha2::{Digest, Sha256};

use crate::{
    decimal::{Amount, Overflow, Rate},
    fault::{Fault, Member, Reason},
    ids::{AuthCode, Currency, Epoch, GroupCode, InvoiceNumber, Nif, OutletId},
    invoice::{CreditNature, Invoice, InvoiceType, PriceMode, Reference},
    rules::{GroupAmounts, limits},
};

/// Where the original of a credit note is, as far as the caller knows.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "made once for each note and at once used")]
pub enum Original {
    /// In this journal or ledger.
    Here(CreditAccount),
    /// Kept by another signer or of another epoch; the account is what a voucher states, if the note has one and the
    /// caller found it valid and not consumed.
    Elsewhere(Option<CreditAccount>),
    /// Nobody sealed such a number.
    Nowhere,
}

impl Original {
    /// Whether the note may be sealed; the account afterwards.
    pub fn admit(&self, note: &Invoice<'_>) -> Result<CreditAccount, CreditFault> {
        match self {
            Self::Here(account) | Self::Elsewhere(Some(account)) => account.admit(note),
            Self::Elsewhere(None) => Err(CreditFault::OriginalElsewhere),
            Self::Nowhere => Err(CreditFault::OriginalNotFound),
        }
    }
}

/// Which sealed invoice an account is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginalIdentity {
    /// Who sold.
    pub nif: Nif,
    /// Where.
    pub outlet: OutletId,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// With which number.
    pub number: InvoiceNumber,
    /// With which authentication code.
    pub auth_code: AuthCode,
}

/// A sealed invoice with what was taken back of it so far.
///
/// Open it from the original, [`CreditAccount::admit`] each earlier note in turn and each note that is prepared and
/// not yet expired, then the new one.
#[derive(Clone, Debug, PartialEq)]
pub struct CreditAccount {
    identity: OriginalIdentity,
    invoice_type: InvoiceType,
    currency: Currency,
    price_mode: PriceMode,
    /// SHA-256 over the lines, where they are known: a void repeats them.
    lines: Option<[u8; 32]>,
    groups: Vec<GroupAccount, { limits::GROUPS }>,
    notes: u32,
    voided: bool,
}

/// What one tax group of the original came to, as a voucher states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupBalance {
    /// The group.
    pub code: GroupCode,
    /// Its rate on the original.
    pub rate: Rate,
    /// What is left to be credited.
    pub left: GroupAmounts,
}

#[derive(Clone, Debug, PartialEq)]
struct GroupAccount {
    code: GroupCode,
    rate: Rate,
    sold: GroupAmounts,
    credited: GroupAmounts,
}

impl CreditAccount {
    /// Opens the account of an original that the caller holds. A credit note is no original.
    pub fn open(identity: OriginalIdentity, original: &Invoice<'_>) -> Result<Self, CreditFault> {
        if original.invoice_type.is_credit() {
            return Err(CreditFault::OriginalNotFound);
        }
        let groups = original.tax_groups.iter().map(|group| GroupBalance {
            code: group.code,
            rate: group.rate,
            left: GroupAmounts { base: group.base_amount, tax: group.tax_amount },
        });
        let mut account = Self::of_balance(
            identity,
            original.invoice_type,
            original.totals.currency,
            original.price_mode(),
            groups,
        );
        account.lines = Some(hash_of_lines(original));
        Ok(account)
    }

    /// Opens the account that a voucher states: what is left of an original that is kept elsewhere.
    pub fn of_balance(
        identity: OriginalIdentity,
        invoice_type: InvoiceType,
        currency: Currency,
        price_mode: PriceMode,
        groups: impl IntoIterator<Item = GroupBalance>,
    ) -> Self {
        let nothing = GroupAmounts { base: Amount::ZERO, tax: Amount::ZERO };
        let account =
            |GroupBalance { code, rate, left }| GroupAccount { code, rate, sold: left, credited: nothing };
        // An invoice has at most 16 groups; a longer list is cut, which only ever forbids.
        let groups = groups.into_iter().take(limits::GROUPS).map(account).collect();
        Self { identity, invoice_type, currency, price_mode, lines: None, groups, notes: 0, voided: false }
    }

    /// The account after this note, if the note may be sealed. Nothing else changes.
    pub fn admit(&self, note: &Invoice<'_>) -> Result<Self, CreditFault> {
        let nature = self.check_identity(note)?;
        self.check_terms(note)?;
        if self.voided {
            return Err(CreditFault::AlreadyVoided);
        }
        let mut after = self.clone();
        after.notes += 1;
        for (index, group) in note.tax_groups.iter().enumerate() {
            let exceeds = CreditFault::ExceedsOriginal { group: index };
            let account =
                after.groups.iter_mut().find(|account| account.code == group.code).ok_or(exceeds)?;
            if account.rate.same_value(group.rate) {
                let taken = GroupAmounts { base: -group.base_amount, tax: -group.tax_amount };
                account.credit(taken, self.price_mode, after.notes).ok_or(exceeds)?;
            } else {
                let fault = Fault::at(Member::Rate, Reason::NoteRate).within_element(index);
                return Err(fault.within(Member::TaxGroups).into());
            }
        }
        if nature == CreditNature::Void {
            self.check_void(note, &after)?;
            after.voided = true;
        }
        Ok(after)
    }

    /// Which invoice this is the account of.
    pub const fn identity(&self) -> &OriginalIdentity {
        &self.identity
    }

    /// What is left to be credited, group by group.
    pub fn balances(&self) -> impl Iterator<Item = GroupBalance> {
        self.groups.iter().map(|group| GroupBalance {
            code: group.code,
            rate: group.rate,
            left: GroupAmounts {
                // Credited amounts exceed what was sold by centimes at most, which an amount holds.
                base: group.sold.base.minus(group.credited.base).unwrap_or(Amount::ZERO),
                tax: group.sold.tax.minus(group.credited.tax).unwrap_or(Amount::ZERO),
            },
        })
    }

    fn check_identity(&self, note: &Invoice<'_>) -> Result<CreditNature, CreditFault> {
        let Some(Reference::Original(reference)) = &note.reference else {
            return Err(Fault::at(Member::Reference, Reason::ReferenceMissing).into());
        };
        let named = OriginalIdentity {
            nif: note.merchant_nif,
            outlet: reference.outlet_id,
            epoch: reference.epoch,
            number: reference.invoice_seq,
            auth_code: reference.auth_code,
        };
        let same_outlet = note.outlet_id == self.identity.outlet;
        if named == self.identity && same_outlet {
            Ok(reference.nature)
        } else {
            Err(CreditFault::OriginalNotFound)
        }
    }

    fn check_terms(&self, note: &Invoice<'_>) -> Result<(), CreditFault> {
        let fault = if note.invoice_type.is_export() != self.invoice_type.is_export() {
            Fault::at(Member::InvoiceType, Reason::NoteInvoiceType)
        } else if note.totals.currency != self.currency {
            Fault::at(Member::Currency, Reason::NoteCurrency).within(Member::Totals)
        } else if note.price_mode() != self.price_mode {
            Fault::at(Member::PriceMode, Reason::NotePriceMode).within(Member::Annex)
        } else {
            return Ok(());
        };
        Err(fault.into())
    }

    /// A void needs an untouched original and equals it.
    fn check_void(&self, note: &Invoice<'_>, after: &Self) -> Result<(), CreditFault> {
        if let Some(group) = self.groups.iter().position(GroupAccount::is_touched) {
            return Err(CreditFault::ExceedsOriginal { group });
        }
        let whole = after.groups.iter().all(|group| group.credited == group.sold);
        let same_lines = self.lines.is_none_or(|lines| lines == hash_of_lines(note));
        let equal = whole && same_lines && self.notes == 0;
        if equal { Ok(()) } else { Err(Fault::at(Member::Items, Reason::VoidNotEqual).into()) }
    }
}

impl GroupAccount {
    /// Adds what a note takes back, unless it is more than was sold.
    fn credit(&mut self, taken: GroupAmounts, mode: PriceMode, notes: u32) -> Option<()> {
        let credited = GroupAmounts {
            base: self.credited.base.plus(taken.base).ok()?,
            tax: self.credited.tax.plus(taken.tax).ok()?,
        };
        let within = self.is_within(credited, mode, notes).ok()?;
        within.then(|| self.credited = credited)
    }

    /// The amount that the price mode fixes has its exact limit; what is derived from it may be off by a centime for
    /// each note, because each rounds by itself.
    fn is_within(&self, credited: GroupAmounts, mode: PriceMode, notes: u32) -> Result<bool, Overflow> {
        let slack = Amount::from_centimes(i64::from(notes))?;
        let base_limit = self.sold.base.plus(slack)?;
        let tax_limit = self.sold.tax.plus(slack)?;
        let fixed_holds = match mode {
            PriceMode::Exclusive => credited.base <= self.sold.base,
            PriceMode::Inclusive => {
                credited.base.plus(credited.tax)? <= self.sold.base.plus(self.sold.tax)?
            }
        };
        Ok(fixed_holds && credited.base <= base_limit && credited.tax <= tax_limit)
    }

    fn is_touched(&self) -> bool {
        self.credited.base != Amount::ZERO || self.credited.tax != Amount::ZERO
    }
}

/// What an invoice's lines are, whatever their sign: article, quantity, price and group, in their order.
fn hash_of_lines(invoice: &Invoice<'_>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for item in &invoice.items {
        for text in [item.code.as_str(), item.tax_group.as_str()] {
            // Ids and codes have at most 32 characters.
            hasher.update([u8::try_from(text.len()).unwrap_or_default()]);
            hasher.update(text);
        }
        hasher.update(item.quantity.thousandths().unsigned_abs().to_be_bytes());
        hasher.update(item.unit_price.ten_thousandths().to_be_bytes());
    }
    hasher.finalize().into()
}

/// Why a credit note may not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditFault {
    /// `ORIGINAL_NOT_FOUND`
    #[error(
        "no invoice with this number and authentication code was sealed here: read them from the receipt again"
    )]
    OriginalNotFound,
    /// `ORIGINAL_ELSEWHERE`
    #[error(
        "the original is kept by another signer: ask the ledger for a voucher and add it to the reference"
    )]
    OriginalElsewhere,
    /// `ALREADY_VOIDED`
    #[error("the original was already voided: nothing is left to credit")]
    AlreadyVoided,
    /// `CREDIT_EXCEEDS_ORIGINAL`
    #[error("tax_groups[{group}]: all notes together exceed what the original sold in this group")]
    ExceedsOriginal {
        /// Which group of the note.
        group: usize,
    },
    /// `SCHEMA_INVALID`
    #[error(transparent)]
    Payload(#[from] Fault),
}

impl CreditFault {
    /// The protocol's error code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OriginalNotFound => "ORIGINAL_NOT_FOUND",
            Self::OriginalElsewhere => "ORIGINAL_ELSEWHERE",
            Self::AlreadyVoided => "ALREADY_VOIDED",
            Self::ExceedsOriginal { .. } => "CREDIT_EXCEEDS_ORIGINAL",
            Self::Payload(_) => "SCHEMA_INVALID",
        }
    }
}
