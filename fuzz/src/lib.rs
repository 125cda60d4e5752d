//! What an invoice means, as a JSON value made from the typed members alone; and a shop whose device is fuzzed.

pub mod image;
pub mod shop;

use fiscal::{Annex, Invoice, Reference};
use serde_json::{Map, Value, json};

/// The invoice as JSON: equal to what `serde_json` reads from its bytes, or the reader misunderstood them.
pub fn meaning(invoice: &Invoice<'_>) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("merchant_nif", text(invoice.merchant_nif));
    put("outlet_id", text(invoice.outlet_id));
    put("pos_terminal_id", text(invoice.pos_terminal_id));
    put("cashier_id", text(invoice.cashier_id));
    put("invoice_type", text(invoice.invoice_type.name()));
    put("timestamp", text(invoice.timestamp));
    put(
        "client",
        json!({
            "registration": text_or_empty(invoice.client.registration),
            "classification": invoice.client.classification.name(),
        }),
    );
    let items = invoice.items.iter().map(|item| {
        json!({
            "code": text(item.code),
            "description": text(item.description),
            "quantity": text(item.quantity),
            "unit_price": text(item.unit_price),
            "tax_group": text(item.tax_group),
            "taxable_unit": text(item.taxable_unit.text()),
        })
    });
    put("items", items.collect());
    let groups = invoice.tax_groups.iter().map(|group| {
        json!({
            "code": text(group.code),
            "name": text(group.name),
            "rate": text(group.rate),
            "base_amount": text(group.base_amount),
            "tax_amount": text(group.tax_amount),
        })
    });
    put("tax_groups", groups.collect());
    put(
        "totals",
        json!({
            "subtotal": text(invoice.totals.subtotal),
            "total_vat": text(invoice.totals.total_vat),
            "total": text(invoice.totals.total),
            "currency": text(invoice.totals.currency),
        }),
    );
    let payments = invoice.payments.iter().map(|payment| {
        json!({
            "method": payment.method.name(),
            "amount": text(payment.amount),
            "instrument_id": text_or_empty(payment.instrument_id),
        })
    });
    put("payments", payments.collect());
    if let Some(reference) = &invoice.reference {
        put("reference", reference_meaning(reference));
    }
    if invoice.annex != Annex::default() {
        put("annex", annex_meaning(&invoice.annex));
    }
    Value::Object(members)
}

fn reference_meaning(reference: &Reference<'_>) -> Value {
    match reference {
        Reference::Rebate => json!({ "nature": "RRR" }),
        Reference::Original(original) => {
            let mut value = json!({
                "nature": original.nature.name(),
                "outlet_id": text(original.outlet_id),
                "epoch": original.epoch.0,
                "invoice_seq": original.invoice_seq.value(),
                "auth_code": text(original.auth_code),
            });
            if let Some(voucher) = original.voucher {
                value["voucher"] = text(voucher.as_str());
            }
            value
        }
    }
}

fn annex_meaning(annex: &Annex<'_>) -> Value {
    let mut members = Map::new();
    let mut put =
        |name: &str, value: Option<Value>| value.map(|value| members.insert(name.to_owned(), value));
    put("price_mode", annex.price_mode.map(|mode| text(mode.name())));
    put("client_name", annex.client_name.map(text));
    put("client_contact", annex.client_contact.map(text));
    put("client_address", annex.client_address.map(text));
    put("operator_name", annex.operator_name.map(text));
    let items = annex.items.map(|items| {
        let item = |item: fiscal::AnnexItem| {
            let mut value = json!({ "type": item.item_type.name() });
            if let Some(price) = item.original_price {
                value["original_price"] = text(price);
            }
            value
        };
        items.iter().map(item).collect()
    });
    put("items", items);
    let exchange = annex.exchange.map(|exchange| {
        json!({
            "currency": text(exchange.currency),
            "rate": text(exchange.rate),
            "date": text(exchange.date),
            "total": text(exchange.total),
            "total_vat": text(exchange.total_vat),
        })
    });
    put("exchange", exchange);
    let tendered = annex.tendered.map(|tendered| {
        let amounts = tendered.iter().map(|tendered| {
            json!({
                "currency": text(tendered.currency),
                "amount": text(tendered.amount),
                "rate": text(tendered.rate),
            })
        });
        amounts.collect()
    });
    put("tendered", tendered);
    put("comments", annex.comments.map(|comments| comments.iter().map(text).collect()));
    put(
        "ext",
        annex
            .ext
            .map(|ext| ext.iter().map(|pair| json!([text(pair.name), text_or_empty(pair.value)])).collect()),
    );
    Value::Object(members)
}

fn text(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

fn text_or_empty(value: Option<fiscal::Text<'_>>) -> Value {
    value.map_or_else(|| text(""), text)
}
