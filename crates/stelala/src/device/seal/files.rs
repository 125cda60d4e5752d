use std::path::Path;

use def_client::Offer;
use fiscal::PayloadHash;
use verify_cli::Lang;

use super::super::{
    failure::{Failure, Trouble},
    input,
    words::sales,
};

/// A payload that can be sealed, with what people call it.
pub(super) struct Payload {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) hash: PayloadHash,
}

impl Payload {
    /// Reads a file, without the white space around the payload. One that nobody can seal is refused here, before
    /// anything is sold.
    pub(super) fn read(path: &Path, lang: Lang) -> Result<Self, Failure> {
        let text = input::payload(path)?.trim_matches([' ', '\t', '\r', '\n']).to_owned();
        let name = path.display().to_string();
        let hash = match Offer::read(&text) {
            Ok(offer) => offer.hash(),
            Err(fault) => {
                let advice = format!("{name}: {}", sales::payload(lang, &fault));
                let detail = format!("{name}: {fault}");
                return Err(Trouble { code: "payload_invalid".to_owned(), detail, advice }.into());
            }
        };
        Ok(Self { name, text, hash })
    }
}
