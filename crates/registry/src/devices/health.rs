use fiscal::{DeviceId, Epoch, InvoiceNumber, Timestamp};
use ledger::{Cell, StoreFault};

use super::{
    DeviceFault, find_within,
    row::{epoch_cell, epoch_or_none, number_cell, number_or_none},
};
use crate::{
    Label, Reach, Registry, RegistryFault,
    rows::{Row, first, text, text_or_null, time, wrong},
};

/// What a device and its proxy said of themselves last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceHealth {
    /// When.
    pub seen: Timestamp,
    /// The program that it runs.
    pub firmware_version: Option<Label>,
    /// Its line of numbers.
    pub epoch: Option<Epoch>,
    /// The last number that it gave there.
    pub last_number: Option<InvoiceNumber>,
    /// The position of its newest record.
    pub last_position: Option<u64>,
    /// How many seconds its clock is ahead of the cloud's.
    pub clock_drift: Option<i64>,
    /// All that it said, as JSON.
    pub report: String,
}

impl DeviceHealth {
    /// The longest report, in bytes.
    pub const MAX_REPORT: usize = 16 * 1024;
}

impl Registry<'_> {
    /// Keeps what a device said of itself, in the place of what it said before. It comes each minute, so that it leaves no
    /// act; what is older than what is kept changes nothing.
    pub fn note_health(&mut self, serial: DeviceId, health: &DeviceHealth) -> Result<(), RegistryFault> {
        if health.report.len() > DeviceHealth::MAX_REPORT {
            return Err(DeviceFault::HealthTooLong(DeviceHealth::MAX_REPORT).into());
        }
        let position = health.last_position.and_then(|position| i64::try_from(position).ok());
        self.change(|statements| {
            let version = text_or_null(health.firmware_version.as_ref().map(Label::as_str));
            let kept = statements.execute(
                "INSERT INTO device_health (device, seen, firmware_version, epoch, last_number, last_position, \
                 clock_drift, report) SELECT serial, $2, $3, $4, $5, $6, $7, $8 FROM devices WHERE serial = $1 \
                 ON CONFLICT (device) DO UPDATE SET seen = excluded.seen, \
                 firmware_version = excluded.firmware_version, epoch = excluded.epoch, \
                 last_number = excluded.last_number, last_position = excluded.last_position, \
                 clock_drift = excluded.clock_drift, report = excluded.report \
                 WHERE device_health.seen <= excluded.seen",
                &[
                    text(serial.as_str()),
                    time(health.seen),
                    version.clone(),
                    epoch_cell(health.epoch),
                    number_cell(health.last_number),
                    integer_or_null(position),
                    integer_or_null(health.clock_drift),
                    text(&health.report),
                ],
            )?;
            if kept == 1 {
                statements.execute(
                    "UPDATE devices SET firmware_version = COALESCE($1, firmware_version) WHERE serial = $2",
                    &[version, text(serial.as_str())],
                )?;
            }
            Ok(())
        })
    }

    /// What a device within reach said of itself last; none when it was never heard of.
    pub fn health(&mut self, reach: &Reach, serial: DeviceId) -> Result<Option<DeviceHealth>, RegistryFault> {
        self.look(|statements| {
            find_within(statements, reach, serial)?;
            let found = statements.query(
                "SELECT seen, firmware_version, epoch, last_number, last_position, clock_drift, report \
                 FROM device_health WHERE device = $1",
                &[text(serial.as_str())],
            )?;
            Ok(first(found).map(read).transpose()?)
        })
    }
}

fn integer_or_null(of: Option<i64>) -> Cell {
    of.map_or(Cell::Null, Cell::Integer)
}

fn read(mut row: Row) -> Result<DeviceHealth, StoreFault> {
    Ok(DeviceHealth {
        seen: row.time("seen")?,
        firmware_version: row.text_or_none("firmware_version")?,
        epoch: epoch_or_none(&mut row, "epoch")?,
        last_number: number_or_none(&mut row, "last_number")?,
        last_position: row
            .integer_or_none("last_position")?
            .map(|position| u64::try_from(position).map_err(|_| wrong("last_position")))
            .transpose()?,
        clock_drift: row.integer_or_none("clock_drift")?,
        report: row.text("report")?,
    })
}
