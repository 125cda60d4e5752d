//! The keys and certificates with which this cloud speaks to devices.

use std::{fs, path::Path, sync::Arc};

use def_protocol::token::{Policy, Realm};
use fiscal::{PublicKey, Timestamp};
use ledger::{Refusal, VoucherIssuer};
use pki::{
    Activator, Chain, DeviceCertificate, DeviceSubject, IssuingAuthority, Operator, PkiFault, SerialNumber,
    Validity,
};
use signing::{Attester, KeyRing, Purpose, SignerFault};

use crate::{
    config::{DevicesConfig, PublicConfig},
    start::StartFault,
};

/// What a cloud that serves devices is trusted by, and by which keys. A signer that is away is asked again each time.
pub(crate) struct Trust {
    ring: Arc<KeyRing>,
    realm: Realm,
    chain: Chain,
    dgi: PublicKey,
    policy: Policy,
    crl_address: Option<String>,
}

impl Trust {
    /// Reads certificates and the authority's key.
    pub(crate) fn open(
        config: &DevicesConfig,
        public: &PublicConfig,
        ring: &Arc<KeyRing>,
    ) -> Result<Self, StartFault> {
        let read = |path: &Path| fs::read_to_string(path).map_err(|cause| StartFault::file(path, cause));
        let (issuing, root) = (config.certificates.join("issuing.pem"), config.certificates.join("root.pem"));
        let chain = Chain::from_pem(&read(&issuing)?, &read(&root)?)?;
        let dgi = read(&config.dgi_key)?;
        let dgi = PublicKey::from_pem(&dgi)
            .map_err(|_| StartFault::DgiKey(config.dgi_key.display().to_string()))?;
        let crl_address = public.base_url.as_ref().map(|base| format!("{base}/pki/issuing.crl"));
        Ok(Self {
            ring: Arc::clone(ring),
            realm: config.realm,
            chain,
            dgi,
            policy: config.policy,
            crl_address,
        })
    }

    /// The certificates of the authority, the issuing one first.
    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The tax authority's key, which activations name.
    pub(crate) const fn dgi(&self) -> PublicKey {
        self.dgi
    }

    /// How much a device that is activated here seals before the ledger has acknowledged it.
    pub(crate) const fn policy(&self) -> Policy {
        self.policy
    }

    /// Who orders devices.
    pub(crate) fn operator(&self) -> Result<Operator, Refusal> {
        Ok(Operator::new(self.attester(Purpose::Operate)?, self.realm))
    }

    /// Who binds new devices.
    pub(crate) fn activator(&self) -> Result<Activator, Refusal> {
        Ok(Activator::new(self.attester(Purpose::Activate)?, self.realm))
    }

    /// Who certifies their keys.
    pub(crate) fn authority(&self) -> Result<IssuingAuthority, Refusal> {
        let authority = IssuingAuthority::new(self.chain.clone(), self.attester(Purpose::Certify)?);
        let authority = authority.map_err(refusal)?;
        match &self.crl_address {
            Some(address) => authority.with_crl_address(address).map_err(refusal),
            None => Ok(authority),
        }
    }

    /// A certificate over a key of which was seen that its device holds it.
    pub(crate) fn issue(
        &self,
        subject: &DeviceSubject,
        key: &PublicKey,
        now: Timestamp,
        serial: SerialNumber,
    ) -> Result<DeviceCertificate, Refusal> {
        let authority = self.authority()?;
        let validity = Validity::days(now, Validity::DEVICE_DAYS).map_err(refusal)?;
        authority.issue(subject, key, validity, serial).map_err(refusal)
    }

    /// Who signs what this cloud says of devices to others.
    pub(crate) fn witness(&self) -> Result<Arc<dyn Attester>, Refusal> {
        self.attester(Purpose::Attest)
    }

    /// Who signs vouchers, when the ledger issues one.
    pub(crate) fn vouchers(&self) -> VoucherIssuer {
        let late = LateKey { ring: Arc::clone(&self.ring), stand_in: *self.chain.issuing().key() };
        VoucherIssuer { attester: Arc::new(late), realm: self.realm }
    }

    fn attester(&self, purpose: Purpose) -> Result<Arc<dyn Attester>, Refusal> {
        Ok(Arc::new(self.ring.attester_for(purpose)?))
    }
}

/// What keys or certificates did not allow.
pub(crate) fn refusal(fault: PkiFault) -> Refusal {
    Refusal::Signer(match fault {
        PkiFault::Signer(fault) => fault,
        other => SignerFault::Permanent(other.to_string()),
    })
}

/// The operator's key of a signer that may not be there yet when the ledger starts.
struct LateKey {
    ring: Arc<KeyRing>,
    /// Named while it is not there. Nothing is signed then.
    stand_in: PublicKey,
}

impl Attester for LateKey {
    fn public_key(&self) -> PublicKey {
        self.ring.key_for(Purpose::Operate).unwrap_or(self.stand_in)
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        self.ring.attester_for(Purpose::Operate)?.sign(hash)
    }
}
