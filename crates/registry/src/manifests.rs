//! Versions of the list of tax groups, each imported once and never changed (P7).

use std::sync::Arc;

use fiscal::{Timestamp, UtcOffset};
use ledger::{By, Cell, ManifestBook, ManifestFault, Statements, StoreFault};

use crate::{
    Reach, Registry, RegistryFault,
    acts::Asked,
    merchants::only_platform,
    rows::{self, Row, first, limit, text, time, wrong},
};

/// A version of the list of tax groups, without the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRecord {
    /// Which version.
    pub version: u32,
    /// When it was imported, and by whom as the log of acts names him; none for the one that everybody starts with.
    pub imported: Option<(Timestamp, String)>,
}

impl ManifestRecord {
    /// The longest document, in bytes.
    pub const MAX_DOCUMENT: usize = 1024 * 1024;
}

const NAME: &str = "tax manifest";

impl Registry<'_> {
    /// Keeps a list of tax groups as the next version; [`ManifestBook::read`] says its form. It leaves today and the past
    /// as they are, at every outlet. Only the platform does.
    pub fn import_manifest(
        &mut self,
        reach: &Reach,
        document: &str,
        by: &By,
        now: Timestamp,
    ) -> Result<Arc<ManifestBook>, RegistryFault> {
        only_platform(reach)?;
        if document.len() > ManifestRecord::MAX_DOCUMENT {
            let most = ManifestRecord::MAX_DOCUMENT;
            return Err(ManifestFault::Form(format!("it has more than {most} bytes")).into());
        }
        self.change(|statements| {
            let newest = newest(statements)?;
            let book = ManifestBook::read(document, newest.version().saturating_add(1))?;
            book.follows(&newest, now.date_at(furthest_zone(statements)?))?;
            statements.execute(
                "INSERT INTO tax_manifests (version, document, imported, imported_by) VALUES ($1, $2, $3, $4)",
                &[
                    Cell::Integer(book.version().into()),
                    text(document),
                    time(now),
                    text(by.actor.as_str()),
                ],
            )?;
            let subject = book.version().to_string();
            Asked { by, now }.note(statements, "manifest.import", (None, None), &subject)?;
            Ok(Arc::new(book))
        })
    }

    /// The version that holds: the newest, or the default where none was imported.
    pub fn newest_manifest(&mut self) -> Result<Arc<ManifestBook>, RegistryFault> {
        self.look(newest)
    }

    /// A version.
    pub fn manifest(&mut self, version: u32) -> Result<Arc<ManifestBook>, RegistryFault> {
        if version == ManifestBook::DEFAULT_VERSION {
            return Ok(ManifestBook::default_book());
        }
        let document = self.manifest_document(version)?;
        Ok(Arc::new(read(&document, version)?))
    }

    /// A version as it was imported.
    pub fn manifest_document(&mut self, version: u32) -> Result<String, RegistryFault> {
        if version == ManifestBook::DEFAULT_VERSION {
            return Ok(ManifestBook::default_book().to_json());
        }
        self.look(|statements| {
            let found = statements.query(
                "SELECT document FROM tax_manifests WHERE version = $1",
                &[Cell::Integer(version.into())],
            )?;
            Ok(first(found).ok_or(RegistryFault::NotFound(NAME))?.text("document")?)
        })
    }

    /// All versions in their order, those after one, at most so many. The first is the default.
    pub fn manifests(
        &mut self,
        after: Option<u32>,
        most: usize,
    ) -> Result<Vec<ManifestRecord>, RegistryFault> {
        let default = ManifestRecord { version: ManifestBook::DEFAULT_VERSION, imported: None };
        let mut all: Vec<ManifestRecord> =
            Some(default).into_iter().filter(|_| after.is_none() && most > 0).collect();
        let after = Cell::Integer(after.unwrap_or(ManifestBook::DEFAULT_VERSION).into());
        let imported = self.look(|statements| {
            let found = statements.query(
                "SELECT version, imported, imported_by FROM tax_manifests \
                 WHERE version > $1 ORDER BY version LIMIT $2",
                &[after.clone(), limit(most - all.len())],
            )?;
            Ok(rows::all(found, record)?)
        })?;
        all.extend(imported);
        Ok(all)
    }
}

fn newest(statements: &mut dyn Statements) -> Result<Arc<ManifestBook>, RegistryFault> {
    let found =
        statements.query("SELECT version, document FROM tax_manifests ORDER BY version DESC LIMIT 1", &[])?;
    let Some(mut row) = first(found) else { return Ok(ManifestBook::default_book()) };
    let version = version(&mut row)?;
    Ok(Arc::new(read(&row.text::<String>("document")?, version)?))
}

/// The zone where the day is latest. Where no outlet is yet, nothing was sold.
fn furthest_zone(statements: &mut dyn Statements) -> Result<UtcOffset, RegistryFault> {
    let found = first(statements.query("SELECT max(zone_minutes) FROM outlets", &[])?);
    let minutes = found.map(|mut row| row.integer_or_none("zone_minutes")).transpose()?.flatten();
    let Some(minutes) = minutes else { return Ok(UtcOffset::LUBUMBASHI) };
    let zone = i16::try_from(minutes).ok().and_then(UtcOffset::from_minutes);
    Ok(zone.ok_or_else(|| wrong("zone_minutes"))?)
}

/// One that was imported, and was right then.
fn read(document: &str, version: u32) -> Result<ManifestBook, StoreFault> {
    ManifestBook::read(document, version).map_err(|_| wrong("document"))
}

fn version(row: &mut Row) -> Result<u32, StoreFault> {
    u32::try_from(row.integer("version")?).map_err(|_| wrong("version"))
}

fn record(mut row: Row) -> Result<ManifestRecord, StoreFault> {
    let version = version(&mut row)?;
    Ok(ManifestRecord { version, imported: Some((row.time("imported")?, row.text("imported_by")?)) })
}
