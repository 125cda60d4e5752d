//! What the operator and the authority order.

use anyhow::{Context, Result, ensure};
use def_protocol::{
    Nonce,
    token::{Activation, HandOver, Newest, Policy},
};
use def_trials::authority::at;
use fiscal::{Epoch, InvoiceNumber, PublicKey, RecordHash, Timestamp, UtcOffset};
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::{Device, same, seal::record_of};

/// Whom a device seals for.
#[derive(Clone, Copy, Debug)]
pub struct Outlet {
    /// The merchant.
    pub nif: &'static str,
    /// The outlet.
    pub outlet: &'static str,
    /// What fiscal numbers begin with.
    pub prefix: &'static str,
}

impl Outlet {
    /// The shop of the trials' sales.
    pub const SHOP: Self = Self { nif: "A2301457K", outlet: "KIN-GOMBE-01", prefix: "KING" };
    /// The outlet of the vectors and of the document's examples.
    pub const VECTORS: Self = Self { nif: "A1234567Z", outlet: "OUTLET-001", prefix: "KING" };
}

impl Device {
    /// An activation code.
    pub fn activation(&self, outlet: &Outlet, policy: Policy) -> Result<String> {
        self.activation_from(outlet, policy, Some(InvoiceNumber::FIRST))
    }

    /// The same from another number on; without one the device stands by.
    pub fn activation_from(
        &self,
        outlet: &Outlet,
        policy: Policy,
        first_number: Option<InvoiceNumber>,
    ) -> Result<String> {
        let parsed = |what: &str| format!("{what} of the outlet is none");
        let body = Activation {
            nif: outlet.nif.parse().ok().with_context(|| parsed("the NIF"))?,
            outlet: outlet.outlet.parse().ok().with_context(|| parsed("the id"))?,
            prefix: outlet.prefix.parse().ok().with_context(|| parsed("the prefix"))?,
            epoch: Epoch(0),
            first_number,
            offset: UtcOffset::KINSHASA,
            policy,
            dgi: fiscal::PrivateKey::public_key(&self.authority.dgi),
            operator: fiscal::PrivateKey::public_key(&self.authority.operator),
        };
        Ok(self.authority.token(&self.authority.root, &body))
    }

    /// The operator's key as INIT takes it.
    pub fn operator_pem(&self) -> String {
        fiscal::PrivateKey::public_key(&self.authority.operator).to_pem().to_string()
    }

    /// `CFG|INIT`, and the proof that it gives.
    pub fn initialise(&mut self, outlet: &Outlet, policy: Policy) -> Result<Value> {
        let code = self.activation(outlet, policy)?;
        self.initialise_by(&code, outlet)
    }

    /// The same by a code.
    pub fn initialise_by(&mut self, code: &str, outlet: &Outlet) -> Result<Value> {
        let object = json!({"activation_code": code, "public_key": self.operator_pem()});
        let answer = self.ok(&format!("CFG|INIT {object}"))?;
        let key = PublicKey::from_pem(answer["public_key"].as_str().context("public_key")?)
            .context("public_key")?;
        let body = answer["body"].as_str().context("body")?;
        let record = record_of(&answer, body)?;
        same("what INIT sealed", record.link.payload, fiscal::PayloadHash::of(body.as_bytes()))?;
        record.verify(&key).context("INIT does not prove that the device has the key")?;
        self.key = Some(key);
        self.prefix = outlet.prefix.to_owned();
        Ok(answer)
    }

    /// The request that sets the clock, signed over a challenge of now.
    pub fn time_request(&mut self, time: Timestamp, newest: Option<RecordHash>) -> Result<String> {
        let challenge = self.challenge()?;
        Ok(self.signed_time(time, challenge, newest))
    }

    /// The challenge of the status.
    pub fn challenge(&mut self) -> Result<Nonce> {
        let status = self.status()?;
        status["challenge"].as_str().and_then(|text| text.parse().ok()).context("the status has a challenge")
    }

    /// The same over a challenge that is known.
    pub fn signed_time(&self, time: Timestamp, challenge: Nonce, newest: Option<RecordHash>) -> String {
        let signature = self.authority.time(time, challenge, newest);
        let signature = def_protocol::Base64Url(signature.as_bytes());
        let newest = newest.map_or_else(String::new, |hash| format!(r#","newest":"{hash}""#));
        format!(r#"CFG|TIME {{"timestamp":"{time}","signature":"{signature}"{newest}}}"#)
    }

    /// Sets the clock.
    pub fn set_clock(&mut self, time: &str) -> Result<()> {
        let request = self.time_request(at(time), None)?;
        let answer = self.ok(&request)?;
        same("the time that was set", answer["timestamp"].as_str(), Some(time))
    }

    /// The newest invoice of the epoch, as `QRY|LOG` has it.
    pub fn newest(&mut self) -> Result<Newest> {
        let status = self.status()?;
        let number = status["next_invoice_seq"].as_u64().context("next_invoice_seq")? - 1;
        let entry = self.ok(&format!("QRY|LOG {number}"))?;
        newest_of(&entry["log_entry"]["sealed"])
    }

    /// An acknowledgement of everything.
    pub fn acknowledgement(&mut self) -> Result<String> {
        let newest = self.newest()?;
        let now = self.time()?;
        Ok(token("CFG|ACK", &self.authority.acknowledgement(newest, now)))
    }

    /// An order to leave, from now on.
    pub fn leave(&mut self, epoch: u32) -> Result<String> {
        let now = self.time()?;
        Ok(token(
            "CFG|HANDOVER",
            &self.authority.hand_over_from(HandOver::Leave { epoch: Epoch(epoch) }, now),
        ))
    }

    /// An order to enter at a number, from now on, after a record that another signer seals now.
    pub fn enter(&mut self, epoch: u32, number: u64, previous: RecordHash) -> Result<String> {
        let next_number = InvoiceNumber::new(number).context("a number")?;
        let now = self.time()?;
        let order = HandOver::Enter { epoch: Epoch(epoch), next_number, previous, floor: now };
        Ok(token("CFG|HANDOVER", &self.authority.hand_over_from(order, now)))
    }

    /// The device's clock.
    pub fn time(&mut self) -> Result<Timestamp> {
        let status = self.status()?;
        status["time"].as_str().and_then(|text| text.parse().ok()).context("the device has a clock")
    }

    /// An order that is to be obeyed and put on record: its answer, with the record verified.
    pub fn obeys(&mut self, request: &str) -> Result<Value> {
        let answer = self.ok(request)?;
        let body = answer["body"].as_str().context("the answer has the body of a record")?;
        let record = record_of(&answer, body)?;
        same("what was put on record", record.link.payload, fiscal::PayloadHash::of(body.as_bytes()))?;
        record.verify(&self.key()?).context("the record of the order")?;
        let again = self.ok(request)?;
        ensure!(again == answer, "the same order again has another answer: {again}");
        Ok(answer)
    }
}

/// An invoice, by what its seal says.
pub(crate) fn newest_of(seal: &Value) -> Result<Newest> {
    Ok(Newest {
        epoch: Epoch(u32::try_from(seal["epoch"].as_u64().context("epoch")?)?),
        number: seal["invoice_seq"].as_u64().and_then(InvoiceNumber::new).context("invoice_seq")?,
        hash: seal["record_hash"].as_str().and_then(RecordHash::from_hex).context("record_hash")?,
    })
}

/// A key that commands nothing.
///
/// # Panics
/// Never: the number is a key.
pub(crate) fn stranger() -> SigningKey {
    SigningKey::from_slice(&[9; 32]).expect("a small number is a key")
}

/// A command with a token.
pub(crate) fn token(command: &str, token: &str) -> String {
    format!(r#"{command} {{"token":"{token}"}}"#)
}
