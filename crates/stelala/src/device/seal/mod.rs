//! `device seal`: sells, each payload once, and prints each receipt once.

mod files;
mod session;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use def_client::{Folder, Till};
use fiscal::PublicKey;
use verify_cli::Lang;

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
    /// The device's public key, to verify each seal before its receipt is printed. The till keeps it: it is named once,
    /// and again for another device.
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
        let key = match &self.key {
            Some(path) => Some(input::public_key(path)?),
            None => outlet::key(&self.till)?,
        };
        let till = open(&self.till, key).map_err(|fault| sales::folder(speech.lang, &fault))?;
        let mut device = self.connection.connect()?;
        let status = status::read(&mut device)?;
        match key {
            Some(key) => {
                if let Some(trouble) = self.wrong_key(&key, &status) {
                    return Err(trouble.into());
                }
                outlet::keep_key(&self.till, &key)?;
            }
            None if !speech.json => eprintln!("{}", unverified(speech.lang)),
            None => {}
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
    fn wrong_key(&self, key: &PublicKey, status: &status::Status) -> Option<Trouble> {
        let device = status.public_key_id.filter(|id| *id != key.id())?;
        let lang = self.connection.speech.lang;
        let id = key.id();
        Some(Trouble::new(
            "other_key",
            super::speech::say!(
                lang,
                "{} a la clé {device}, et cette caisse attend {id} : branchez le bon appareil, ou nommez la clé du nouveau \
                 (--key), que `stelala device init` a écrite",
                "{} has the key {device}, and this till expects {id}: connect the right device, or name the new one's key \
                 (--key), which `stelala device init` wrote",
                status.device_id
            ),
        ))
    }
}

/// Whoever answers at the port is believed.
const fn unverified(lang: Lang) -> &'static str {
    super::speech::pick(
        lang,
        "attention : les sceaux de cet appareil ne sont pas vérifiés ; nommez sa clé une fois (--key), la caisse la garde",
        "beware: the seals of this device are not verified; name its key once (--key), the till keeps it",
    )
}

pub(super) fn open(
    path: &std::path::Path,
    key: Option<PublicKey>,
) -> Result<Till<Folder>, def_client::StoreFault> {
    Ok(Till::new(Folder::of_till(path)?, key))
}
