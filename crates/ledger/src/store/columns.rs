//! What both databases hold of each type, column by column, and the way back.

use std::str::FromStr;

use fiscal::{
    DeviceId, Epoch, HeadState, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, PublicKey, RecordHash,
    Timestamp, UtcOffset,
};

use super::{HeadRow, SealingKey, StoreFault};
use crate::{ChainId, Outlet, Place, Reference, Row, Unfit, UnfitReason};

/// The columns of a record `r`, in the order of [`RowColumns`].
macro_rules! row_columns {
    () => {
        "r.outlet, r.epoch, r.signer, r.position, r.number, r.time, r.stamped, r.hash, r.reference_epoch, \
         r.reference_number, r.record, r.body"
    };
}

/// The columns of a head `h`, in the order of [`HeadColumns`].
macro_rules! head_columns {
    () => {
        "h.outlet, h.epoch, h.signer, h.position, h.number, h.hash, h.time, h.key, h.totals, h.generation, h.holder"
    };
}

/// The columns of what cannot be placed, in the order of [`UnfitColumns`].
macro_rules! unfit_columns {
    () => {
        "u.outlet, u.signer, u.epoch, u.position, u.digest, u.record, u.body, u.reason, u.time"
    };
}

pub(super) use {head_columns, row_columns, unfit_columns};

/// Numbers of the core end at 2^53 and times before that, so that the highest is never taken.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// At most so many, as databases count.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The byte that names a record's kind stands after the tag of 16 bytes (S1).
pub(super) fn kind(row: &Row) -> Result<i64, StoreFault> {
    const AFTER_TAG: usize = 16;
    row.record.get(AFTER_TAG).copied().map(i64::from).ok_or_else(|| wrong("record"))
}

/// A column holds what the ledger never writes there.
pub(super) fn wrong(column: &str) -> StoreFault {
    StoreFault::Corrupt(format!("the column {column}"))
}

fn text<T: FromStr>(text: &str, column: &str) -> Result<T, StoreFault> {
    text.parse().map_err(|_| wrong(column))
}

fn bytes<const N: usize>(bytes: &[u8], column: &str) -> Result<[u8; N], StoreFault> {
    bytes.try_into().map_err(|_| wrong(column))
}

fn time(seconds: i64, column: &str) -> Result<Timestamp, StoreFault> {
    u64::try_from(seconds).ok().and_then(Timestamp::from_unix).ok_or_else(|| wrong(column))
}

fn epoch(value: i64, column: &str) -> Result<Epoch, StoreFault> {
    u32::try_from(value).map(Epoch).map_err(|_| wrong(column))
}

fn number(value: i64, column: &str) -> Result<InvoiceNumber, StoreFault> {
    u64::try_from(value).ok().and_then(InvoiceNumber::new).ok_or_else(|| wrong(column))
}

fn position(value: i64) -> Result<Position, StoreFault> {
    u64::try_from(value).ok().and_then(Position::new).ok_or_else(|| wrong("position"))
}

fn chain(outlet: &str, of_epoch: i64, signer: &str) -> Result<ChainId, StoreFault> {
    Ok(ChainId {
        outlet: text(outlet, "outlet")?,
        epoch: epoch(of_epoch, "epoch")?,
        signer: text(signer, "signer")?,
    })
}

/// The end of a chain of an outlet.
pub(super) fn chain_end(
    outlet: OutletId,
    of_epoch: i64,
    signer: &str,
    newest: i64,
) -> Result<(ChainId, Position), StoreFault> {
    let signer: DeviceId = text(signer, "signer")?;
    Ok((ChainId { outlet, epoch: epoch(of_epoch, "epoch")?, signer }, position(newest)?))
}

/// A record.
pub(super) struct RowColumns {
    pub(super) outlet: String,
    pub(super) epoch: i64,
    pub(super) signer: String,
    pub(super) position: i64,
    pub(super) number: Option<i64>,
    pub(super) time: i64,
    pub(super) stamped: i64,
    pub(super) hash: Vec<u8>,
    pub(super) reference_epoch: Option<i64>,
    pub(super) reference_number: Option<i64>,
    pub(super) record: Vec<u8>,
    pub(super) body: Option<String>,
}

impl RowColumns {
    pub(super) fn read(self) -> Result<Row, StoreFault> {
        let reference = match (self.reference_epoch, self.reference_number) {
            (Some(of_epoch), Some(of_number)) => Some(Reference {
                epoch: epoch(of_epoch, "reference_epoch")?,
                number: number(of_number, "reference_number")?,
            }),
            (None, None) => None,
            _ => return Err(wrong("reference_number")),
        };
        Ok(Row {
            place: Place {
                chain: chain(&self.outlet, self.epoch, &self.signer)?,
                position: position(self.position)?,
            },
            number: self.number.map(|value| number(value, "number")).transpose()?,
            time: time(self.time, "time")?,
            stamped: time(self.stamped, "stamped")?,
            hash: PayloadHash(bytes(&self.hash, "hash")?),
            reference,
            record: self.record,
            body: self.body,
        })
    }
}

/// A head.
pub(super) struct HeadColumns {
    pub(super) outlet: String,
    pub(super) epoch: i64,
    pub(super) signer: String,
    pub(super) position: Option<i64>,
    pub(super) number: Option<i64>,
    pub(super) hash: Vec<u8>,
    pub(super) time: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) totals: Vec<u8>,
    pub(super) generation: i64,
    pub(super) holder: Option<String>,
}

impl HeadColumns {
    pub(super) fn read(self) -> Result<HeadRow, StoreFault> {
        Ok(HeadRow {
            chain: chain(&self.outlet, self.epoch, &self.signer)?,
            state: HeadState {
                position: self.position.map(position).transpose()?,
                number: self.number.map(|value| number(value, "number")).transpose()?,
                hash: RecordHash(bytes(&self.hash, "hash")?),
                time: time(self.time, "time")?,
            },
            key: self.key.map(|key| bytes(&key, "key").map(KeyId)).transpose()?,
            totals: self.totals,
            generation: u64::try_from(self.generation).map_err(|_| wrong("generation"))?,
            holder: self.holder.map(|holder| text(&holder, "holder")).transpose()?,
        })
    }
}

/// What cannot be placed.
pub(super) struct UnfitColumns {
    pub(super) outlet: String,
    pub(super) signer: String,
    pub(super) epoch: i64,
    pub(super) position: i64,
    pub(super) digest: Vec<u8>,
    pub(super) record: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) reason: String,
    pub(super) time: i64,
}

impl UnfitColumns {
    pub(super) fn read(self) -> Result<Unfit, StoreFault> {
        Ok(Unfit {
            outlet: text(&self.outlet, "outlet")?,
            signer: text(&self.signer, "signer")?,
            epoch: epoch(self.epoch, "epoch")?,
            position: position(self.position)?,
            digest: bytes(&self.digest, "digest")?,
            record: self.record,
            body: self.body,
            reason: UnfitReason::from_name(&self.reason).ok_or_else(|| wrong("reason"))?,
            time: time(self.time, "time")?,
        })
    }
}

/// An outlet.
pub(super) struct OutletColumns {
    pub(super) id: String,
    pub(super) nif: String,
    pub(super) prefix: String,
    pub(super) zone_minutes: i64,
}

impl OutletColumns {
    pub(super) fn read(self) -> Result<Outlet, StoreFault> {
        let zone = i16::try_from(self.zone_minutes).ok().and_then(UtcOffset::from_minutes);
        Ok(Outlet {
            id: text(&self.id, "id")?,
            nif: text(&self.nif, "nif")?,
            prefix: text(&self.prefix, "prefix")?,
            zone: zone.ok_or_else(|| wrong("zone_minutes"))?,
        })
    }
}

/// A key that seals.
pub(super) struct KeyColumns {
    pub(super) point: Vec<u8>,
    pub(super) signer: String,
    pub(super) since: i64,
    pub(super) until: Option<i64>,
}

impl KeyColumns {
    pub(super) fn read(self) -> Result<SealingKey, StoreFault> {
        Ok(SealingKey {
            key: PublicKey::from_sec1(&self.point).map_err(|_| wrong("point"))?,
            signer: text(&self.signer, "signer")?,
            since: time(self.since, "since")?,
            until: self.until.map(|until| time(until, "until")).transpose()?,
        })
    }
}
