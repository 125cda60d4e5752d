//! How the authority's arguments are written.

use anyhow::{Context, anyhow, bail};
use def_protocol::token::Newest;
use fiscal::{Epoch, InvoiceNumber, RecordHash, UtcOffset};

/// `EPOCH/NUMBER:HASH`, as in `0/105:dff2…`.
pub(super) fn newest(text: &str) -> anyhow::Result<Newest> {
    let read = || {
        let (place, hash) = text.split_once(':')?;
        let (epoch, number) = place.split_once('/')?;
        Some(Newest {
            epoch: Epoch(epoch.parse().ok()?),
            number: InvoiceNumber::new(number.parse().ok()?)?,
            hash: RecordHash::from_hex(hash)?,
        })
    };
    read()
        .context("write it EPOCH/NUMBER:HASH, like COMMIT's epoch, invoice_seq and record_hash: 0/105:dff2…")
}

/// 64 hexadecimal digits.
pub(super) fn record_hash(text: &str) -> anyhow::Result<RecordHash> {
    RecordHash::from_hex(text).context("a record's hash has 64 hexadecimal digits")
}

/// The first number is 1.
pub(super) fn number(text: &str) -> anyhow::Result<InvoiceNumber> {
    text.parse().ok().and_then(InvoiceNumber::new).context("invoices are numbered from 1")
}

/// An outlet's zone, by name or by minutes ahead of UTC.
pub(crate) fn zone(text: &str) -> anyhow::Result<UtcOffset> {
    match text {
        "kinshasa" => Ok(UtcOffset::KINSHASA),
        "lubumbashi" => Ok(UtcOffset::LUBUMBASHI),
        minutes => {
            let minutes = minutes.parse().map_err(|_| {
                anyhow!("name kinshasa or lubumbashi, or say how many minutes ahead of UTC the outlet is")
            })?;
            let Some(offset) = UtcOffset::from_minutes(minutes) else {
                bail!("no zone is {minutes} minutes ahead of UTC: quarter hours from -720 to 840")
            };
            Ok(offset)
        }
    }
}
