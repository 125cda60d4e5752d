//! The body of the record, in one form (`docs/formats.md`).

use fiscal::{Epoch, InvoiceNumber, OutletId, Position, RecordHash};
use serde::{Deserialize, Serialize};

use super::{AuthorityElements, AuthorityNote, AuthoritySource};
use crate::{ChainId, Place, Reference};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
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

/// What is read of it to find it by.
#[derive(Deserialize)]
struct Of {
    epoch: u32,
    number: u64,
}

/// What is sealed.
pub(crate) fn body(note: &AuthorityNote, number: InvoiceNumber) -> String {
    let AuthorityNote { invoice: Place { chain, position }, record_hash, elements } = note;
    let body = Body {
        signer: chain.signer.to_string(),
        epoch: chain.epoch.0,
        position: position.value(),
        number: number.value(),
        record_hash: record_hash.to_string(),
        nim: elements.nim.to_string(),
        uid: elements.uid.as_ref().map(ToString::to_string),
        code: elements.code.to_string(),
        date_time: elements.date_time.as_ref().map(ToString::to_string),
        qr: elements.qr.as_ref().map(ToString::to_string),
        counters: elements.counters.as_ref().map(ToString::to_string),
        total: elements.total.map(|total| total.to_string()),
        vtotal: elements.vtotal.map(|vtotal| vtotal.to_string()),
        source: elements.source.name().to_owned(),
        host: elements.host.to_string(),
        test: elements.is_test,
    };
    // Texts and numbers always serialise.
    serde_json::to_string(&body).unwrap_or_default()
}

/// What a body of an outlet's chain says; none when it is not in its form.
pub(super) fn read(outlet: OutletId, body: &str) -> Option<AuthorityNote> {
    let body: Body = serde_json::from_str(body).ok()?;
    let chain = ChainId { outlet, epoch: Epoch(body.epoch), signer: body.signer.parse().ok()? };
    let elements = AuthorityElements {
        nim: body.nim.parse().ok()?,
        uid: maybe(body.uid.as_deref())?,
        code: body.code.parse().ok()?,
        date_time: maybe(body.date_time.as_deref())?,
        qr: maybe(body.qr.as_deref())?,
        counters: maybe(body.counters.as_deref())?,
        total: maybe(body.total.as_deref())?,
        vtotal: maybe(body.vtotal.as_deref())?,
        source: AuthoritySource::from_name(&body.source)?,
        host: body.host.parse().ok()?,
        is_test: body.test,
    };
    Some(AuthorityNote {
        invoice: Place { chain, position: Position::new(body.position)? },
        record_hash: RecordHash::from_hex(&body.record_hash)?,
        elements,
    })
}

/// Which invoice a body is of, by which its record is found.
pub(crate) fn invoice_of(body: &str) -> Option<Reference> {
    let Of { epoch, number } = serde_json::from_str(body).ok()?;
    Some(Reference { epoch: Epoch(epoch), number: InvoiceNumber::new(number)? })
}

/// Of a member that may be left out: none is none, and one that is not in its form is a fault.
fn maybe<T: std::str::FromStr>(text: Option<&str>) -> Option<Option<T>> {
    text.map(str::parse).transpose().ok()
}
