//! The shop: a till, its printer, and the device on the counter.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context, bail};
use def_client::{Folder, Host, HostPace, Intent, Outcome, Till};
use def_protocol::{
    Request,
    reply::{DeviceStatus, ErrorCount, Seal},
};
use fiscal::{DeviceId, Epoch, InvoiceFacts, InvoiceNumber, Nif, OutletId, PublicKey, Timestamp};
use receipt::Merchant;
use verify::Language;

use super::{
    bench::{Bench, BenchLine},
    day::{Sold, Wish},
    place::Place,
    wire::Wire,
};
use crate::{authority, device::ReceiptFolder, random};

/// One outlet with its till and its device.
pub(super) struct Shop {
    wire: Rc<RefCell<Wire>>,
    host: Host<BenchLine, HostPace>,
    till: Till<Folder>,
    printer: ReceiptFolder,
    sold: Sold,
    key: PublicKey,
    opened: Timestamp,
}

/// A sale with its receipt.
pub(super) struct Sale {
    pub(super) seal: Seal,
    /// The receipt as the terminal shows it.
    pub(super) shown: String,
}

/// What an inspector's list says of the device.
pub(super) struct DeviceFacts {
    pub(super) key: PublicKey,
    pub(super) device: DeviceId,
    pub(super) outlet: OutletId,
    pub(super) nif: Nif,
    pub(super) epoch: Epoch,
    pub(super) first: InvoiceNumber,
    pub(super) opened: Timestamp,
}

/// The sign above the door.
pub(super) const MERCHANT: &str = "Alimentation & Quincaillerie Maman Nzuzi";
/// How long the till looks for a device that is gone.
const PATIENCE: Duration = Duration::from_secs(30);

impl Shop {
    /// At a device that is bound and has its time.
    pub(super) fn open(place: &Place, bench: Bench, language: Language) -> anyhow::Result<Self> {
        let pem = place.read("key.pem")?;
        let key = PublicKey::from_pem(&pem).context("key.pem")?;
        let wire = Rc::new(RefCell::new(Wire::new(language)));
        let line = BenchLine::new(bench, wire.clone());
        let mut host = Host::new(line, HostPace::start(), random::number()?);
        host.set_patience(PATIENCE);
        let merchant = Merchant {
            name: MERCHANT.into(),
            lines: vec!["12, avenue du Commerce, Gombe, Kinshasa".into(), "Tél. +243 81 000 00 00".into()],
        };
        let receipts = place.folder().join("receipts");
        Ok(Self {
            wire,
            host,
            till: Till::new(Folder::of_till(place.folder().join("till"))?, Some(key)),
            printer: ReceiptFolder::of_demo(&receipts, merchant)?,
            sold: Sold::default(),
            key,
            opened: authority::now()?,
        })
    }

    /// Sells, and prints the receipt. Of a sale that is watched also what passed on the line.
    pub(super) fn sell(&mut self, wish: &Wish, watched: bool) -> anyhow::Result<(Sale, Vec<String>)> {
        let payload = self.sold.payload(wish, authority::now()?)?;
        if watched {
            self.wire.borrow_mut().watch();
        }
        let intent = match self.till.sell(&payload, &mut self.host)? {
            Outcome::Sealed(intent) => intent,
            Outcome::Refused(refusal) | Outcome::Held(refusal) => bail!("{refusal}"),
            Outcome::Unclear(unclear) => bail!("{unclear}"),
            Outcome::Withdrawn => bail!("nobody withdrew it"),
        };
        let told = self.wire.borrow_mut().take();
        let intent = self.till.print(intent.hash(), &mut self.printer)?;
        let sale = self.sale(&intent)?;
        self.sold.add(&sale.seal);
        Ok((sale, told))
    }

    fn sale(&self, intent: &Intent) -> anyhow::Result<Sale> {
        let seal = intent.stage().seal().context("a sale that is printed has its seal")?.clone();
        let shown = self.printer.shown(intent.payload(), &seal)?;
        Ok(Sale { seal, shown })
    }

    /// The till lets go of the port, for other programs.
    pub(super) fn close(&mut self) {
        self.host.hang_up();
    }

    /// What the device says of itself.
    pub(super) fn device(&mut self) -> anyhow::Result<DeviceFacts> {
        let status: DeviceStatus<String, Vec<ErrorCount>> = self.host.tell(Request::Status, &mut |_| {})?;
        self.host.hang_up();
        Ok(DeviceFacts {
            key: self.key,
            device: status.device_id,
            outlet: status.outlet_id.context("a device that sold has an outlet")?,
            nif: status.merchant_nif.context("a device that sold has a merchant")?,
            epoch: status.epoch,
            first: InvoiceNumber::FIRST,
            opened: self.opened,
        })
    }
}

impl Sale {
    /// What its record says of the invoice.
    pub(super) fn facts(&self) -> Option<&InvoiceFacts> {
        self.seal.record.header.invoice()
    }
}
