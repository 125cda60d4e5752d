//! Who is at the other end of the line.

use std::sync::Arc;

use def_client::{HostFault, Signer};
use def_protocol::Request;
use fiscal::PublicKey;

use super::{Device, Trouble};
use crate::{
    clock,
    metrics::Status,
    spool::{JournalId, Merchant, SpoolFault},
};

/// The device behind the present connection.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) connection: u64,
    pub(super) signer: Signer,
    /// None before the device has a key.
    pub(super) journal: Option<JournalId>,
    pub(super) epoch: u32,
    /// The key itself, if it is known here.
    pub(super) key: Option<PublicKey>,
    /// Its newest record, as far as it is known.
    pub(super) last_position: u64,
    /// Up to where its journal is kept here without a gap.
    pub(super) filled: u64,
}

/// What the rest of the proxy knows of the device.
#[derive(Clone, Debug, Default)]
pub(crate) struct News {
    /// Which device answers; none while none does.
    pub(crate) here: Option<Arc<Here>>,
    /// Why none does.
    pub(crate) absence: Option<String>,
}

/// A device that answers.
#[derive(Debug)]
pub(crate) struct Here {
    pub(crate) signer: Signer,
    pub(crate) journal: Option<JournalId>,
    /// The answer to `QRY|STATUS` as it came.
    pub(crate) json: String,
    pub(crate) status: Status,
}

impl Device {
    /// Makes sure that somebody is there, and that it is the right one. Of a new connection the status is asked.
    pub(super) fn meet(&mut self) -> Result<Result<(), Trouble>, SpoolFault> {
        if let Some(met) = &self.met
            && self.host.connection() == Some(met.connection)
        {
            return Ok(Ok(()));
        }
        self.met = None;
        let was_known = self.desk.news().here.is_some();
        let met = self.look()?;
        if met.is_ok() && !was_known {
            tracing::info!("the device answers");
        }
        Ok(met)
    }

    /// Asks the device how it is, and tells everyone.
    pub(super) fn look(&mut self) -> Result<Result<(), Trouble>, SpoolFault> {
        self.looked = def_client::Pace::elapsed(&mut self.pace);
        let pulse = self.pulse.clone();
        match self.host.tell_json(Request::Status, &mut |_| pulse.beat()) {
            Ok(json) => self.looked_at(json),
            Err(HostFault::Refused(refusal)) => Ok(Err(self.absent(Trouble::Refused(refusal)))),
            Err(fault) => Ok(Err(self.absent(Trouble::Absent(fault.to_string())))),
        }
    }

    fn looked_at(&mut self, json: String) -> Result<Result<(), Trouble>, SpoolFault> {
        let foreign =
            || "the device's status is not one of protocol version 1: update the proxy, or the device";
        let read = serde_json::from_str::<Status>(&json).ok().zip(serde_json::from_str::<Signer>(&json).ok());
        let Some((status, signer)) = read else {
            self.host.hang_up();
            return Ok(Err(self.absent(Trouble::Absent(foreign().to_owned()))));
        };
        if let Some(serial) = self.desk.serial.filter(|serial| *serial != signer.device_id) {
            self.host.hang_up();
            let detail = format!(
                "{} answers, and this proxy is for {serial}: plug that one in, or change device.serial",
                signer.device_id
            );
            return Ok(Err(self.absent(Trouble::Absent(detail))));
        }
        let journal = match signer.public_key_id {
            Some(key) => {
                let epoch = status.epoch.0;
                Some(self.spool.journal(signer.device_id.as_str(), &key.to_string(), epoch)?)
            }
            None => None,
        };
        if let Some(merchant) = Merchant::of(&status) {
            self.keep_merchant(merchant)?;
        }
        let filled = journal.map_or(Ok(0), |journal| self.spool.filled(journal).map(|filled| filled.0))?;
        let key = match signer.public_key_id {
            Some(id) => self.spool.noted(&key_name(&id.to_string()))?,
            None => None,
        };
        let key = key
            .and_then(|pem| PublicKey::from_pem(&pem).ok())
            .filter(|key| Some(key.id()) == signer.public_key_id);
        let Some(connection) = self.host.connection() else {
            return Ok(Err(self.absent(Trouble::Absent("the line was lost".to_owned()))));
        };
        if self.met.as_ref().is_none_or(|met| met.connection != connection) {
            self.desk.metrics.line_opened();
        }
        let (last_position, epoch) = (status.last_position, status.epoch.0);
        self.met =
            Some(Met { connection, signer: signer.clone(), journal, epoch, key, last_position, filled });
        self.absence = None;
        self.desk.metrics.device(&status, clock::now());
        self.desk
            .tell_news(News { here: Some(Arc::new(Here { signer, journal, json, status })), absence: None });
        self.tell_filled();
        Ok(Ok(()))
    }

    fn absent(&mut self, trouble: Trouble) -> Trouble {
        self.met = None;
        let detail = trouble.to_string();
        if self.absence.as_ref() != Some(&detail) {
            tracing::warn!(detail, "the device does not answer");
            self.desk.metrics.device_gone();
            self.desk.tell_news(News { here: None, absence: Some(detail.clone()) });
            self.absence = Some(detail);
        }
        trouble
    }

    /// Keeps whose the device is, so that a sale is read the same while it is away.
    fn keep_merchant(&mut self, merchant: Merchant) -> Result<(), SpoolFault> {
        if self.desk.reader.merchant()?.is_none_or(|kept| kept != merchant)
            && let Ok(text) = serde_json::to_string(&merchant)
        {
            self.spool.note(Merchant::NAME, &text)?;
        }
        Ok(())
    }

    /// Keeps a device's key, so that each seal's signature is verified from then on.
    pub(super) fn keep_key(&mut self, pem: &str) -> Result<(), SpoolFault> {
        let Ok(key) = PublicKey::from_pem(pem) else { return Ok(()) };
        self.spool.note(&key_name(&key.id().to_string()), pem)
    }
}

fn key_name(id: &str) -> String {
    format!("public_key {id}")
}
