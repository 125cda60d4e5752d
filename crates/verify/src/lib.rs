//! The referee: says whether a receipt, a payload or a journal is true, and what that proves.
//!
//! It knows the public formats of `docs/formats.md` and nothing of how anyone stores anything. It needs no network
//! and no clock, so that an inspector in a market and an auditor in ten years reach the same verdict.
//!
//! * [`verify_qr`]: the text of a receipt's QR code, against keys or a signed [`Bundle`] of them;
//! * [`verify_payload`]: a canonical payload, and [`verify_payload_of`] against its seal;
//! * [`Referee`]: a journal, record by record, and its closures against what they close;
//! * [`OutletAudit`]: all chains of an outlet, whose signers hand its line of numbers to each other (L2).
//!
//! Each answers with findings, which are stable codes with a sentence in French and English, and each verdict can be
//! put into words as a [`Report`].

mod audit;
mod bundle;
mod bytes;
mod check;
mod closure;
mod export;
mod finding;
mod journal;
mod journal_line;
mod jws;
mod line;
mod lines;
mod one_form;
mod outlet;
mod payload;
mod qr;
mod report;
mod scratch;
mod signed_report;
mod trust;

pub use audit::{Audit, AuditFault, OutletAudit};
pub use bundle::{Bundle, BundleFault, BundleIssueFault, KeyList};
pub use check::{SignatureCheck, SoftwareCheck};
pub use export::{
    ExportFault, ExportIssueFault, ExportList, ExportManifest, ExportPart, ExportVerdict, PartFault,
    PartFile, PartWriter,
};
pub use finding::{Difference, Finding, Language, Rule};
pub use journal::{HeadAt, HeadsFault, JournalVerdict, KnownHead, Referee};
pub use journal_line::JournalLine;
pub use lines::{LONGEST_LINE_BYTES, LineFault, Lines};
pub use payload::{PayloadVerdict, verify_payload, verify_payload_of};
pub use qr::{QrVerdict, verify_qr};
pub use report::{Fact, Report};
pub use scratch::{Scratch, ScratchFile};
pub use signed_report::{ReportFault, ReportIssueFault, ReportKind, ReportScope, SignedReport};
pub use trust::{KeyUse, Last, Serial, Trust, TrustedKey};
