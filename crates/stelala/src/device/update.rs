//! `device update`: a newer firmware.

use std::path::PathBuf;

use clap::Args;
use def_protocol::{
    Base64Url, FirmwareAsked, FirmwarePiece, Request, TokenText, reply::FirmwareProgress, token::TokenFault,
};
use serde_json::json;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    input,
    progress::Progress,
    speech::{Speech, pick, print_json, print_line, say},
};

/// Which firmware, and who says so.
#[derive(Args)]
pub(crate) struct UpdateCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The operator's order for it, or @FILE.
    #[arg(long, value_name = "ORDER")]
    order: String,
    /// The firmware's image.
    #[arg(value_name = "IMAGE.bin")]
    image: PathBuf,
}

impl UpdateCommand {
    /// Delivers the image, from where an interrupted delivery left off, and says that the device starts it.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        let image = input::image(&self.image)?;
        let order = input::text(&self.order)?;
        let token = TokenText::new(&order).ok_or_else(|| anyhow::Error::from(TokenFault::NotBase64))?;
        let mut device = self.connection.connect()?;
        let mut come = ask(&mut device, FirmwareAsked::Order(token))?;
        if come.length as usize != image.len() {
            return Err(other_image(speech, &come).into());
        }
        let mut progress = Progress::of(pick(speech.lang, "octets", "bytes"));
        while !come.restarts {
            let left = image.get(come.received as usize..).unwrap_or_default();
            let Some(bytes) = left.chunks(FirmwarePiece::BYTES).next() else {
                return Err(other_image(speech, &come).into());
            };
            let data = Base64Url(bytes).to_string();
            let Some(piece) = FirmwarePiece::new(come.received, &data) else {
                return Err(other_image(speech, &come).into());
            };
            let before = come.received;
            come = ask(&mut device, FirmwareAsked::Piece(piece))?;
            if come.received <= before {
                return Err(other_image(speech, &come).into());
            }
            progress.at(come.received.into(), come.length.into());
        }
        progress.clear();
        Ok(say_done(speech, &come)?)
    }
}

fn ask(device: &mut Connection, asked: FirmwareAsked<'_>) -> Result<FirmwareProgress<String>, Failure> {
    device.tell(Request::Firmware(asked))
}

/// The order and the image are not of each other, or the device says what cannot be.
fn other_image(speech: Speech, come: &FirmwareProgress<String>) -> Trouble {
    let FirmwareProgress { version, length, .. } = come;
    let advice = say!(
        speech.lang,
        "l'ordre est pour le programme {version} de {length} octets : donnez l'image qui va avec",
        "the order is for firmware {version} of {length} bytes: give the image that belongs to it"
    );
    Trouble::new("other_image", advice)
}

fn say_done(speech: Speech, come: &FirmwareProgress<String>) -> std::io::Result<()> {
    let FirmwareProgress { version, length, .. } = come;
    if speech.json {
        return print_json(
            &json!({ "status": "OK", "version": version, "length": length, "restarts": true }),
        );
    }
    print_line(&say!(
        speech.lang,
        "l'appareil redémarre avec le programme {version}, à l'essai : s'il ne convient pas, l'ancien revient\n\
         dans une minute, `stelala device status` dit lequel tourne",
        "the device restarts with firmware {version}, on trial: if it does not do, the old one comes back\n\
         in a minute, `stelala device status` says which one runs"
    ))
}
