use std::sync::Arc;

use def_protocol::token::{Activation, Body, Policy, Realm, Unverified};
use fiscal::{DeviceId, Epoch, Nif, OutletId, Prefix, PublicKey, Timestamp, UtcOffset};
use signing::Attester;

use crate::{
    PkiFault,
    tokens::{DAY, EARLIER, scope, token},
};

/// Makes activation tokens for `CFG|INIT`, under the root that devices were made with (D6). Its key is for
/// [`signing::Purpose::Activate`]; in production it is the manufacturer's and not here.
#[derive(Clone)]
pub struct Activator {
    attester: Arc<dyn Attester>,
    realm: Realm,
}

/// To what a device is bound: an outlet, and the keys that command it from then on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binding {
    /// Whose invoices the device seals.
    pub nif: Nif,
    /// For which outlet.
    pub outlet: OutletId,
    /// What the outlet's fiscal numbers begin with.
    pub prefix: Prefix,
    /// The outlet's line of numbers now.
    pub epoch: Epoch,
    /// The outlet's zone.
    pub offset: UtcOffset,
    /// How much it may seal before the ledger acknowledges.
    pub policy: Policy,
    /// The authority's key.
    pub dgi: PublicKey,
    /// The service's key: [`crate::Operator::public_key`].
    pub operator: PublicKey,
}

impl Activator {
    /// For how long a device may take an activation, in days from now.
    pub const DAYS: u64 = 3;

    /// With the key whose public half the devices of a realm have as their root.
    pub fn new(attester: Arc<dyn Attester>, realm: Realm) -> Self {
        Self { attester, realm }
    }

    /// The root that devices have to have.
    pub fn public_key(&self) -> PublicKey {
        self.attester.public_key()
    }

    /// Binds a device, which stands by then: it holds no line of numbers until it enters one (L2).
    pub fn activate(&self, device: DeviceId, to: &Binding, now: Timestamp) -> Result<String, PkiFault> {
        let &Binding { nif, outlet, prefix, epoch, offset, policy, dgi, operator } = to;
        let first_number = None;
        let body = Activation { nif, outlet, prefix, epoch, first_number, offset, policy, dgi, operator };
        token(self.attester.as_ref(), &scope(self.realm, device, now, (EARLIER, Self::DAYS * DAY)), &body)
    }

    /// Whether a token that a device shows as the one that it took at INIT is one of this key, and bound it as here, standing
    /// by. Its time is not looked at: it was over or not when the device took it. The zone and the policy may have been
    /// changed since, and the line may have begun anew, which a reset then brings to the device.
    pub fn verify(&self, shown: &str, device: DeviceId, to: &Binding) -> Result<Epoch, PkiFault> {
        let wrong = |what: &str| Err(PkiFault::form("activation", what));
        let mut buffer = vec![0; Activation::MAX_BYTES];
        let token = Unverified::<Activation>::from_text(shown, &mut buffer)?.verify(&self.public_key())?;
        let (scope, body) = (token.scope(), token.body());
        if (scope.realm, scope.device) != (self.realm, device) {
            return wrong("it is for another device");
        }
        if (body.nif, body.outlet, body.prefix) != (to.nif, to.outlet, to.prefix) {
            return wrong("it is for another outlet");
        }
        if (body.operator, body.dgi) != (to.operator, to.dgi) {
            return wrong("it names other keys");
        }
        if body.epoch > to.epoch || body.first_number.is_some() {
            return wrong("it gives another line of numbers");
        }
        Ok(body.epoch)
    }
}
