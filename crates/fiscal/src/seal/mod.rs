//! From a validated payload to a sealed record, and from a sealed record to what a receipt shows (S1–S8).

mod binary;
mod chain;
mod credential;
mod elements;
mod hash;
mod header;
mod key;
mod kind;
mod linked;
mod qr;
mod record;
mod signing;

pub use binary::RecordFault;
pub(crate) use binary::{ByteReader, ByteWriter};
pub use chain::{Chain, Head, HeadState, LinkFault, Moment};
pub use credential::{AmountCap, Credential, CredentialFault, CredentialTerms, IssueFault};
pub use elements::{FiscalNumber, FiscalNumberFault, SecurityElements};
pub use hash::{ChainDigest, PayloadHash, RecordHash};
pub use header::{Header, InvoiceFacts, Subject};
pub use key::{KeyFault, KeyId, Pem, PublicKey, SealFault, Signature, SignatureFault};
pub use kind::EventKind;
pub use linked::{Linked, Unsealed};
pub use qr::{Qr, QrFault, QrField, QrText};
pub use record::{Link, Record, Sealed};
pub use signing::{Issuing, Listing, NotProven, PrivateKey, Proof, Proven, Sealing, SignError};
