use fiscal::{
    AuthCode, DeviceId, Epoch, FiscalNumber, PayloadHash, QrText, Record, RecordHash, Sealed, Signature,
    Timestamp,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use super::Accepted;
use crate::{nonce::Nonce, with};

/// The answer to `TXN|PREPARE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared<T> {
    /// OK.
    pub status: Accepted,
    /// What COMMIT sends.
    #[serde(with = "with::text")]
    pub nonce: Nonce,
    /// In seconds.
    pub expires_in: u32,
    /// For people.
    pub message: T,
}

impl Prepared<&'static str> {
    /// A nonce that holds for so many seconds.
    pub const fn new(nonce: Nonce, expires_in: u32) -> Self {
        Self { status: Accepted::Ok, nonce, expires_in, message: "ready to commit" }
    }
}

/// A sealed invoice: the members of the answer to `TXN|COMMIT`, and `sealed` in that to `QRY|LOG`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Seal {
    /// The invoice's number in its epoch.
    pub invoice_seq: u64,
    /// What a person compares (S4).
    #[serde(with = "with::text")]
    pub auth_code: AuthCode,
    /// Who sealed.
    #[serde(with = "with::text")]
    pub device_id: DeviceId,
    /// When, by the device's clock.
    #[serde(with = "with::text")]
    pub timestamp: Timestamp,
    /// What the QR code says (S5).
    #[serde(with = "with::text")]
    pub qr_payload: QrText,
    /// As a receipt shows it (S8).
    #[serde(with = "with::text")]
    pub fiscal_number: FiscalNumber,
    /// The outlet's line of numbers.
    #[serde(with = "with::epoch")]
    pub epoch: Epoch,
    /// The record's place in the chain.
    pub position: u64,
    /// SHA-256 of the canonical payload.
    #[serde(with = "with::form")]
    pub payload_hash: PayloadHash,
    /// The hash of the record before.
    #[serde(with = "with::form")]
    pub previous_hash: RecordHash,
    /// What the signature covers.
    #[serde(with = "with::form")]
    pub record_hash: RecordHash,
    /// The secure element's, at this seal.
    pub counter: u64,
    /// r‖s
    #[serde(with = "with::form")]
    pub signature: Signature,
    /// Header, link and signature.
    #[serde(with = "with::form")]
    pub record: Record,
}

impl Seal {
    /// Of a sealed invoice; none of a record that is none. The prefix is the outlet's.
    pub fn of(sealed: &Sealed, prefix: fiscal::Prefix) -> Option<Self> {
        let elements = sealed.elements(prefix, None)?;
        let record = *sealed.record();
        Some(Self {
            invoice_seq: elements.fiscal_number.number.value(),
            auth_code: elements.auth_code,
            device_id: elements.device,
            timestamp: elements.time,
            qr_payload: elements.qr,
            fiscal_number: elements.fiscal_number,
            epoch: elements.fiscal_number.epoch,
            position: record.link.position.value(),
            payload_hash: record.link.payload,
            previous_hash: record.link.previous,
            record_hash: record.hash(),
            counter: record.link.counter,
            signature: record.signature,
            record,
        })
    }
}

/// The answer to `TXN|COMMIT`: `"status":"OK"` and the members of [`Seal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed(pub Seal);

impl Seal {
    const MEMBERS: usize = 14;

    /// The members in their order; the names are those of the fields.
    fn write<Z: SerializeStruct>(&self, object: &mut Z) -> Result<(), Z::Error> {
        use with::{form, text};

        object.serialize_field("invoice_seq", &self.invoice_seq)?;
        object.serialize_field("auth_code", &text::One(&self.auth_code))?;
        object.serialize_field("device_id", &text::One(&self.device_id))?;
        object.serialize_field("timestamp", &text::One(&self.timestamp))?;
        object.serialize_field("qr_payload", &text::One(&self.qr_payload))?;
        object.serialize_field("fiscal_number", &text::One(&self.fiscal_number))?;
        object.serialize_field("epoch", &self.epoch.0)?;
        object.serialize_field("position", &self.position)?;
        object.serialize_field("payload_hash", &form::One(&self.payload_hash))?;
        object.serialize_field("previous_hash", &form::One(&self.previous_hash))?;
        object.serialize_field("record_hash", &form::One(&self.record_hash))?;
        object.serialize_field("counter", &self.counter)?;
        object.serialize_field("signature", &form::One(&self.signature))?;
        object.serialize_field("record", &form::One(&self.record))
    }
}

impl Serialize for Seal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Seal", Self::MEMBERS)?;
        self.write(&mut object)?;
        object.end()
    }
}

impl Serialize for Committed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Committed", 1 + Seal::MEMBERS)?;
        object.serialize_field("status", &Accepted::Ok)?;
        self.0.write(&mut object)?;
        object.end()
    }
}

/// The status is for [`super::Probe`] to read.
impl<'de> Deserialize<'de> for Committed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Seal::deserialize(deserializer).map(Self)
    }
}
