use fiscal::{AnnexItem, Member as M, Reason, Tendered, limits};

use crate::{
    DraftFault,
    form::{Annex, Exchange},
    json::Value,
};

/// Ten optional members. An annex without any says as much as none.
pub(super) fn read_annex(value: Value<'_>) -> Result<Annex, DraftFault> {
    let annex = value.object(&[
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
    ])?;
    Ok(Annex {
        price_mode: annex.optional(M::PriceMode, Value::parsed)?,
        client_name: annex.optional(M::ClientName, Value::text)?,
        client_contact: annex.optional(M::ClientContact, Value::text)?,
        client_address: annex.optional(M::ClientAddress, Value::text)?,
        operator_name: annex.optional(M::OperatorName, Value::text)?,
        items: annex
            .optional(M::Items, |value| value.array(limits::ITEMS, Reason::AnnexItemsCount, read_item))?,
        exchange: annex.optional(M::Exchange, read_exchange)?,
        tendered: annex.optional(M::Tendered, |value| {
            value.array(limits::TENDERED, Reason::TenderedCount, read_tendered)
        })?,
        comments: annex.optional(M::Comments, |value| {
            value.array(limits::COMMENTS, Reason::CommentsCount, Value::text)
        })?,
        ext: annex
            .optional(M::Ext, |value| value.array(limits::EXTENSIONS, Reason::ExtCount, Value::pair))?,
    })
}

fn read_item(value: Value<'_>) -> Result<AnnexItem, DraftFault> {
    let item = value.object(&[M::Type, M::OriginalPrice])?;
    Ok(AnnexItem {
        item_type: item.required(M::Type, Value::parsed)?,
        original_price: item.optional(M::OriginalPrice, Value::decimal)?,
    })
}

fn read_exchange(value: Value<'_>) -> Result<Exchange, DraftFault> {
    let exchange = value.object(&[M::Currency, M::Rate, M::Date, M::Total, M::TotalVat])?;
    Ok(Exchange {
        currency: exchange.required(M::Currency, Value::parsed)?,
        rate: exchange.required(M::Rate, Value::decimal)?,
        date: exchange.required(M::Date, Value::parsed)?,
        total: exchange.optional(M::Total, Value::decimal)?,
        total_vat: exchange.optional(M::TotalVat, Value::decimal)?,
    })
}

fn read_tendered(value: Value<'_>) -> Result<Tendered, DraftFault> {
    let tendered = value.object(&[M::Currency, M::Amount, M::Rate])?;
    Ok(Tendered {
        currency: tendered.required(M::Currency, Value::parsed)?,
        amount: tendered.required(M::Amount, Value::decimal)?,
        rate: tendered.required(M::Rate, Value::decimal)?,
    })
}
