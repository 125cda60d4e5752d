use fiscal::Timestamp;

use crate::{AuthorityCertificate, DeviceCertificate, PkiFault};

/// An issuing authority's certificate and the root that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    issuing: AuthorityCertificate,
    root: AuthorityCertificate,
}

/// Why a device's certificate is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The root does not stand for itself, or may not sign authorities.
    #[error("the root's certificate is none that signed itself: take the one that `authority ca new` made")]
    Root,
    /// The issuing certificate is not the root's.
    #[error(
        "the issuing certificate is not signed by this root for devices: use the two that belong together"
    )]
    Issuing,
    /// The device's certificate is not the issuing authority's.
    #[error(
        "the device's certificate is not signed by this authority: it is another authority's, or altered"
    )]
    Device,
    /// One of them holds not yet or no more; which.
    #[error("the {0} certificate does not hold at this time: renew it, or set the clock")]
    Time(&'static str),
}

impl Chain {
    /// Takes the two, if the root signed itself and the issuing authority, which signs devices only. The times are not
    /// looked at: [`Self::verify`] does.
    pub fn new(issuing: AuthorityCertificate, root: AuthorityCertificate) -> Result<Self, ChainFault> {
        let stands_for_itself = root.below() == 1 && root.name() == root.issuer();
        if !stands_for_itself || root.verify(root.key()).is_err() {
            return Err(ChainFault::Root);
        }
        let is_roots = issuing.below() == 0
            && issuing.issuer() == root.name()
            && issuing.key() != root.key()
            && issuing.verify(root.key()).is_ok();
        if is_roots { Ok(Self { issuing, root }) } else { Err(ChainFault::Issuing) }
    }

    /// The same from two texts in PEM.
    pub fn from_pem(issuing: &str, root: &str) -> Result<Self, PkiFault> {
        let [issuing, root] = [issuing, root].map(AuthorityCertificate::from_pem);
        Ok(Self::new(issuing?, root?)?)
    }

    /// The issuing authority's certificate.
    pub const fn issuing(&self) -> &AuthorityCertificate {
        &self.issuing
    }

    /// The root's.
    pub const fn root(&self) -> &AuthorityCertificate {
        &self.root
    }

    /// Both in PEM, the issuing one first.
    pub fn pem(&self) -> String {
        self.issuing.pem() + &self.root.pem()
    }

    /// Whether a device's certificate is this authority's, and all three hold at a time. Whether it was revoked is for a
    /// [`crate::RevocationList`] to say.
    pub fn verify(&self, device: &DeviceCertificate, at: Timestamp) -> Result<(), ChainFault> {
        if device.issuer() != self.issuing.name() || device.verify(&self.issuing).is_err() {
            return Err(ChainFault::Device);
        }
        let times = [
            ("root", self.root.validity()),
            ("issuing", self.issuing.validity()),
            ("device's", device.validity()),
        ];
        match times.iter().find(|(_, validity)| !validity.holds(at)) {
            Some((which, _)) => Err(ChainFault::Time(which)),
            None => Ok(()),
        }
    }
}

/// Whether a device's certificate leads to a root, and all hold now: [`Chain::new`] and [`Chain::verify`] in one.
pub fn verify_chain(
    device: &DeviceCertificate,
    issuing: &AuthorityCertificate,
    root: &AuthorityCertificate,
    now: Timestamp,
) -> Result<(), ChainFault> {
    Chain::new(issuing.clone(), root.clone())?.verify(device, now)
}
