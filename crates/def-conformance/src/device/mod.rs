//! A device and its host, which knows only the line.

pub(crate) mod orders;
mod process;
pub(crate) mod sales;
pub(crate) mod seal;

use std::{fs, sync::Arc, thread::sleep, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use def_trials::Authority;
use fiscal::PublicKey;
use serde_json::Value;

use self::process::Process;
pub(crate) use self::{
    orders::Outlet,
    process::{LOCKS, Place},
};
use crate::{
    census::Census,
    reply::{Reply, Status},
    wire::Wire,
};

/// A host asks a busy device again after so long, and for 9 seconds.
const BUSY_WAIT: Duration = Duration::from_millis(200);
const BUSY_TIMES: u32 = 45;

/// A device, the line to it and who commands it.
pub struct Device {
    /// The line.
    pub wire: Wire,
    /// The keys that it obeys.
    pub authority: Authority,
    place: Place,
    process: Option<Process>,
    census: Arc<Census>,
    /// The key with which it seals, as INIT said it.
    key: Option<PublicKey>,
    prefix: String,
    sales: u32,
}

impl Device {
    /// Gives it power.
    pub fn start(place: Place, census: Arc<Census>) -> Result<Self> {
        let process = place.power(&[])?;
        let wire = Wire::open(&place.port(), census.clone())?;
        let key = match fs::read_to_string(place.folder.join("key.pem")) {
            Ok(pem) => Some(PublicKey::from_pem(&pem).context("key.pem")?),
            Err(_) => None,
        };
        let prefix = Outlet::SHOP.prefix.to_owned();
        let authority = Authority::default();
        Ok(Self { wire, authority, place, process: Some(process), census, key, prefix, sales: 0 })
    }

    /// Where it is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The power fails.
    pub fn cut(&mut self) -> Result<()> {
        self.wire.close();
        match self.process.take() {
            Some(mut process) => {
                process.kill()?;
                self.place.wait_until_off()
            }
            None => bail!("it has no power"),
        }
    }

    /// The power comes again, with more words to the program.
    pub fn start_again(&mut self, more: &[&str]) -> Result<()> {
        self.process = Some(self.place.power(more)?);
        self.wire = Wire::open(&self.place.port(), self.census.clone())?;
        Ok(())
    }

    /// A power cut, and the power comes again.
    pub fn restart(&mut self) -> Result<()> {
        self.cut()?;
        self.start_again(&[])
    }

    /// Waits until the power failed as it was told to.
    pub fn power_failed(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it has power")?;
        let ended = process.ended()?;
        self.wire.close();
        self.place.wait_until_off()?;
        ensure!(ended.code() == Some(9), "the power was to fail (exit code 9), but it ended with {ended}");
        Ok(())
    }

    /// Asks, whatever the answer.
    pub fn ask(&mut self, request: &str) -> Result<Reply> {
        self.wire.ask(request)
    }

    /// The same, and again as long as the device is busy, as a host does.
    pub fn ask_until_free(&mut self, request: &str) -> Result<Reply> {
        for _ in 0..BUSY_TIMES {
            let reply = self.ask(request)?;
            if reply.code() != Some("DEVICE_BUSY") {
                return Ok(reply);
            }
            sleep(BUSY_WAIT);
        }
        bail!("{request:.120}: busy for longer than a host waits")
    }

    /// Asks what is to be obeyed.
    pub fn ok(&mut self, request: &str) -> Result<Value> {
        let reply = self.ask(request)?;
        ensure!(reply.status()? == Status::Ok, "{request:.120} was refused: {}", reply.json);
        Ok(reply.value)
    }

    /// Asks what is to be refused with a code.
    pub fn refused(&mut self, request: &str, code: &str) -> Result<Value> {
        let reply = self.ask(request)?;
        ensure!(reply.code() == Some(code), "{request:.120} was to be {code}: {:.300}", reply.json);
        Ok(reply.value)
    }

    /// `QRY|STATUS`
    pub fn status(&mut self) -> Result<Value> {
        self.ok("QRY|STATUS")
    }

    /// What a request must not change when it is refused: the journal's end and the numbers.
    pub fn head(&mut self) -> Result<[Value; 4]> {
        let status = self.status()?;
        Ok(["next_invoice_seq", "epoch", "last_position", "head_hash"].map(|member| status[member].clone()))
    }

    /// Does something that must leave the journal as it was.
    pub fn unchanged<T>(&mut self, ask: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = self.head()?;
        let answer = ask(self)?;
        let after = self.head()?;
        ensure!(before == after, "the journal changed: {before:?} became {after:?}");
        Ok(answer)
    }

    /// The key with which it seals.
    pub fn key(&self) -> Result<PublicKey> {
        self.key.context("INIT was not answered here")
    }

    /// Leaves the key beside the state, for copies of the device.
    pub fn remember_key(&self) -> Result<()> {
        Ok(fs::write(self.place.folder.join("key.pem"), self.key()?.to_pem().as_str())?)
    }
}

/// Compares, and says what was compared.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<()> {
    ensure!(found == wanted, "{what}: {found:?} instead of {wanted:?}");
    Ok(())
}
