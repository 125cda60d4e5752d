use fiscal::{Amount, DeviceId, Epoch, InvoiceNumber, Position, RecordHash};
use serde::{Deserialize, Serialize};

use super::{Spot, hash};
use crate::one_form::read_one_form;

/// That the tax authority has an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorityNote {
    /// Where the invoice stands.
    pub(crate) invoice: Spot,
    pub(crate) number: InvoiceNumber,
    /// The hash of its record.
    pub(crate) hash: RecordHash,
    /// Under which code.
    pub(crate) code: String,
    /// Of which machine.
    pub(crate) nim: String,
    /// How it came.
    pub(crate) source: Source,
    /// Whether it is of a service for trials.
    pub(crate) is_test: bool,
}

/// How the authority's elements came to the ledger; what is later here counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Hand,
    Imported,
    Api,
}

impl Source {
    pub(crate) const ALL: [Self; 3] = [Self::Hand, Self::Imported, Self::Api];

    fn of(name: &str) -> Option<Self> {
        match name {
            "hand" => Some(Self::Hand),
            // As it was called before.
            "imported" | "portal" => Some(Self::Imported),
            "api" => Some(Self::Api),
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    signer: String,
    epoch: u32,
    position: u64,
    number: u64,
    record_hash: String,
    nim: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    qr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counters: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vtotal: Option<String>,
    source: String,
    host: String,
    test: bool,
}

impl AuthorityNote {
    pub(super) fn read(body: &str) -> Option<Self> {
        let raw: Raw = read_one_form(body)?;
        let signs =
            signs(&raw.nim, 32) && signs(&raw.host, 253) && signs(&raw.code, 24) && raw.code.len() == 24;
        let texts = [(&raw.date_time, 40), (&raw.qr, 512), (&raw.counters, 40)];
        let right = signs
            && raw.uid.as_ref().is_none_or(|uid| self::signs(uid, 64))
            && texts.iter().all(|(text, most)| text.as_ref().is_none_or(|text| shown(text, *most)))
            && [&raw.total, &raw.vtotal].into_iter().flatten().all(|amount| is_amount(amount));
        right.then_some(())?;
        let (signer, epoch): (DeviceId, Epoch) = (raw.signer.parse().ok()?, Epoch(raw.epoch));
        Some(Self {
            invoice: Spot { signer, epoch, position: Position::new(raw.position)? },
            number: InvoiceNumber::new(raw.number)?,
            hash: hash(&raw.record_hash)?,
            code: raw.code,
            nim: raw.nim,
            source: Source::of(&raw.source)?,
            is_test: raw.test,
        })
    }
}

/// Printable ASCII without spaces, of 1 to so many characters.
fn signs(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Of 1 to so many bytes, without what moves a cursor, makes a line or turns text around.
fn shown(text: &str, most: usize) -> bool {
    let hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    (1..=most).contains(&text.len()) && !text.chars().any(hidden)
}

fn is_amount(text: &str) -> bool {
    text.parse::<Amount>().is_ok_and(|amount| amount.to_string() == text)
}
