use fiscal::{DeviceId, Timestamp};
use ledger::{By, Statements, StoreFault};
use pki::{DeviceCertificate, RevocationReason, RevokedCertificate, SerialNumber};

use super::{
    Device, DeviceFault, find_within, known, note,
    row::{bytes, bytes_or_none},
};
use crate::{
    Reach, Registry, RegistryFault,
    rows::{self, Row, text, time, wrong},
};

/// A certificate that a device was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRecord {
    /// The certificate.
    pub certificate: DeviceCertificate,
    /// When it was made.
    pub issued: Timestamp,
    /// When it was revoked, and why.
    pub revoked: Option<(Timestamp, RevocationReason)>,
}

impl Registry<'_> {
    /// Keeps another certificate of a device that has one, for the same key, made before the old one expires. Both are
    /// good until then, so that nothing waits for the change.
    pub fn rotate_certificate(
        &mut self,
        serial: DeviceId,
        certificate: &DeviceCertificate,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        self.change(|statements| {
            let device = known(statements, serial)?;
            if !device.state.is_alive() || device.public_key.is_none() {
                return Err(DeviceFault::State { device: serial, state: device.state }.into());
            }
            if device.public_key.as_ref() != Some(certificate.key()) || !is_of(certificate, &device) {
                return Err(DeviceFault::OtherKey(serial).into());
            }
            insert(statements, certificate, now)?;
            note(statements, (by, now), "device.certificate", &device)?;
            known(statements, serial)
        })
    }

    /// All certificates of a device within reach, the one that expires last first.
    pub fn certificates(
        &mut self,
        reach: &Reach,
        serial: DeviceId,
    ) -> Result<Vec<CertificateRecord>, RegistryFault> {
        self.look(|statements| {
            find_within(statements, reach, serial)?;
            let found = statements.query(
                "SELECT der, issued, revoked, reason FROM device_certificates WHERE device = $1 \
                 ORDER BY not_after DESC, serial",
                &[text(serial.as_str())],
            )?;
            Ok(rows::all(found, read)?)
        })
    }

    /// What belongs on the list of revoked certificates at a time: those that would still hold.
    pub fn revoked_certificates(&mut self, now: Timestamp) -> Result<Vec<RevokedCertificate>, RegistryFault> {
        self.look(|statements| {
            let found = statements.query(
                "SELECT serial, revoked, reason FROM device_certificates \
                 WHERE revoked IS NOT NULL AND not_after >= $1 ORDER BY serial",
                &[time(now)],
            )?;
            let read = |mut row: Row| -> Result<RevokedCertificate, StoreFault> {
                Ok(RevokedCertificate {
                    serial: row.text::<SerialNumber>("serial")?,
                    time: row.time("revoked")?,
                    reason: row.text("reason")?,
                })
            };
            Ok(rows::all(found, read)?)
        })
    }
}

/// Whether a certificate says of a device what is so.
pub(super) fn is_of(certificate: &DeviceCertificate, device: &Device) -> bool {
    certificate.device() == device.serial && certificate.subject().outlet == device.outlet
}

pub(super) fn insert(
    statements: &mut dyn Statements,
    certificate: &DeviceCertificate,
    now: Timestamp,
) -> Result<(), RegistryFault> {
    let made = statements.execute(
        "INSERT INTO device_certificates (serial, device, der, not_before, not_after, issued) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        &[
            text(&certificate.serial().to_string()),
            text(certificate.device().as_str()),
            bytes(certificate.der()),
            time(certificate.not_before()),
            time(certificate.not_after()),
            time(now),
        ],
    )?;
    if made == 1 { Ok(()) } else { Err(RegistryFault::Exists("serial number of a certificate")) }
}

/// Revokes all certificates of a device that still hold.
pub(super) fn revoke_all(
    statements: &mut dyn Statements,
    device: DeviceId,
    reason: RevocationReason,
    now: Timestamp,
) -> Result<(), RegistryFault> {
    statements.execute(
        "UPDATE device_certificates SET revoked = $1, reason = $2 WHERE device = $3 AND revoked IS NULL",
        &[time(now), text(reason.name()), text(device.as_str())],
    )?;
    Ok(())
}

fn read(mut row: Row) -> Result<CertificateRecord, StoreFault> {
    let der = bytes_or_none(&mut row, "der")?.ok_or_else(|| wrong("der"))?;
    let certificate = DeviceCertificate::from_der(&der).map_err(|_| wrong("der"))?;
    let issued = row.time("issued")?;
    let (revoked, reason) = (row.time_or_none("revoked")?, row.text_or_none("reason")?);
    Ok(CertificateRecord { certificate, issued, revoked: revoked.zip(reason) })
}
