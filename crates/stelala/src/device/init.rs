//! `device init`: binds a device to an outlet.

use std::{io, path::PathBuf};

use clap::Args;
use def_protocol::{Initialisation, Request, TokenText, reply::Initialised};
use fiscal::{DeviceId, EventKind, PayloadHash, PublicKey, Subject};
use serde_json::json;
use verify_cli::Lang;

use super::{
    connection::ConnectionArgs,
    failure::{Failure, Trouble},
    input,
    page::Page,
    put,
    speech::{pick, print, print_json, say},
    status,
};

/// What binds a device.
#[derive(Args)]
pub(crate) struct InitCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The activation code; @FILE reads it from a file, - from standard input.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// The key that came with the code, in PEM: the operator's or the authority's.
    #[arg(long, value_name = "FILE.pem")]
    public_key: PathBuf,
    /// Where to put the device's own public key; else DEVICE.pem, named by its serial number.
    #[arg(long, value_name = "OUT.pem")]
    key: Option<PathBuf>,
}

impl InitCommand {
    /// Binds the device, or hears again how it was bound by the same code.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let lang = self.connection.speech.lang;
        let code = input::text(&self.code)?;
        let Some(activation_code) = TokenText::new(&code) else { return Err(no_code(lang).into()) };
        let public_key = input::public_key(&self.public_key)?;
        let mut device = self.connection.connect()?;
        let id = status::read(&mut device)?.device_id;
        let request = Request::Initialise(Initialisation { activation_code, public_key });
        // The code again gets the first answer: a lost one is no harm.
        let bound: Initialised<String> = device.tell(request)?;
        if !proves(&bound, id) {
            return Err(no_proof(lang).into());
        }
        let path = self.key.clone().unwrap_or_else(|| PathBuf::from(format!("{id}.pem")));
        let key = PublicKey::from_pem(&bound.public_key).map_err(|_| no_proof(lang))?;
        keep(&path, &key, lang)?;
        let outlet = bound.record.header.outlet;
        if self.connection.speech.json {
            let object = json!({
                "status": "OK", "device_id": id.as_str(), "outlet_id": outlet.as_str(),
                "fiscal_number_prefix": bound.fiscal_number_prefix.as_str(),
                "public_key_id": key.id().to_string(), "key": path.display().to_string(),
            });
            return Ok(print_json(&object)?);
        }
        let mut page = Page::new(say!(lang, "{id} est lié à {outlet}", "{id} is bound to {outlet}"));
        page.fact(pick(lang, "Préfixe", "Prefix"), bound.fiscal_number_prefix);
        page.fact(pick(lang, "Clé", "Key"), format_args!("{}, {}", key.id(), path.display()));
        let proof = pick(lang, "l'appareil a signé avec cette clé", "the device signed by this key");
        page.fact(pick(lang, "Preuve", "Proof"), proof);
        let port = &self.connection.port;
        page.list(
            pick(lang, "À faire", "To do"),
            vec![
                say!(
                    lang,
                    "mettez-le à l'heure : stelala device time --port {port} (un simulateur : --authority DIR)",
                    "set its clock: stelala device time --port {port} (a simulator's: --authority DIR)"
                ),
                say!(
                    lang,
                    "gardez {} : qui l'a vérifie les reçus de cet appareil",
                    "keep {}: who has it verifies this device's receipts",
                    path.display()
                ),
            ],
        );
        Ok(print(&page.to_string())?)
    }
}

/// Whether the key that it names signed that it is this device's.
fn proves(bound: &Initialised<String>, id: DeviceId) -> bool {
    let Ok(key) = PublicKey::from_pem(&bound.public_key) else { return false };
    let header = &bound.record.header;
    bound.device_id == id
        && header.device == id
        && header.key == key.id()
        && header.subject == Subject::Event(EventKind::Provisioned)
        && bound.record.link.payload == PayloadHash::of(bound.body.as_bytes())
        && bound.record.verify(&key).is_ok()
}

/// A key that is there and another is never overwritten.
fn keep(path: &std::path::Path, key: &PublicKey, lang: Lang) -> Result<(), Failure> {
    let pem = key.to_pem();
    match input::small_file(path) {
        Ok(there) if PublicKey::from_pem(&there).is_ok_and(|there| there == *key) => return Ok(()),
        Ok(_) => return Err(another_file(lang, path).into()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return Err(another_file(lang, path).into()),
    }
    let written = put::file(path, pem.as_bytes());
    written.map_err(|fault| anyhow::Error::new(fault).context(path.display().to_string()).into())
}

fn no_code(lang: Lang) -> Trouble {
    Trouble::new(
        "no_activation_code",
        pick(
            lang,
            "ceci n'est pas un code d'activation : donnez-le tel qu'il a été émis, ou @FICHIER",
            "this is no activation code: give it as it was issued, or @FILE",
        ),
    )
}

fn no_proof(lang: Lang) -> Trouble {
    Trouble::new(
        "no_proof_of_key",
        pick(
            lang,
            "l'appareil ne prouve pas qu'il a la clé qu'il annonce : ne vendez pas avec lui, rendez-le",
            "the device does not prove that it has the key that it names: do not sell by it, give it back",
        ),
    )
}

fn another_file(lang: Lang, path: &std::path::Path) -> Trouble {
    let path = path.display();
    Trouble::new(
        "key_file_taken",
        say!(
            lang,
            "l'appareil est lié, mais {path} est déjà autre chose : répétez la commande avec un autre --key",
            "the device is bound, but {path} is something else already: repeat the command with another --key"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: &str = include_str!("../../../../docs/protocol.md");

    /// The example of docs/protocol.md.
    fn bound() -> Initialised<String> {
        let (_, rest) = PROTOCOL.split_once("<!-- example: reply-init -->\n```json\n").unwrap();
        serde_json::from_str(rest.split_once("\n```").unwrap().0).unwrap()
    }

    #[test]
    fn a_device_proves_its_key_and_nothing_else_does() {
        let id = "BONO-USB-001".parse().unwrap();
        assert!(proves(&bound(), id));
        assert!(!proves(&bound(), "BONO-USB-002".parse().unwrap()), "another device");
        assert!(!proves(&Initialised { body: "something else".into(), ..bound() }, id));
        let mut other = bound();
        other.record.header.subject = Subject::Event(EventKind::Boot);
        assert!(!proves(&other, id), "another record");
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let stranger = fiscal::PrivateKey::public_key(&key).to_pem();
        assert!(!proves(&Initialised { public_key: stranger, ..bound() }, id), "another key");
    }
}
