//! Selling.

use anyhow::{Context, Result};
use def_trials::{
    Sale,
    authority::{OPENING, at},
    sale::Original,
};
use fiscal::Timestamp;
use serde_json::Value;

use super::Device;

impl Device {
    /// A payload that was never sold here, at a till.
    pub fn payload(&mut self, till: &str) -> String {
        self.new_sale(till, at(OPENING), 1).payload()
    }

    /// The same as a value, of so many lines and with the till's time.
    pub fn new_sale(&mut self, till: &str, time: Timestamp, lines: usize) -> Sale {
        self.sales += 1;
        // Lines of a sale follow one another: the next sale begins after them.
        Sale::of(till, time, lines, self.sales)
    }

    /// `TXN|PREPARE`; the nonce.
    pub fn prepare(&mut self, payload: &str) -> Result<String> {
        let prepared = self.ok(&format!("TXN|PREPARE {payload}"))?;
        super::same(
            "expires_in",
            prepared["expires_in"].as_u64(),
            Some(crate::document::limit("nonce") as u64),
        )?;
        let nonce = prepared["nonce"].as_str().context("PREPARE has a nonce")?;
        let is_nonce = nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
        anyhow::ensure!(is_nonce, "no nonce: {nonce}");
        Ok(nonce.to_owned())
    }

    /// `TXN|COMMIT`; the seal, which was verified.
    pub fn commit(&mut self, nonce: &str, payload: &str) -> Result<Value> {
        let reply = self.ask(&commit_of(nonce))?;
        anyhow::ensure!(reply.value["status"] == "OK", "COMMIT was refused: {}", reply.json);
        self.verify(&reply.value, payload)?;
        Ok(reply.value)
    }

    /// Both.
    pub fn sell(&mut self, payload: &str) -> Result<Value> {
        let nonce = self.prepare(payload)?;
        self.commit(&nonce, payload)
    }

    /// A sale of one line, sealed.
    pub fn sell_one(&mut self) -> Result<(String, Value)> {
        let payload = self.payload("CAISSE-1");
        let seal = self.sell(&payload)?;
        Ok((payload, seal))
    }

    /// A payload that is to be refused with a code, and leaves everything as it was.
    pub fn refuses(&mut self, payload: &str, code: &str) -> Result<Value> {
        self.unchanged(|device| device.refused(&format!("TXN|PREPARE {payload}"), code))
    }
}

/// The request.
pub(crate) fn commit_of(nonce: &str) -> String {
    format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)
}

/// What a note says of a sealed invoice.
pub(crate) fn original(nature: &'static str, seal: &Value) -> Result<Original> {
    Ok(Original {
        nature,
        epoch: u32::try_from(seal["epoch"].as_u64().context("epoch")?)?,
        number: seal["invoice_seq"].as_u64().context("invoice_seq")?,
        auth_code: seal["auth_code"].as_str().context("auth_code")?.to_owned(),
    })
}
