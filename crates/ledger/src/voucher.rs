//! Leave to credit an original at another signer, once (L5).

use def_protocol::token::{self, Realm, Scope, Voucher};
use fiscal::{CreditAccount, DeviceId, PrivateKey, PublicKey, RecordHash, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signing::{Attester, SignerFault};
use std::sync::Arc;

use crate::{Reference, Refusal, Row, StoreFault};

/// Who signs vouchers, and for which devices: its key is the *operator* key of their activation codes.
#[derive(Clone)]
pub struct VoucherIssuer {
    /// The key.
    pub attester: Arc<dyn Attester>,
    /// Real business, or trials.
    pub realm: Realm,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoucherOrder {
    /// What may be credited.
    pub original: Reference,
    /// By whom.
    pub device: DeviceId,
    /// Until when. Until then, and until that device's records of that time have arrived, nobody else may.
    pub expires: Timestamp,
}

/// The body of a voucher's record.
#[derive(Serialize, Deserialize)]
struct VoucherBody {
    original: OriginalBody,
    device_id: String,
    expires: String,
    voucher: String,
}

#[derive(Serialize, Deserialize)]
struct OriginalBody {
    epoch: u32,
    invoice_seq: u64,
}

impl VoucherIssuer {
    /// The body of the record, with the signed voucher in it. The newest record's hash makes the voucher's id its own.
    pub(crate) fn body(
        &self,
        order: &VoucherOrder,
        account: CreditAccount,
        newest: RecordHash,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let mut id = [0; 16];
        let digest = Sha256::new().chain_update(b"stelala-voucher1").chain_update(newest.0).finalize();
        id.copy_from_slice(&digest[..16]);
        let scope =
            Scope { realm: self.realm, device: order.device, not_before: now, not_after: order.expires };
        let mut buffer = [0; <Voucher as token::Body<'_>>::MAX_BYTES];
        let signed = token::sign(&scope, &Voucher { id, account }, &Key(&*self.attester), &mut buffer);
        let signed = signed.map_err(|fault| SignerFault::Permanent(fault.to_string()))?;
        let body = VoucherBody {
            original: OriginalBody {
                epoch: order.original.epoch.0,
                invoice_seq: order.original.number.value(),
            },
            device_id: order.device.to_string(),
            expires: order.expires.to_string(),
            voucher: signed.to_string(),
        };
        // Texts and numbers always serialise.
        Ok(serde_json::to_string(&body).unwrap_or_default())
    }
}

/// To which device a voucher's record gave leave, and until when.
pub(crate) struct GivenLeave {
    pub(crate) device: DeviceId,
    pub(crate) expires: Timestamp,
}

impl GivenLeave {
    pub(crate) fn is_of(&self, order: &VoucherOrder) -> bool {
        (self.device, self.expires) == (order.device, order.expires)
    }

    pub(crate) fn of(row: &Row) -> Result<Self, StoreFault> {
        let read = || {
            let body: VoucherBody = serde_json::from_str(row.body.as_deref()?).ok()?;
            Some(Self { device: body.device_id.parse().ok()?, expires: body.expires.parse().ok()? })
        };
        read().ok_or_else(|| StoreFault::Corrupt(format!("the voucher at {:?}", row.place)))
    }
}

/// The voucher in a record's body, as it travels.
pub(crate) fn token_of(row: &Row) -> Option<String> {
    let body: VoucherBody = serde_json::from_str(row.body.as_deref()?).ok()?;
    Some(body.voucher)
}

/// An attester as the key that tokens are signed with.
struct Key<'a>(&'a dyn Attester);

impl PrivateKey for Key<'_> {
    type Error = SignerFault;

    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; 64], SignerFault> {
        self.0.sign(&hash.0)
    }
}
