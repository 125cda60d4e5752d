use std::sync::Arc;

use def_protocol::{
    Base64Url, Nonce,
    token::{Acknowledgement, HandOver, NewState, Newest, Realm, StateChange, TaxManifest, TimeGrant},
};
use fiscal::{DeviceId, Epoch, InvoiceNumber, ManifestGroup, PublicKey, RecordHash, Timestamp};
use signing::Attester;

use crate::{
    PkiFault,
    tokens::{DAY, EARLIER, TokenKey, scope, token},
};

/// For how long an order to leave or to enter holds, in seconds.
const HAND_OVER: u64 = 5 * 60;

/// The service's orders to devices, signed by its key for [`signing::Purpose::Operate`]. Each answers with the token's
/// text, which `CFG|…` takes.
///
/// `now` is the device's time as far as it is known: a device judges a token by its own clock. A token holds from five
/// minutes before until a day after. An order to leave or to enter holds from `now` on, for a few minutes: a device takes
/// one only when that is later than its own last close or hand-over, and it is obeyed at once or given anew, so that no old
/// order is played back to it.
#[derive(Clone)]
pub struct Operator {
    attester: Arc<dyn Attester>,
    realm: Realm,
}

/// Where a device goes on with a line of numbers (L2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnterTerms {
    /// In which epoch.
    pub epoch: Epoch,
    /// The number that it gives first.
    pub next_number: InvoiceNumber,
    /// The hash of the record with which the signer before closed.
    pub previous: RecordHash,
    /// The time of that record: no seal is earlier.
    pub floor: Timestamp,
}

impl Operator {
    /// With the key that devices of a realm were told to obey.
    pub fn new(attester: Arc<dyn Attester>, realm: Realm) -> Self {
        Self { attester, realm }
    }

    /// The key that an activation names as *operator*.
    pub fn public_key(&self) -> PublicKey {
        self.attester.public_key()
    }

    /// Real business, or trials.
    pub const fn realm(&self) -> Realm {
        self.realm
    }

    /// To seal a `close` record and nothing after it: `CFG|HANDOVER`.
    pub fn leave(&self, device: DeviceId, epoch: Epoch, now: Timestamp) -> Result<String, PkiFault> {
        self.hand_over(device, &HandOver::Leave { epoch }, now)
    }

    /// To go on where another signer left: `CFG|HANDOVER`.
    pub fn enter(&self, device: DeviceId, terms: EnterTerms, now: Timestamp) -> Result<String, PkiFault> {
        let EnterTerms { epoch, next_number, previous, floor } = terms;
        self.hand_over(device, &HandOver::Enter { epoch, next_number, previous, floor }, now)
    }

    fn hand_over(&self, device: DeviceId, body: &HandOver, now: Timestamp) -> Result<String, PkiFault> {
        token(self.attester.as_ref(), &scope(self.realm, device, now, (0, HAND_OVER)), body)
    }

    /// That the ledger holds everything up to an invoice: `CFG|ACK` (D10). It may revoke the device at the same time.
    pub fn acknowledge(
        &self,
        device: DeviceId,
        newest: Newest,
        revoke: bool,
        now: Timestamp,
    ) -> Result<String, PkiFault> {
        let scope = scope(self.realm, device, now, (EARLIER, DAY));
        token(self.attester.as_ref(), &scope, &Acknowledgement { newest, time: now, revoke })
    }

    /// What time it is: the signature, in base64url, that `CFG|TIME` takes beside the timestamp (D8). With the newest
    /// record's hash the clock may be set back before it.
    pub fn time(
        &self,
        device: DeviceId,
        timestamp: Timestamp,
        challenge: Nonce,
        newest: Option<RecordHash>,
    ) -> Result<String, PkiFault> {
        let grant = TimeGrant { realm: self.realm, device, timestamp, challenge, newest };
        Ok(Base64Url(grant.sign(&TokenKey(self.attester.as_ref()))?.as_bytes()).to_string())
    }

    /// To seal no more, for now or for good: `CFG|STATE`. The reason has 1 to 64 bytes.
    pub fn state(
        &self,
        device: DeviceId,
        state: NewState,
        reason: &str,
        now: Timestamp,
    ) -> Result<String, PkiFault> {
        let scope = scope(self.realm, device, now, (EARLIER, DAY));
        token(self.attester.as_ref(), &scope, &StateChange { state, reason })
    }

    /// The tax groups that a device accepts from now on: `CFG|MANIFEST` (P7).
    pub fn manifest(
        &self,
        device: DeviceId,
        version: u32,
        groups: &[ManifestGroup<'_>],
        now: Timestamp,
    ) -> Result<String, PkiFault> {
        let scope = scope(self.realm, device, now, (EARLIER, DAY));
        token(self.attester.as_ref(), &scope, &TaxManifest::new(version, groups))
    }
}
