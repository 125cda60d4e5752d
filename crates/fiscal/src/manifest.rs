//! Tax groups as dated data (P7): rates change, so they are never constants of the rule.

use crate::{
    decimal::Rate,
    fault::{Fault, Member, Reason},
    ids::GroupCode,
    invoice::{Classification, Invoice, InvoiceType, ItemType, Reference},
    rules::Validated,
    time::CivilDate,
};

/// Every tax group that there was, is and will be. Of a code's entries, the latest that is valid on a day holds; of
/// two from the same day, the one that stands later.
#[derive(Clone, Copy, Debug)]
pub struct Manifest<'a> {
    /// The entries, in any order.
    pub groups: &'a [ManifestGroup<'a>],
}

/// One tax group from a day on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ManifestGroup<'a> {
    /// As items name it.
    pub code: GroupCode,
    /// As the DGI calls it.
    pub letter: DgiLetter,
    /// Its name in French.
    pub french: &'a str,
    /// Its name in English.
    pub english: &'a str,
    /// Its rate.
    pub rate: Rate,
    /// The first day on which this entry holds, in the outlet's zone.
    pub valid_from: CivilDate,
    /// On which invoices it may stand.
    pub invoice_types: &'a [InvoiceType],
    /// For which clients.
    pub classifications: &'a [Classification],
}

/// The DGI's letter of a tax group: A to P.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DgiLetter(u8);

impl DgiLetter {
    /// None outside A to P.
    pub const fn new(letter: u8) -> Option<Self> {
        if letter >= b'A' && letter <= b'P' { Some(Self(letter)) } else { None }
    }

    /// As a character.
    pub const fn as_char(self) -> char {
        self.0 as char
    }

    /// Groups L and N are those in which an article may itself be a tax.
    const fn may_hold_tax_items(self) -> bool {
        matches!(self.0, b'L' | b'N')
    }
}

impl Manifest<'_> {
    /// The entry that holds for a code on a day.
    pub fn group_on(&self, code: GroupCode, day: CivilDate) -> Option<&ManifestGroup<'_>> {
        let known = self.groups.iter().filter(|group| group.code == code && group.valid_from <= day);
        known.max_by_key(|group| group.valid_from)
    }

    /// Whether an invoice's groups are those of the manifest on its business day in the outlet's zone.
    ///
    /// A credit note keeps the rates of its original, whatever holds today (D5); those are for
    /// [`crate::CreditAccount`] to compare.
    pub fn check(&self, sale: &Validated<'_>, day: CivilDate) -> Result<(), Fault> {
        let invoice = sale.invoice();
        let keeps_rates = matches!(invoice.reference, Some(Reference::Original(_)));
        for (index, group) in invoice.tax_groups.iter().enumerate() {
            let entry = self.group_on(group.code, day);
            let (member, reason) = match entry {
                None => (Member::Code, Reason::GroupNotInManifest),
                Some(entry) if !keeps_rates && !entry.rate.same_value(group.rate) => {
                    (Member::Rate, Reason::RateNotInManifest)
                }
                Some(entry) if !entry.invoice_types.contains(&invoice.invoice_type) => {
                    (Member::Code, Reason::GroupInvoiceType)
                }
                Some(entry) if !entry.classifications.contains(&invoice.client.classification) => {
                    (Member::Code, Reason::GroupClient)
                }
                Some(_) => continue,
            };
            return Err(Fault::at(member, reason).within_element(index).within(Member::TaxGroups));
        }
        self.check_tax_items(invoice, day)
    }

    fn check_tax_items(&self, invoice: &Invoice<'_>, day: CivilDate) -> Result<(), Fault> {
        let Some(annex_items) = &invoice.annex.items else { return Ok(()) };
        for (index, (item, more)) in invoice.items.iter().zip(annex_items.iter()).enumerate() {
            let entry = self.group_on(item.tax_group, day);
            if more.item_type == ItemType::Tax
                && !entry.is_some_and(|entry| entry.letter.may_hold_tax_items())
            {
                let fault = Fault::at(Member::Type, Reason::ItemTypeGroup).within_element(index);
                return Err(fault.within(Member::Items).within(Member::Annex));
            }
        }
        Ok(())
    }
}

/// The groups of P7, from the day on which the standardised invoice came into force.
pub static DEFAULT_MANIFEST: Manifest<'static> = Manifest {
    groups: &[
        group("exempt", b'A', "Exonéré", "Exempt", 0),
        group("standard_vat", b'B', "TVA 16%", "VAT 16%", 16),
        group("reduced_vat", b'C', "TVA 5%", "VAT 5%", 5),
        group("derogatory", b'D', "Régimes dérogatoires", "Derogatory regimes", 0),
        ManifestGroup {
            invoice_types: &[InvoiceType::Export, InvoiceType::ExportAdvance, InvoiceType::ExportCredit],
            ..group("export", b'E', "Exportation", "Export", 0)
        },
        group(
            "public_contract",
            b'F',
            "Marché public à financement extérieur 16%",
            "Externally funded public contract 16%",
            16,
        ),
        group(
            "public_contract_reduced",
            b'G',
            "Marché public à financement extérieur 5%",
            "Externally funded public contract 5%",
            5,
        ),
        group("packaging_deposit", b'H', "Consigne d'emballage", "Packaging deposit", 0),
        group("guarantee", b'I', "Garantie et caution", "Guarantee", 0),
        group("disbursement", b'J', "Débours", "Disbursement", 0),
        group("unregistered_seller", b'K', "Vendeur non assujetti", "Seller not registered for VAT", 0),
        group("levy", b'L', "Prélèvements sur ventes", "Levies on sales", 0),
        group("regulated", b'M', "Ventes réglementées", "Regulated sales", 0),
        group(
            "regulated_vat",
            b'N',
            "TVA spécifique des ventes réglementées",
            "Specific VAT of regulated sales",
            0,
        ),
        group("reserved_o", b'O', "Réservé O", "Reserved O", 1),
        group("reserved_p", b'P', "Réservé P", "Reserved P", 1),
    ],
};

const fn group(
    code: &'static str,
    letter: u8,
    french: &'static str,
    english: &'static str,
    percent: u8,
) -> ManifestGroup<'static> {
    ManifestGroup {
        code: GroupCode::constant(code),
        letter: DgiLetter(letter),
        french,
        english,
        rate: Rate::percent(percent),
        valid_from: CivilDate::constant(2025, 12, 1),
        invoice_types: InvoiceType::ALL,
        classifications: Classification::ALL,
    }
}
