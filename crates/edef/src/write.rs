//! Writing requests: one JSON form, members always in one order, numbers by their digits, absent members left out.

use std::fmt::Write;

use fiscal::{CivilDate, Currency};

use crate::{
    ClientPart, DateForm, Dialect, Figure, InvoiceRequest, ItemPart, PaymentNames, PaymentPart, PriceForm,
    request::COMMENTS,
};

impl InvoiceRequest {
    /// The body of `POST /api/invoice`.
    pub fn write(&self, dialect: &Dialect) -> String {
        let mut all = Writer::new();
        all.text("nif", self.nif.as_str());
        all.text("rn", &self.rn.to_string());
        all.text("mode", self.mode.dgi_code());
        all.text("isf", self.isf.as_str());
        all.text("type", self.invoice_type.dgi_code());
        all.list("items", self.items.iter().map(|item| write_item(item, dialect)));
        all.raw("client", &write_client(&self.client));
        let mut operator = Writer::new();
        operator.text("id", self.operator.id.as_str());
        operator.text("name", &self.operator.name);
        all.raw("operator", &operator.end());
        all.list("payment", self.payments.iter().map(|payment| write_payment(payment, dialect)));
        if let Some(reference) = &self.reference {
            all.optional("reference", reference.code.map(|code| code.to_string()).as_deref());
            all.text("referenceType", reference.nature.as_str());
            all.optional("referenceDesc", reference.description.as_deref());
        }
        for (name, comment) in COMMENTS.iter().zip(&self.comments) {
            all.text(name, comment);
        }
        if let Some(currency) = &self.currency {
            all.text("curCode", currency.currency.as_str());
            all.text("curDate", &date(currency.date, dialect.currency_date));
            all.raw("curRate", &currency.rate.to_string());
        }
        all.end()
    }
}

fn write_item(item: &ItemPart, dialect: &Dialect) -> String {
    let mut all = Writer::new();
    all.text("code", item.code.as_str());
    all.text("type", item.item_type.dgi_code());
    all.text("name", &item.name);
    all.price("price", item.price, dialect);
    all.raw("quantity", &item.quantity.to_string());
    all.text("taxGroup", item.tax_group.as_char().encode_utf8(&mut [0; 4]));
    if let Some(original) = item.original_price {
        all.price("originalPrice", original, dialect);
    }
    all.optional("priceModification", item.price_modification.as_deref());
    all.end()
}

fn write_client(client: &ClientPart) -> String {
    let mut all = Writer::new();
    all.optional("nif", client.nif.as_deref());
    all.optional("name", client.name.as_deref());
    all.optional("contact", client.contact.as_deref());
    all.optional("address", client.address.as_deref());
    all.text("type", client.classification.dgi_code());
    all.optional("typeDesc", client.description.as_deref());
    all.end()
}

/// Amounts are in CDF whatever the invoice's currency is, and each payment says so.
fn write_payment(payment: &PaymentPart, dialect: &Dialect) -> String {
    let mut all = Writer::new();
    let (code, rate) = match dialect.payment {
        PaymentNames::Long => ("currencyCode", "currencyRate"),
        PaymentNames::Short => ("curCode", "curRate"),
    };
    all.text("name", payment.method.dgi_code());
    all.raw("amount", &payment.amount.to_string());
    all.text(code, Currency::CDF.as_str());
    all.raw(rate, "1");
    all.end()
}

fn date(date: CivilDate, form: DateForm) -> String {
    let iso = date.to_string();
    match form {
        DateForm::Iso => iso,
        DateForm::IsoTime => format!("{iso}T00:00:00"),
        DateForm::DayFirst => iso.rsplit('-').collect::<Vec<_>>().join("/"),
    }
}

struct Writer(String);

impl Writer {
    fn new() -> Self {
        Self("{".to_owned())
    }

    fn raw(&mut self, name: &str, value: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        // Writing into a String does not fail.
        let _ = write!(self.0, "{comma}\"{name}\":{value}");
    }

    fn text(&mut self, name: &str, text: &str) {
        self.raw(name, &serde_json::Value::from(text).to_string());
    }

    fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn price(&mut self, name: &str, price: Figure, dialect: &Dialect) {
        match dialect.price {
            PriceForm::Number => self.raw(name, &price.to_string()),
            PriceForm::Text => self.text(name, &price.to_string()),
        }
    }

    fn list(&mut self, name: &str, elements: impl Iterator<Item = String>) {
        self.raw(name, &format!("[{}]", elements.collect::<Vec<_>>().join(",")));
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
