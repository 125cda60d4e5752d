//! A seal, verified with the device's key and the payload only.

use anyhow::{Context, Result, ensure};
use fiscal::{PayloadHash, Record};
use serde_json::Value;
use verify::{JournalLine, Trust, verify_payload_of, verify_qr};

use super::{Device, same};

impl Device {
    /// Whether a seal is one of this payload and agrees with itself.
    pub(super) fn verify(&self, seal: &Value, payload: &str) -> Result<()> {
        let text = |member: &str| seal[member].as_str().with_context(|| format!("the seal has no {member}"));
        let record = record_of(seal, payload)?;
        let key = self.key()?;
        let sealed = record.verify(&key).context("the device's key did not sign the record")?;
        same("the sealed payload", record.link.payload, PayloadHash::of(payload.as_bytes()))?;
        same("payload_hash", text("payload_hash")?, record.link.payload.to_string().as_str())?;
        same("record_hash", text("record_hash")?, sealed.hash().to_string().as_str())?;
        same("previous_hash", text("previous_hash")?, record.link.previous.to_string().as_str())?;
        same("position", seal["position"].as_u64(), Some(record.link.position.value()))?;
        same("counter", seal["counter"].as_u64(), Some(record.link.counter))?;
        same("auth_code", text("auth_code")?, record.signature.auth_code().as_str())?;
        same("timestamp", text("timestamp")?, record.header.time.to_string().as_str())?;
        same("device_id", text("device_id")?, record.header.device.as_str())?;
        let facts = record.header.invoice().context("the record is no invoice's")?;
        let (epoch, number) = (record.header.epoch.0, facts.number.value());
        same("invoice_seq", seal["invoice_seq"].as_u64(), Some(number))?;
        same("epoch", seal["epoch"].as_u64(), Some(u64::from(epoch)))?;
        let fiscal_number = format!("{}-{epoch}-{number:08}", self.prefix);
        same("fiscal_number", text("fiscal_number")?, fiscal_number.as_str())?;
        let findings = verify_payload_of(&record, payload.as_bytes()).findings;
        ensure!(findings.is_empty(), "the referee on the payload: {findings:?}");
        let verdict = verify_qr(text("qr_payload")?, &Trust::Keys(vec![key]));
        ensure!(verdict.is_true(), "the referee on the QR code: {:?}", verdict.findings);
        ensure!(text("qr_payload")?.contains(text("auth_code")?), "the QR code has no authentication code");
        Ok(())
    }
}

/// The record of an answer that has one.
pub(crate) fn record_of(answer: &Value, payload: &str) -> Result<Record> {
    let line = serde_json::json!({"record": answer["record"], "payload": payload}).to_string();
    let line = JournalLine::read(line.as_bytes()).map_err(|rule| anyhow::anyhow!("the record: {rule:?}"))?;
    line.record().map_err(|rule| anyhow::anyhow!("the record: {rule:?}"))
}
