//! Where the fiscal memory is: by its USB ids and serial number, at a path, or behind a serial server.

mod port;
mod usb;

pub use self::{
    port::FoundPort,
    usb::{Other, Roots, UsbDef, UsbPort, UsbWalk},
};

use std::{fmt, io};

use def_client::Address;
use fiscal::DeviceId;

/// The vendor of the device's descriptor: `VENDOR_ID` of `firmware/def-usb`.
pub const VENDOR_ID: u16 = 0x1209;
/// The product of the device's descriptor: `PRODUCT_ID` of `firmware/def-usb`.
pub const PRODUCT_ID: u16 = 0x0001;
/// The manufacturer's string. Development boards of others share the ids, which pid.codes lends for tests, and not this.
pub const MANUFACTURER: &str = "Stelala";

/// Where to look for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine's USB: the one with this serial number, or the only one.
    Usb {
        /// The serial number, if several may be plugged in.
        serial: Option<DeviceId>,
        /// Where the kernel shows what is plugged in.
        roots: Roots,
    },
    /// At a path, or behind a serial server.
    At(Address),
}

/// A device that was found: where, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is at the moment. After unplugging it may be elsewhere.
    pub address: Address,
    /// Which it says that it is; not known of a path or a serial server.
    pub serial: Option<DeviceId>,
}

impl Place {
    /// Looks. It says nothing of whether the port may be opened.
    pub fn find(&self) -> Result<Found, FindFault> {
        match self {
            Self::At(address) => Ok(Found { address: address.clone(), serial: None }),
            Self::Usb { serial, roots } => {
                let found = roots.walk()?.choose(*serial)?;
                Ok(Found { address: Address::Serial(found.path), serial: Some(found.serial) })
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usb { serial: Some(serial), .. } => write!(f, "usb {serial}"),
            Self::Usb { serial: None, .. } => f.write_str("usb"),
            Self::At(address) => address.fmt(f),
        }
    }
}

/// Why no device was found.
#[derive(Debug, thiserror::Error)]
pub enum FindFault {
    /// `NO_DEVICE`
    #[error(
        "no fiscal memory is plugged in: plug it in, and use another cable or another USB port if it was"
    )]
    Absent,
    /// `OTHER_DEVICE`
    #[error(
        "{wanted} is not plugged in, {there} is: plug the right one in, or set device.serial to the one that is there"
    )]
    Other {
        /// The one that the configuration names.
        wanted: DeviceId,
        /// Those that are there.
        there: Serials,
    },
    /// `SEVERAL_DEVICES`
    #[error("{there} are plugged in: set device.serial to the one that this proxy serves")]
    Several {
        /// Those that are there.
        there: Serials,
    },
    /// `NO_PORT`
    #[error(
        "{serial} is plugged in, and the system made no port for it: load the kernel's module cdc_acm, or plug it in again"
    )]
    NoPort {
        /// The one that has no port.
        serial: DeviceId,
    },
    /// `SYSFS_UNREADABLE`
    #[error("{path} cannot be read ({cause}): name the device's port in device.port instead")]
    Unreadable {
        /// What was to be read.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
}

impl FindFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Absent => "NO_DEVICE",
            Self::Other { .. } => "OTHER_DEVICE",
            Self::Several { .. } => "SEVERAL_DEVICES",
            Self::NoPort { .. } => "NO_PORT",
            Self::Unreadable { .. } => "SYSFS_UNREADABLE",
        }
    }
}

impl From<FindFault> for io::Error {
    fn from(fault: FindFault) -> Self {
        Self::new(io::ErrorKind::NotFound, fault)
    }
}

/// Serial numbers of some devices, for a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serials(pub Vec<DeviceId>);

impl fmt::Display for Serials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, serial) in self.0.iter().enumerate() {
            let before = if index == 0 { "" } else { ", " };
            write!(f, "{before}{serial}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
