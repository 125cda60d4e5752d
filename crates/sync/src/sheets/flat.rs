//! A request as rows of cells under the authority's own names.

use edef::{GroupTotals, InvoiceRequest, ItemPart, PaymentPart};

use super::table::Sheet;

/// The columns of invoices. `total` and `vtotal` are what we expect.
pub(super) const INVOICES: [&str; 29] = [
    "rn",
    "nif",
    "mode",
    "isf",
    "type",
    "client.nif",
    "client.name",
    "client.contact",
    "client.address",
    "client.type",
    "client.typeDesc",
    "operator.id",
    "operator.name",
    "reference",
    "referenceType",
    "referenceDesc",
    "cmta",
    "cmtb",
    "cmtc",
    "cmtd",
    "cmte",
    "cmtf",
    "cmtg",
    "cmth",
    "curCode",
    "curDate",
    "curRate",
    "total",
    "vtotal",
];
/// The empty ones behind them: what the authority answers is written there. Its total is never ours, or a code that slipped
/// by a row would seem to fit.
pub(super) const RESULTS: [&str; 8] =
    ["uid", "codeDEFDGI", "dateTime", "counters", "nim", "totalDGI", "vtotalDGI", "qrCode"];

const ITEMS: [&str; 10] = [
    "rn",
    "line",
    "code",
    "type",
    "name",
    "price",
    "quantity",
    "taxGroup",
    "originalPrice",
    "priceModification",
];

const PAYMENTS: [&str; 5] = ["rn", "name", "amount", "currencyCode", "currencyRate"];

/// Invoices, articles and payments, each a sheet.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) invoices: Sheet,
    pub(super) items: Sheet,
    pub(super) payments: Sheet,
}

impl Flat {
    pub(super) fn new() -> Self {
        let sheet = |name, header: &[&'static str]| Sheet { name, header: header.to_vec(), rows: Vec::new() };
        Self {
            invoices: sheet("Factures", &INVOICES),
            items: sheet("Articles", &ITEMS),
            payments: sheet("Paiements", &PAYMENTS),
        }
    }

    /// With columns for the authority's answers.
    pub(super) fn with_results() -> Self {
        let mut flat = Self::new();
        flat.invoices.header.extend(RESULTS);
        flat
    }

    pub(super) fn push(&mut self, request: &InvoiceRequest, expected: &GroupTotals) {
        let rn = request.rn.to_string();
        let mut row = invoice(request, expected);
        row.resize(self.invoices.header.len(), String::new());
        self.invoices.rows.push(row);
        for (item, line) in request.items.iter().zip(1..) {
            self.items.rows.push(row_of_item(&rn, line, item));
        }
        self.payments.rows.extend(request.payments.iter().map(|payment| row_of_payment(&rn, payment)));
    }
}

fn invoice(request: &InvoiceRequest, expected: &GroupTotals) -> Vec<String> {
    let InvoiceRequest { client, operator, reference, currency, .. } = request;
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut row = vec![
        request.rn.to_string(),
        request.nif.to_string(),
        request.mode.dgi_code().to_owned(),
        request.isf.to_string(),
        request.invoice_type.dgi_code().to_owned(),
        or_empty(&client.nif),
        or_empty(&client.name),
        or_empty(&client.contact),
        or_empty(&client.address),
        client.classification.dgi_code().to_owned(),
        or_empty(&client.description),
        operator.id.to_string(),
        operator.name.clone(),
    ];
    match reference {
        Some(reference) => row.extend([
            reference.code.map_or_else(String::new, |code| code.to_string()),
            reference.nature.as_str().to_owned(),
            or_empty(&reference.description),
        ]),
        None => row.extend([const { String::new() }; 3]),
    }
    row.extend((0..8).map(|at| request.comments.get(at).cloned().unwrap_or_default()));
    match currency {
        Some(currency) => row.extend([
            currency.currency.as_str().to_owned(),
            currency.date.to_string(),
            currency.rate.to_string(),
        ]),
        None => row.extend([const { String::new() }; 3]),
    }
    row.extend([expected.total.to_string(), expected.vat.to_string()]);
    row
}

fn row_of_item(rn: &str, line: u32, item: &ItemPart) -> Vec<String> {
    vec![
        rn.to_owned(),
        line.to_string(),
        item.code.to_string(),
        item.item_type.dgi_code().to_owned(),
        item.name.clone(),
        item.price.to_string(),
        item.quantity.to_string(),
        item.tax_group.as_char().to_string(),
        item.original_price.map_or_else(String::new, |price| price.to_string()),
        item.price_modification.clone().unwrap_or_default(),
    ]
}

fn row_of_payment(rn: &str, payment: &PaymentPart) -> Vec<String> {
    let name = payment.method.dgi_code().to_owned();
    vec![rn.to_owned(), name, payment.amount.to_string(), "CDF".to_owned(), "1".to_owned()]
}
