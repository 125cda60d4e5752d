//! What a device is when it leaves the factory.

use def_protocol::token::Realm;
use fiscal::{DeviceId, PublicKey};

/// What is burnt in: nothing that a host says changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factory {
    /// The device's name in every record: its serial number.
    pub serial: DeviceId,
    /// Whether it is a product or a thing for development. A device obeys tokens of its own realm only, so that one
    /// that was built for production never accepts a root of development (D6).
    pub realm: Realm,
    /// The root that signs activation codes.
    pub root: PublicKey,
    /// The firmware's version, as the status and boot records state it.
    pub firmware_version: &'static str,
}
