//! Invoices, and an authority in a few lines that computes as the real one is said to.

mod corpus;
mod differing;
mod mapping;
mod properties;
mod reading;
mod worked;
mod writing;

use draft::{Complete, Defaults, Draft};
use fiscal::{
    Amount, CivilDate, DEFAULT_MANIFEST, GroupAmounts, Manifest, PriceMode, Quantity, Rate, RecordHash,
    UnitPrice, Validated,
};
use serde_json::{Value, json};

use crate::{
    Dialect, Figure, GroupTotals, InvoiceRequest, Mapping, MappingFault, OurSeal, PerLetter, Requested,
    json::object,
};

const ORIGINAL: &str = "TESTFEW73TJMEJCGFOCXPDOX";

pub(crate) fn item(quantity: &str, price: &str, group: &str) -> Value {
    json!({"code": "A", "description": "Savon \"doux\"", "quantity": quantity, "unit_price": price, "tax_group": group})
}

/// A draft of a sale with nothing that can be computed.
pub(crate) fn sale(items: Value) -> Value {
    json!({
        "merchant_nif": "A1234567Z", "outlet_id": "OUTLET-001", "pos_terminal_id": "POS-01", "cashier_id": "C-07",
        "invoice_type": "sale", "timestamp": "2026-02-04T10:15:30Z", "items": items, "payments": [{"method": "cash"}],
    })
}

/// A draft of a credit note of one thing.
pub(crate) fn credit(invoice_type: &str, nature: &str, items: Value) -> Value {
    let mut draft = sale(items);
    draft["invoice_type"] = json!(invoice_type);
    draft["reference"] = match nature {
        "RRR" => json!({"nature": "RRR"}),
        _ => json!({
            "nature": nature, "outlet_id": "OUTLET-001", "epoch": 0, "invoice_seq": 7, "auth_code": "0123456789ABCDEF",
        }),
    };
    draft
}

/// A sealed invoice's canonical bytes and how it is mapped.
pub(crate) struct Sealed {
    pub(crate) canonical: String,
    manifest: &'static Manifest<'static>,
    day: CivilDate,
    pub(crate) original: Option<&'static str>,
}

impl Sealed {
    pub(crate) fn new(draft: &Value) -> Self {
        Self::with(draft, &DEFAULT_MANIFEST)
    }

    pub(crate) fn with(draft: &Value, manifest: &'static Manifest<'static>) -> Self {
        let day = CivilDate::constant(2026, 2, 4);
        let complete = Complete { manifest, day };
        let draft = Draft::read(draft.to_string().as_bytes()).unwrap();
        let canonical = draft.canonical(&Defaults::default(), Some(complete)).unwrap();
        Self { canonical, manifest, day, original: Some(ORIGINAL) }
    }

    pub(crate) fn canonical(canonical: String, day: CivilDate) -> Self {
        Self { canonical, manifest: &DEFAULT_MANIFEST, day, original: Some(ORIGINAL) }
    }

    fn map<T>(&self, map: impl FnOnce(&Mapping<'_>, &Validated<'_>) -> T) -> T {
        let isf = "STELALA-1".parse().unwrap();
        let mapping = Mapping {
            seal: OurSeal {
                fiscal: "BONO-0-00000105".parse().unwrap(),
                record: RecordHash([0xAB; 32]),
                device: "CLOUD-1".parse().unwrap(),
            },
            isf: &isf,
            manifest: self.manifest,
            day: self.day,
            original: self.original.map(|code| code.parse().unwrap()),
        };
        map(&mapping, &Validated::read(self.canonical.as_bytes()).unwrap())
    }

    pub(crate) fn request(&self) -> Result<InvoiceRequest, MappingFault> {
        self.map(|mapping, sale| mapping.request(sale))
    }

    pub(crate) fn expected(&self) -> Result<GroupTotals, MappingFault> {
        self.map(|mapping, sale| mapping.expected(sale))
    }

    /// What is written, as a JSON value: for texts. Numbers of it may have been rounded.
    pub(crate) fn written(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.request().unwrap().write(&Dialect::default())
    }

    /// What the authority answers: it computes from what is written and from its own rates alone.
    pub(crate) fn answer(&self) -> Requested {
        let rates = PerLetter::new(|letter| {
            let held = self.manifest.groups.iter().find(|group| group.letter == letter);
            held.map(|group| group.rate)
        });
        normalised(&self.text(), &rates)
    }
}

/// The totals of a written request, from its digits.
fn normalised(request: &str, rates: &PerLetter<Option<Rate>>) -> Requested {
    let all = object(request).unwrap();
    let mode: PriceMode = all.parsed(&["mode"]).unwrap();
    let mut lines = PerLetter::<Option<Amount>>::default();
    for line in all.any_list(&["items"]).unwrap() {
        let line = object(line).unwrap();
        let (quantity, price): (Quantity, UnitPrice) =
            (line.parsed(&["quantity"]).unwrap(), line.parsed(&["price"]).unwrap());
        assert!(quantity.is_positive(), "{request}");
        let letter =
            line.text(&["taxGroup"]).unwrap().bytes().next().and_then(fiscal::DgiLetter::new).unwrap();
        let sum = lines[letter].get_or_insert_default();
        *sum = sum.plus(quantity.times(price).unwrap()).unwrap();
    }
    let mut answer = json!({"uid": "0001"});
    let (mut total, mut vtotal) = (Amount::ZERO, Amount::ZERO);
    for (letter, lines) in lines.present() {
        let amounts = GroupAmounts::of_lines(*lines, rates[letter].unwrap(), mode).unwrap();
        let small = letter.as_char().to_ascii_lowercase();
        let of_group = amounts.base.plus(amounts.tax).unwrap();
        for (prefix, amount) in [("ha", amounts.base), ("va", amounts.tax), ("ta", of_group)] {
            answer[format!("{prefix}{small}")] = json!(amount.to_string());
        }
        total = total.plus(of_group).unwrap();
        vtotal = vtotal.plus(amounts.tax).unwrap();
    }
    answer["total"] = json!(total.to_string());
    answer["vtotal"] = json!(vtotal.to_string());
    Requested::read(&answer.to_string()).unwrap()
}

/// What the payments of a written request come to.
pub(crate) fn paid(request: &str) -> Figure {
    let payments = object(request).unwrap().any_list(&["payment"]).unwrap();
    let amounts =
        payments.into_iter().map(|payment| object(payment).unwrap().figure(&["amount"]).unwrap().unwrap());
    Figure::from_millionths(amounts.map(Figure::millionths).sum())
}
