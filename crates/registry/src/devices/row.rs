use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Epoch, InvoiceNumber, PublicKey};
use ledger::{Cell, StoreFault};

use super::{Device, DeviceActivation, EndedDevice, Homologation};
use crate::rows::{Row, wrong};

/// In the order of [`read`], of devices `d`.
macro_rules! select {
    ($($rest:literal)*) => {
        concat!(
            "SELECT d.serial, d.outlet, d.merchant, d.state, d.registered, d.registered_by, \
             CASE WHEN d.activated IS NULL THEN d.code_expires END, d.public_key, d.firmware_version, d.activated, \
             d.activation_epoch, d.activation_record, d.tested, d.homologated, d.homologation, d.ended, \
             d.end_reason, d.end_epoch, d.end_number, \
             (SELECT max(c.not_after) FROM device_certificates c WHERE c.device = d.serial AND c.revoked IS NULL), \
             (SELECT h.seen FROM device_health h WHERE h.device = d.serial) \
             FROM devices d ",
            $($rest)*
        )
    };
}
pub(super) use select;

pub(super) fn read(mut row: Row) -> Result<Device, StoreFault> {
    Ok(Device {
        serial: row.text("serial")?,
        outlet: row.text("outlet")?,
        merchant: row.text("merchant")?,
        state: row.text("state")?,
        registered: row.time("registered")?,
        registered_by: row.text("registered_by")?,
        code_expires: row.time_or_none("code_expires")?,
        public_key: key(&mut row)?,
        firmware_version: row.text_or_none("firmware_version")?,
        activation: activation(&mut row)?,
        tested: row.time_or_none("tested")?,
        homologation: homologation(&mut row)?,
        ended: ended(&mut row)?,
        certificate_expires: row.time_or_none("not_after")?,
        seen: row.time_or_none("seen")?,
    })
}

fn key(row: &mut Row) -> Result<Option<PublicKey>, StoreFault> {
    let Some(spki) = bytes_or_none(row, "public_key")? else { return Ok(None) };
    PublicKey::from_spki(&spki).map(Some).map_err(|_| wrong("public_key"))
}

pub(super) fn key_cell(key: &PublicKey) -> Cell {
    bytes(&key.to_spki())
}

fn activation(row: &mut Row) -> Result<Option<DeviceActivation>, StoreFault> {
    let time = row.time_or_none("activated")?;
    let epoch = epoch_or_none(row, "activation_epoch")?;
    match (time, epoch, bytes_or_none(row, "activation_record")?) {
        (Some(time), Some(epoch), Some(record)) => Ok(Some(DeviceActivation { time, epoch, record })),
        (None, None, None) => Ok(None),
        _ => Err(wrong("activated")),
    }
}

fn homologation(row: &mut Row) -> Result<Option<Homologation>, StoreFault> {
    let (time, reference) = (row.time_or_none("homologated")?, row.text_or_none("homologation")?);
    Ok(time.map(|time| Homologation { time, reference }))
}

fn ended(row: &mut Row) -> Result<Option<EndedDevice>, StoreFault> {
    let (time, reason) = (row.time_or_none("ended")?, row.text_or_none("end_reason")?);
    let (epoch, number) = (epoch_or_none(row, "end_epoch")?, number_or_none(row, "end_number")?);
    match (time, reason) {
        (Some(time), Some(reason)) => {
            Ok(Some(EndedDevice { time, reason, last: epoch.map(|epoch| (epoch, number)) }))
        }
        (None, None) => Ok(None),
        _ => Err(wrong("ended")),
    }
}

pub(super) fn bytes(of: &[u8]) -> Cell {
    Cell::Text(Base64UrlUnpadded::encode_string(of))
}

pub(super) fn bytes_or_none(row: &mut Row, column: &str) -> Result<Option<Vec<u8>>, StoreFault> {
    let Some(text) = row.text_or_none::<String>(column)? else { return Ok(None) };
    Base64UrlUnpadded::decode_vec(&text).map(Some).map_err(|_| wrong(column))
}

pub(super) fn epoch_or_none(row: &mut Row, column: &str) -> Result<Option<Epoch>, StoreFault> {
    let Some(value) = row.integer_or_none(column)? else { return Ok(None) };
    u32::try_from(value).map(|epoch| Some(Epoch(epoch))).map_err(|_| wrong(column))
}

pub(super) fn number_or_none(row: &mut Row, column: &str) -> Result<Option<InvoiceNumber>, StoreFault> {
    let Some(value) = row.integer_or_none(column)? else { return Ok(None) };
    u64::try_from(value).ok().and_then(InvoiceNumber::new).map(Some).ok_or_else(|| wrong(column))
}

pub(super) fn epoch_cell(of: Option<Epoch>) -> Cell {
    of.map_or(Cell::Null, |epoch| Cell::Integer(epoch.0.into()))
}

pub(super) fn number_cell(of: Option<InvoiceNumber>) -> Cell {
    // Numbers end at 2^53 − 1.
    of.map_or(Cell::Null, |number| Cell::Integer(number.value().cast_signed()))
}
