//! `device seal`: sells, each payload once, and prints each receipt once.

mod files;
mod session;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use def_client::{Folder, Till};
use fiscal::PublicKey;

use self::{files::Payload, session::Session};
use super::{
    connection::ConnectionArgs,
    failure::{Failure, Trouble},
    input, outlet,
    receipts::ReceiptArgs,
    status,
    words::sales,
};

/// What to sell, and by which till.
#[derive(Args)]
pub(crate) struct SealCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// Canonical payloads, one in each file; - reads one from standard input. Without any, only what was left
    /// unfinished is finished.
    #[arg(value_name = "PAYLOAD.json")]
    files: Vec<PathBuf>,
    /// The till's memory; made on its first day.
    #[arg(long, value_name = "DIR")]
    till: PathBuf,
    /// The device's public key, to verify each seal before its receipt is printed.
    #[arg(long, value_name = "DEVICE.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    receipts: ReceiptArgs,
}

impl SealCommand {
    /// Finishes what was left unfinished, then sells each file in order.
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let speech = self.connection.speech;
        let payloads = self.files.iter().map(|path| Payload::read(path, speech.lang));
        let payloads = payloads.collect::<Result<Vec<_>, _>>()?;
        let key = self.key.as_deref().map(input::public_key).transpose()?;
        let till = open(&self.till, key).map_err(|fault| sales::folder(speech.lang, &fault))?;
        let mut device = self.connection.connect()?;
        let status = status::read(&mut device)?;
        if let Some(trouble) = self.wrong_key(&status) {
            return Err(trouble.into());
        }
        let zone = status::zone(&status);
        outlet::keep_zone(&self.till, zone)?;
        let printer = self.receipts.open(&self.till, zone, speech.lang)?;
        let mut session = Session::new(till, device, printer, speech, zone);
        session.finish(&payloads)?;
        session.sell(&payloads)?;
        session.conclude()
    }

    /// A key that is not the device's refuses every seal: that is said before anything is sold.
    fn wrong_key(&self, status: &status::Status) -> Option<Trouble> {
        let path = self.key.as_deref()?;
        let key = input::public_key(path).ok()?;
        let device = status.public_key_id.filter(|id| *id != key.id())?;
        let lang = self.connection.speech.lang;
        let path = path.display();
        Some(Trouble::new(
            "other_key",
            super::speech::say!(
                lang,
                "{path} n'est pas la clé de {} ({device}) : nommez la bonne, `stelala device init` l'a écrite",
                "{path} is not the key of {} ({device}): name the right one, which `stelala device init` wrote",
                status.device_id
            ),
        ))
    }
}

pub(super) fn open(
    path: &std::path::Path,
    key: Option<PublicKey>,
) -> Result<Till<Folder>, def_client::StoreFault> {
    Ok(Till::new(Folder::of_till(path)?, key))
}
