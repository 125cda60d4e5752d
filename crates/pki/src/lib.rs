//! Certificates for devices, and the signed words that command them.
//!
//! | type | what |
//! |---|---|
//! | [`RootAuthority`] | the root, made offline: it signs itself and issuing authorities, nothing else |
//! | [`IssuingAuthority`] | the cloud's: it signs device certificates and the list of those that were revoked |
//! | [`Chain`] | an issuing certificate and its root: whether a device certificate is good now |
//! | [`Operator`] | the orders of the service to a device (D7, D8, D10, L2) |
//! | [`Activator`] | activation tokens, for devices that stand by (D6) |
//! | [`ActivationCode`] | what a technician types |
//! | [`RegistrationRequest`] | what the DGI is sent of a device |
//!
//! No private key is here: whoever signs is a [`signing::Attester`], with one key for one purpose (S2):
//! [`signing::Purpose::Certify`] for both authorities, `Operate` for orders, `Activate` for activation tokens,
//! `Attest` for registration requests. Time and randomness are parameters.
//!
//! Certificates are X.509 version 3 (RFC 5280), P-256 with SHA-256 throughout, in one form: what this crate would not
//! have written it does not read.

mod activation_code;
mod activator;
mod asn1;
mod authority_certificate;
mod chain;
mod device_certificate;
mod extensions;
mod fault;
mod issuing;
mod names;
mod operator;
mod registration;
mod request;
mod revocation;
mod root;
mod serial_number;
mod tokens;
mod validity;

pub use activation_code::{ActivationCode, ActivationCodeFault};
pub use activator::{Activator, Binding};
pub use authority_certificate::AuthorityCertificate;
pub use chain::{Chain, ChainFault, verify_chain};
pub use device_certificate::DeviceCertificate;
pub use fault::PkiFault;
pub use issuing::{DeviceSubject, IssuingAuthority};
pub use names::AuthorityName;
pub use operator::{EnterTerms, Operator};
pub use registration::{Registration, RegistrationFault, RegistrationRequest};
pub use request::CertificateRequest;
pub use revocation::{RevocationList, RevocationReason, RevokedCertificate};
pub use root::RootAuthority;
pub use serial_number::{SerialNumber, SerialNumberFault};
pub use validity::Validity;
