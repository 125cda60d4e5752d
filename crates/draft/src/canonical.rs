use fiscal::{
    Annex, CashierId, Client, Extension, Fault, Invoice, Item, List, Member as M, Nif, OriginalReference,
    OutletId, Path, PriceMode, Reason, Reference, TerminalId, Text, Unit, Validated, VoucherToken,
};

use crate::{Complete, Draft, DraftFault, complete::Sums, form};

/// What the caller knows of whoever sends a draft. It stands for members that the draft leaves out, and never for
/// those that it states: a sale of another outlet is refused where it is sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The seller.
    pub nif: Option<Nif>,
    /// The shop.
    pub outlet: Option<OutletId>,
    /// The till.
    pub terminal: Option<TerminalId>,
    /// Who sells.
    pub cashier: Option<CashierId>,
}

impl Draft {
    /// Writes the canonical bytes, which pass [`Validated::read`].
    ///
    /// With `complete`, what is missing of `tax_groups`, `totals`, `annex.exchange` and of one payment is computed;
    /// without, it is a fault.
    pub fn canonical(
        &self,
        defaults: &Defaults,
        complete: Option<Complete<'_>>,
    ) -> Result<String, DraftFault> {
        let merchant_nif = either(self.merchant_nif, defaults.nif, M::MerchantNif)?;
        let outlet_id = either(self.outlet_id, defaults.outlet, M::OutletId)?;
        let pos_terminal_id = either(self.pos_terminal_id, defaults.terminal, M::PosTerminalId)?;
        let cashier_id = either(self.cashier_id, defaults.cashier, M::CashierId)?;
        let items = self.items.iter().map(item).collect::<Result<Vec<_>, Fault>>()?;
        let sums = self.sums(&items, complete)?;
        let comments = self.annex.comments.as_ref().map(|comments| texts(comments)).transpose()?;
        let ext = self.annex.ext.as_ref().map(|pairs| extensions(pairs)).transpose()?;
        let invoice = Invoice {
            merchant_nif,
            outlet_id,
            pos_terminal_id,
            cashier_id,
            invoice_type: self.invoice_type,
            timestamp: self.timestamp,
            client: Client {
                registration: optional_text(self.client.registration.as_deref())?,
                classification: self.client.classification,
            },
            items: List::from(&items[..]),
            tax_groups: List::from(&sums.tax_groups[..]),
            totals: sums.totals,
            payments: List::from(&sums.payments[..]),
            reference: self.reference.as_ref().map(reference).transpose()?,
            annex: Annex {
                exchange: sums.exchange,
                comments: comments.as_deref().map(List::from),
                ext: ext.as_deref().map(List::from),
                ..annex(&self.annex)?
            },
        };
        write(&invoice, &sums)
    }

    pub(crate) fn price_mode(&self) -> PriceMode {
        self.annex.price_mode.unwrap_or_default()
    }
}

fn write(invoice: &Invoice<'_>, sums: &Sums<'_>) -> Result<String, DraftFault> {
    let mut canonical = String::new();
    // A string takes whatever is written.
    let _ = invoice.write(&mut canonical);
    match Validated::read(canonical.as_bytes()) {
        Ok(_) => Ok(canonical),
        // The amount is not the draft's own, so that its sign would say nothing to who wrote it.
        Err(fault) if fault.reason == Reason::PaymentSign && Some(fault.path) == sums.remainder => {
            Err(DraftFault::Overpaid(fault.path))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn either<T>(stated: Option<T>, default: Option<T>, member: M) -> Result<T, DraftFault> {
    stated.or(default).ok_or(DraftFault::Missing(Path::ROOT.member(member)))
}

fn item(item: &form::Item) -> Result<Item<'_>, Fault> {
    Ok(Item {
        code: item.code,
        description: text(&item.description)?,
        quantity: item.quantity,
        unit_price: item.unit_price,
        tax_group: item.tax_group,
        taxable_unit: Unit::try_from(text(&item.taxable_unit)?).map_err(Fault::whole)?,
    })
}

fn reference(reference: &form::Reference) -> Result<Reference<'_>, Fault> {
    Ok(match reference {
        form::Reference::Rebate => Reference::Rebate,
        form::Reference::Original(original) => Reference::Original(OriginalReference {
            nature: original.nature,
            outlet_id: original.outlet_id,
            epoch: original.epoch,
            invoice_seq: original.invoice_seq,
            auth_code: original.auth_code,
            voucher: original.voucher.as_deref().map(VoucherToken::new).transpose().map_err(Fault::whole)?,
        }),
    })
}

/// All of it but what a list of its own is made for, and the exchange.
fn annex(annex: &form::Annex) -> Result<Annex<'_>, Fault> {
    Ok(Annex {
        price_mode: annex.price_mode,
        client_name: optional_text(annex.client_name.as_deref())?,
        client_contact: optional_text(annex.client_contact.as_deref())?,
        client_address: optional_text(annex.client_address.as_deref())?,
        operator_name: optional_text(annex.operator_name.as_deref())?,
        items: annex.items.as_deref().map(List::from),
        tendered: annex.tendered.as_deref().map(List::from),
        ..Annex::default()
    })
}

fn extensions(pairs: &[(String, Option<String>)]) -> Result<Vec<Extension<'_>>, Fault> {
    pairs
        .iter()
        .map(|(name, value)| Ok(Extension { name: text(name)?, value: optional_text(value.as_deref())? }))
        .collect()
}

fn texts(texts: &[String]) -> Result<Vec<Text<'_>>, Fault> {
    texts.iter().map(|written| text(written)).collect()
}

fn optional_text(written: Option<&str>) -> Result<Option<Text<'_>>, Fault> {
    written.map(text).transpose()
}

/// A text of the draft, which was found to be one when it was read; of a manifest, it may be none.
pub(crate) fn text(written: &str) -> Result<Text<'_>, Fault> {
    Text::new(written).map_err(Fault::whole)
}
