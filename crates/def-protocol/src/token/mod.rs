//! Signed words of the authority and the operator to one device (D6–D10): one compact form for all of them.
//!
//! ```text
//! token = base64url(bytes ‖ signature), without padding
//! ```
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | realm: `P` or `D` |
//! | 1 | kind |
//! | 1 + n | device id |
//! | 8 | valid from, in seconds since 1970, inclusive |
//! | 8 | valid until, in seconds since 1970, inclusive |
//! | | body, by kind |
//! | 64 | signature: raw r‖s, s at most n/2, over SHA-256(`stelala-token--1` ‖ everything before) |
//!
//! Integers are big-endian, texts have their length in one byte before them, public keys are compressed points (33
//! bytes). There is one way to write a token: unknown bits, a second form of a value and trailing bytes are refused.
//!
//! | kind | body | signed by | sent by |
//! |---|---|---|---|
//! | 1 | [`Activation`] | the root | `CFG|INIT` |
//! | 2 | [`Reset`] | *dgi* | `ADM|RESET` |
//! | 3 | [`TimeGrant`] | *operator* | `CFG|TIME`, the signature only |
//! | 4 | [`HandOver`] | *operator* | `CFG|HANDOVER` |
//! | 5 | [`Acknowledgement`] | *operator* | `CFG|ACK` |
//! | 6 | [`TaxManifest`] | *operator* | `CFG|MANIFEST` |
//! | 7 | [`StateChange`] | *dgi* or *operator* | `CFG|STATE` |
//! | 8 | [`Voucher`] | *operator* | a credit note's `reference.voucher` |
//! | 9 | [`FirmwareOrder`] | *operator* | `ADM|FIRMWARE` |

mod activation;
mod bodies;
mod fields;
mod firmware;
mod manifest;
mod masks;
mod sign;
mod signed;
mod time;
mod voucher;

pub use activation::{Activation, Policy};
pub use bodies::{Acknowledgement, HandOver, NewState, Newest, Reset, StateChange};
pub use fields::{Fields, Sink};
pub use firmware::FirmwareOrder;
pub use manifest::{Entries, TaxManifest};
pub use sign::{SignFault, Signed, sign};
pub use signed::{Body, Kind, Realm, Scope, Token, TokenFault, Unverified};
pub use time::TimeGrant;
pub use voucher::Voucher;
