//! A payload by itself, and against the record that seals it.

use fiscal::{InvoiceFacts, PayloadHash, Record, Validated};

use crate::finding::{Finding, Rule};

/// What a payload is.
#[derive(Clone, Debug)]
pub struct PayloadVerdict<'a> {
    /// The payload, when it is well-formed and adds up.
    pub sale: Option<Validated<'a>>,
    /// SHA-256 of the bytes, whatever they are.
    pub hash: PayloadHash,
    /// What is false; nothing when all is well.
    pub findings: Vec<Finding>,
}

/// Whether these bytes are a canonical payload that adds up.
pub fn verify_payload(payload: &[u8]) -> PayloadVerdict<'_> {
    let hash = PayloadHash::of(payload);
    match Validated::read(payload) {
        Ok(sale) => PayloadVerdict { sale: Some(sale), hash, findings: Vec::new() },
        Err(fault) => PayloadVerdict { sale: None, hash, findings: vec![fault.into()] },
    }
}

/// Whether these bytes are what this record seals. The seal itself is for a key to verify.
pub fn verify_payload_of<'a>(record: &Record, payload: &'a [u8]) -> PayloadVerdict<'a> {
    let Some(facts) = record.header.invoice() else { return verify_body_of(record, payload) };
    let mut verdict = verify_payload(payload);
    if verdict.hash != record.link.payload {
        verdict.findings.push(Rule::PayloadHash.into());
    }
    if let Some(sale) = &verdict.sale {
        let stated = InvoiceFacts::of(&sale.sale(), facts.number);
        let differences = [
            (sale.invoice().outlet_id != record.header.outlet, Rule::FactOutlet),
            (stated.nif != facts.nif, Rule::FactNif),
            (stated.invoice_type != facts.invoice_type, Rule::FactType),
            (stated.total != facts.total, Rule::FactTotal),
            (stated.vat != facts.vat, Rule::FactVat),
            (stated.currency != facts.currency, Rule::FactCurrency),
            (stated.items != facts.items, Rule::FactItems),
        ];
        verdict
            .findings
            .extend(differences.iter().filter(|(differs, _)| *differs).map(|(_, rule)| (*rule).into()));
    }
    verdict
}

/// The body of a record that is no invoice has a form of its own: here only its hash is compared.
fn verify_body_of<'a>(record: &Record, body: &'a [u8]) -> PayloadVerdict<'a> {
    let hash = PayloadHash::of(body);
    let findings = if hash == record.link.payload { Vec::new() } else { vec![Rule::PayloadHash.into()] };
    PayloadVerdict { sale: None, hash, findings }
}
