//! Audit exports: parts of a journal, and a signed list of them (`docs/formats.md`, section 14).

mod figures;
mod manifest;
mod part;
mod verdict;
mod writer;

pub(crate) use self::figures::PartFigures;
pub use self::{
    manifest::{ExportFault, ExportIssueFault, ExportList, ExportManifest},
    part::{ExportPart, PartFile},
    verdict::ExportVerdict,
    writer::{PartFault, PartWriter},
};
