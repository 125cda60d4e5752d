//! From bytes to values: the annex, of which each member may be absent.

use super::{
    cursor::{Cursor, value},
    list::{Element, List},
};
use crate::{
    fault::{Fault, InMember, Member, Reason},
    invoice::{Annex, AnnexItem, Exchange, Extension, Tendered},
    rules::limits,
};

/// Ten optional members, in their order.
pub(super) fn read_annex<'a>(c: &mut Cursor<'a>) -> Result<Annex<'a>, Fault> {
    use Member as M;
    const MEMBERS: &[Member] = &[
        M::PriceMode,
        M::ClientName,
        M::ClientContact,
        M::ClientAddress,
        M::OperatorName,
        M::Items,
        M::Exchange,
        M::Tendered,
        M::Comments,
        M::Ext,
    ];
    c.open_object()?;
    let mut first = true;
    let mut present = |c: &mut Cursor<'a>, member| {
        let present = c.optional_member(member, first);
        first &= !present;
        present
    };
    let mut annex = Annex::default();
    if present(c, M::PriceMode) {
        annex.price_mode = Some(c.parsed(Reason::PriceModeUnknown).at(M::PriceMode)?);
    }
    for (member, text) in [
        (M::ClientName, &mut annex.client_name),
        (M::ClientContact, &mut annex.client_contact),
        (M::ClientAddress, &mut annex.client_address),
        (M::OperatorName, &mut annex.operator_name),
    ] {
        if present(c, member) {
            *text = Some(c.text().at(member)?);
        }
    }
    if present(c, M::Items) {
        annex.items = Some(List::read(c, M::Items, limits::ITEMS, Reason::AnnexItemsCount)?);
    }
    if present(c, M::Exchange) {
        annex.exchange = Some(read_exchange(c).map_err(|fault| fault.within(M::Exchange))?);
    }
    if present(c, M::Tendered) {
        annex.tendered = Some(List::read(c, M::Tendered, limits::TENDERED, Reason::TenderedCount)?);
    }
    if present(c, M::Comments) {
        annex.comments = Some(List::read(c, M::Comments, limits::COMMENTS, Reason::CommentsCount)?);
    }
    if present(c, M::Ext) {
        annex.ext = Some(List::read(c, M::Ext, limits::EXTENSIONS, Reason::ExtCount)?);
    }
    if first && c.take("}") {
        return Err(Fault::whole(Reason::AnnexEmpty));
    }
    c.close_object(MEMBERS, first)?;
    Ok(annex)
}

impl Element<'_> for AnnexItem {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Fault> {
        const MEMBERS: &[Member] = &[Member::Type, Member::OriginalPrice];
        c.open_object()?;
        let item = Self {
            item_type: value(c, MEMBERS, 0, |c| c.parsed(Reason::ItemTypeUnknown))?,
            original_price: if c.optional_member(Member::OriginalPrice, false) {
                Some(c.parsed(Reason::PriceForm).at(Member::OriginalPrice)?)
            } else {
                None
            },
        };
        c.close_object(MEMBERS, false)?;
        Ok(item)
    }
}

fn read_exchange(c: &mut Cursor<'_>) -> Result<Exchange, Fault> {
    use Member as M;
    const MEMBERS: &[Member] = &[M::Currency, M::Rate, M::Date, M::Total, M::TotalVat];
    c.open_object()?;
    let exchange = Exchange {
        currency: value(c, MEMBERS, 0, |c| c.parsed(Reason::CurrencyForm))?,
        rate: value(c, MEMBERS, 1, |c| c.parsed(Reason::ExchangeRateForm))?,
        date: value(c, MEMBERS, 2, |c| c.parsed(Reason::DateForm))?,
        total: value(c, MEMBERS, 3, |c| c.parsed(Reason::AmountForm))?,
        total_vat: value(c, MEMBERS, 4, |c| c.parsed(Reason::AmountForm))?,
    };
    c.close_object(MEMBERS, false)?;
    Ok(exchange)
}

impl Element<'_> for Tendered {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Fault> {
        const MEMBERS: &[Member] = &[Member::Currency, Member::Amount, Member::Rate];
        c.open_object()?;
        let tendered = Self {
            currency: value(c, MEMBERS, 0, |c| c.parsed(Reason::CurrencyForm))?,
            amount: value(c, MEMBERS, 1, |c| c.parsed(Reason::AmountForm))?,
            rate: value(c, MEMBERS, 2, |c| c.parsed(Reason::ExchangeRateForm))?,
        };
        c.close_object(MEMBERS, false)?;
        Ok(tendered)
    }
}

/// A pair: `["name","value"]`.
impl<'a> Element<'a> for Extension<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut read_pair = || -> Result<Self, Reason> {
            c.expect("[", Reason::ArrayExpected)?;
            let name = c.text()?;
            c.expect(",", Reason::SeparatorExpected)?;
            let value = c.text_or_none()?;
            c.expect("]", Reason::SeparatorExpected)?;
            Ok(Self { name, value })
        };
        read_pair().map_err(Fault::whole)
    }
}
