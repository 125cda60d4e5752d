//! An outlet with its device and its proxy.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use fiscal::{Invoice, OutletId};

use super::ground::Ground;
use crate::{
    authority,
    device::Simulated,
    up::{
        def::{Beside, Bound, configuration},
        http::Client,
    },
};

/// A shop that sells by its device.
pub(super) struct Shop {
    pub(super) outlet: OutletId,
    proxy: Beside,
    device: Simulated,
}

/// About 850 bytes.
const SALE: &str = include_str!("../../../../../examples/day/001-bread-and-eggs.json");
/// A device's flash, in KiB: enough for some thousand sales.
pub(super) const FLASH_KIB: u32 = 16 << 10;

impl Shop {
    /// Plugs a device in at an outlet, starts its proxy, has it activated, and gives it the outlet's line.
    pub(super) fn open(ground: &Ground, number: usize, cloud: SocketAddr) -> anyhow::Result<Self> {
        let outlet = *ground.outlets().get(number).context("there are as many outlets as devices")?;
        let serial = format!("DEF-{number:06}");
        let folder = ground.folder();
        let (state, port) = (folder.join(format!("device-{number}")), format!("port-{number}"));
        let root = folder.join("device-root.pem");
        let device = Simulated::start(&state, &folder.join(&port), serial.parse()?, Some(&root), FLASH_KIB)?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let proxy =
            Beside::start(&configuration(&serial, &port, cloud, listen, &format!("proxy-{number}")), folder)?;
        let mut owner = Client::of_cloud(cloud, &ground.key);
        let mut operator = Client::of_cloud(cloud, &ground.operator);
        let bound = Bound { device: &serial, outlet: outlet.as_str() };
        let standing = bound.stand(&mut owner, &mut operator, proxy.address())?;
        if standing.mode != "def" {
            bail!("{outlet} is not sealed for by its device: {}", standing.mode);
        }
        Ok(Self { outlet, proxy, device })
    }

    /// Where tills find the proxy.
    pub(super) const fn local(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// Ends both in good order; the device's thread when all are told.
    pub(super) fn close(self) -> anyhow::Result<Simulated> {
        self.proxy.stop()?;
        self.device.pull();
        Ok(self.device)
    }
}

/// A sale that is another each time, and its key.
pub(super) fn sale(outlet: OutletId, number: u32) -> anyhow::Result<(String, String)> {
    let mut invoice = Invoice::read(SALE.as_bytes())?;
    invoice.outlet_id = outlet;
    let till = format!("T-{number:010}");
    invoice.pos_terminal_id = till.parse()?;
    invoice.timestamp = authority::now()?;
    let mut payload = String::new();
    invoice.write(&mut payload)?;
    Ok((payload, format!("{outlet}-{number:010}")))
}

/// Offers one; anything else than a new seal is a fault.
pub(super) fn sell(client: &mut Client, outlet: OutletId, number: u32) -> anyhow::Result<()> {
    let (payload, key) = sale(outlet, number)?;
    let answer = client.seal(&key, &payload)?;
    if answer.status != 201 {
        bail!("{outlet}, sale {number}: {} {}", answer.status, answer.body);
    }
    Ok(())
}
