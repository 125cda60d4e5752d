//! What the document says of the bodies that are written elsewhere.

use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::routes::submissions::Standing;

/// A sealed invoice. Print `fiscal_number`, `device_id`, `timestamp` (in local time), `auth_code`, and `qr_payload` as a QR
/// code. What is in your hands is durable: print then, and not before.
#[derive(ToSchema)]
#[schema(as = Seal)]
#[allow(dead_code, reason = "it is only described; def_protocol's Seal is what is written")]
pub(crate) struct SealDocument {
    /// The invoice's number in its epoch.
    #[schema(example = 42, minimum = 1)]
    invoice_seq: u64,
    /// What a person compares: 16 characters.
    auth_code: String,
    /// Who sealed.
    #[schema(example = "CLOUD-01")]
    device_id: String,
    /// When, in UTC.
    #[schema(example = "2026-03-14T07:32:11")]
    timestamp: String,
    /// What the QR code says.
    qr_payload: String,
    /// As a receipt shows it.
    #[schema(example = "KINGOMBE01-0-00000042")]
    fiscal_number: String,
    /// The outlet's line of numbers.
    epoch: u32,
    /// The record's place in the chain.
    position: u64,
    /// SHA-256 of the canonical payload, in hexadecimal digits.
    payload_hash: String,
    /// The hash of the record before.
    previous_hash: String,
    /// What the signature covers.
    record_hash: String,
    /// The secure element's; 0 in the cloud.
    counter: u64,
    /// ECDSA P-256, r‖s, in base64url.
    signature: String,
    /// Header, link and signature, in base64url.
    record: String,
    /// The canonical payload, byte for byte, where it was asked for or made; null once it was erased.
    #[schema(required = false)]
    payload: Option<String>,
    /// How it stands with the tax authority, where one invoice is read.
    #[schema(required = false)]
    dgi: Option<Standing>,
}

/// A sale as an integrator writes it: members in any order, numbers or strings.
#[derive(ToSchema)]
#[schema(as = Invoice, value_type = Object, example = sale)]
#[allow(dead_code, reason = "it is only described; the crate draft reads it")]
pub(crate) struct InvoiceDocument(Value);

/// The smallest sale: what is missing is computed, since `complete=true` asks for it.
pub(crate) fn sale() -> Value {
    json!({
        "pos_terminal_id": "TILL-1",
        "cashier_id": "GRACE",
        "invoice_type": "sale",
        "timestamp": "2026-03-14T07:32:10Z",
        "items": [
            { "code": "BREAD", "description": "Pain", "quantity": 2, "unit_price": 1500, "tax_group": "standard_vat" }
        ],
        "currency": "CDF",
        "payments": [{ "method": "cash" }]
    })
}

/// A sale as a till writes it that makes the canonical bytes itself.
pub(crate) const CANONICAL_SALE: &str = concat!(
    r#"{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"TILL-1","cashier_id":"GRACE","#,
    r#""invoice_type":"sale","timestamp":"2026-03-14T07:32:10","client":{"registration":"","classification":"Individual"},"#,
    r#""items":[{"code":"BREAD","description":"Pain","quantity":"2","unit_price":"500.00","tax_group":"exempt","#,
    r#""taxable_unit":"pièce"}],"tax_groups":[{"code":"exempt","name":"Exonéré","rate":"0.00","base_amount":"1000.00","#,
    r#""tax_amount":"0.00"}],"totals":{"subtotal":"1000.00","total_vat":"0.00","total":"1000.00","currency":"CDF"},"#,
    r#""payments":[{"method":"cash","amount":"1000.00","instrument_id":""}],"annex":{"price_mode":"ttc","#,
    r#""operator_name":"Nsimba Mavungu"}}"#,
);
