//! The second shop: a fiscal memory seals for it, reached through the proxy beside it.

mod device;
mod proxy;
mod setting_up;

use std::{fs, net::SocketAddr};

use anyhow::Context;

use self::device::Plugged;
pub(crate) use self::{
    proxy::{Beside, configuration},
    setting_up::{Bound, Standing},
};
use super::{
    http::Client,
    place::{self, DEVICE, Holder, Place, SECOND},
};

/// A device that is plugged in, and its proxy.
pub(super) struct SecondShop {
    // The proxy lets the device go before the device ends.
    proxy: Beside,
    device: Plugged,
}

impl SecondShop {
    /// Plugs the device in and starts the proxy; on the first start the device is activated, and gets the outlet's line.
    pub(super) fn open(place: &Place, cloud: SocketAddr) -> anyhow::Result<(Self, Standing)> {
        let device = Plugged::start(place)?;
        let text = configuration(DEVICE, place::PORT, cloud, place.proxy_listen(), "proxy");
        let file = place.folder().join("proxy.toml");
        let explained =
            "# The proxy of `stelala up`; `stelala proxy run --config proxy.toml` runs it too.\n\n";
        fs::write(&file, format!("{explained}{text}")).with_context(|| file.display().to_string())?;
        let proxy = Beside::start(&text, place.folder())?;
        let mut owner = Client::of_cloud(cloud, &place.key_of(Holder::Merchant)?);
        let mut operator = Client::of_cloud(cloud, &place.key_of(Holder::Operator)?);
        let bound = Bound { device: DEVICE, outlet: SECOND };
        let standing = bound.stand(&mut owner, &mut operator, proxy.address())?;
        Ok((Self { proxy, device }, standing))
    }

    /// Where tills beside the device find the proxy.
    pub(super) const fn proxy(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// The process that is the device.
    pub(super) fn device(&self) -> u32 {
        self.device.id()
    }

    /// Ends both in good order.
    pub(super) fn close(self) -> anyhow::Result<()> {
        let Self { proxy, device } = self;
        proxy.stop()?;
        device.unplug()
    }
}
