//! Drafts that leave out what can be computed, and how they are completed.

use draft::{Complete, Defaults, Draft, DraftFault};
use fiscal::{CivilDate, DEFAULT_MANIFEST};
use serde_json::{Value, json};

/// The canonical bytes, completed.
pub fn complete(draft: &Value, complete: Complete<'_>) -> Result<String, DraftFault> {
    Draft::read(draft.to_string().as_bytes())?.canonical(&Defaults::default(), Some(complete))
}

/// The canonical bytes, completed by the default manifest.
pub fn by_default(draft: &Value) -> Result<String, DraftFault> {
    let day = CivilDate::constant(2026, 2, 4);
    complete(draft, Complete { manifest: &DEFAULT_MANIFEST, day })
}

/// Why it is not completed: member and code.
pub fn fault(draft: &Value) -> (String, &'static str) {
    let fault = by_default(draft).unwrap_err();
    (fault.member().unwrap_or_default(), fault.code())
}

/// A draft with nothing that can be computed.
pub fn bare(items: Value) -> Value {
    json!({
        "merchant_nif": "A1234567Z", "outlet_id": "OUTLET-001", "pos_terminal_id": "POS-01", "cashier_id": "C-07",
        "invoice_type": "sale", "timestamp": "2026-02-04T10:15:30Z",
        "items": items,
        "payments": [{"method": "cash"}],
    })
}

/// An item of a draft.
pub fn item(quantity: Value, price: Value, group: &str) -> Value {
    json!({"code": "A", "description": "A", "quantity": quantity, "unit_price": price, "tax_group": group})
}

/// A bare sale of one thing at 100, 116 with its tax.
pub fn one() -> Value {
    bare(json!([item(json!(1), json!(100), "standard_vat")]))
}

/// Takes a member away.
pub fn remove(value: &mut Value, member: &str) {
    if let Some(object) = value.as_object_mut() {
        object.remove(member);
    }
}
