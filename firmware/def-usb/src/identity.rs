//! Who the device says that it is.

use embassy_usb::Config;
use fiscal::DeviceId;

/// The vendor of the descriptor: that of pid.codes, which lends its ids to open projects.
///
/// **A product needs its own.** This and [`PRODUCT_ID`] are pid.codes' test id 0x1209:0x0001, for development only and
/// never to be sold: <https://pid.codes/1209/0001/>. A product takes a product id of pid.codes or a vendor id of the
/// USB-IF; these two constants are the one place to change.
pub const VENDOR_ID: u16 = 0x1209;
/// The product of the descriptor: see [`VENDOR_ID`].
pub const PRODUCT_ID: u16 = 0x0001;

/// The manufacturer's string.
pub const MANUFACTURER: &str = "Stelala";
/// The product's string.
pub const PRODUCT: &str = "DEF fiscal memory";

/// What the device takes from the bus at most, in mA. It has no other power, and no low-power mode for a suspended bus.
pub const MAX_POWER_MA: u16 = 200;

/// What differs between devices.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The serial number, which is the descriptor's too: hosts find a device by it.
    pub serial: DeviceId,
    /// The firmware's build number. Its last four decimal digits are the descriptor's bcdDevice.
    pub build: u32,
}

impl Identity {
    /// The descriptor's bcdDevice: four decimal digits, one in each half byte.
    pub const fn release(&self) -> u16 {
        let build = self.build;
        ((build % 10) | (build / 10 % 10) << 4 | (build / 100 % 10) << 8 | (build / 1000 % 10) << 12) as u16
    }
}

/// All that stands in the device descriptor.
pub(crate) const fn config<'d>(serial: &'d str, release: u16) -> Config<'d> {
    let mut config = Config::new(VENDOR_ID, PRODUCT_ID);
    config.manufacturer = Some(MANUFACTURER);
    config.product = Some(PRODUCT);
    config.serial_number = Some(serial);
    config.device_release = release;
    config.max_power = MAX_POWER_MA;
    config.self_powered = false;
    config.supports_remote_wakeup = false;
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_the_last_four_digits_of_the_build() {
        let release = |build| Identity { serial: "DEF-000001".parse().unwrap(), build }.release();
        assert_eq!([release(0), release(7), release(1_234), release(98_765)], [0, 7, 0x1234, 0x8765]);
    }
}
