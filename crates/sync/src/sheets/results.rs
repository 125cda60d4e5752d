//! A row of results, read and checked as far as it can be without the database.

use edef::{AuthorityCode, AuthorityTime, Counters, Figure, Nim, Uid};
use fiscal::{FiscalNumber, Nif};
use ledger::AuthorityQr;

use super::{
    cells::{figure, time},
    columns::{Column, Layout},
    table::TableRow,
};
use crate::desk::{DeskFault, is_of};

/// Why a row is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// `NO_NUMBER`
    #[error("the row names no invoice: fill in rn, or the uid")]
    NoNumber,
    /// `NUMBER_FORM`
    #[error("rn is no fiscal number of ours: copy all of it, as KIN1-0-00000042")]
    NumberForm,
    /// `UNKNOWN_INVOICE`
    #[error("no invoice of yours has this number: another system may have made it")]
    UnknownInvoice,
    /// `UID_FORM`
    #[error("the uid is none: copy all of it, or leave it empty")]
    UidForm,
    /// `UID_DIFFERS`
    #[error("the uid is of another request of this invoice: compare it in the portal")]
    UidDiffers,
    /// `CODE_MISSING`
    #[error("other results are filled in, and the authority's code is not: copy it, or empty the row")]
    CodeMissing,
    /// `CODE_FORM`
    #[error("the authority's code has 24 letters and digits: copy all of it")]
    CodeForm,
    /// `NIM_MISSING`
    #[error("the NIM is missing: fill in the column nim, or say it for the whole file (--nim)")]
    NimMissing,
    /// `NIM_FORM`
    #[error("the NIM is none, as CD01234567-1: copy it from the portal")]
    NimForm,
    /// `COUNTERS_FORM`
    #[error("the counters read as 64/64 FV: copy them, or leave them empty")]
    CountersForm,
    /// `QR_FORM`
    #[error("the QR code's text has more than 512 characters: copy it again, or leave it empty")]
    QrForm,
    /// `TOTAL_FORM`
    #[error("a total is no amount: copy it, or leave it empty")]
    TotalForm,
    /// `TOTAL_DIFFERS`
    #[error("the total is {theirs}, and the invoice comes to {ours}: this is another invoice")]
    TotalDiffers {
        /// What our invoice comes to.
        ours: Figure,
        /// What the row says.
        theirs: Figure,
    },
    /// `NO_PROOF`
    #[error("nothing shows that the code is this invoice's: fill in the authority's total (totalDGI), too")]
    NoProof,
    /// `QR_DIFFERS`
    #[error("the QR code's text does not hold this code, this NIM and your NIF: it is another invoice's")]
    QrDiffers,
    /// `TWICE`
    #[error("row {0} is of the same invoice or has the same code: keep one of them")]
    Twice(u32),
    /// `OTHER_MACHINE`
    #[error("{}", DeskFault::OtherMachine(.0.clone()))]
    OtherMachine(Vec<Nim>),
    /// What the desk says of it.
    #[error("{text}")]
    Refused {
        /// The stable code.
        code: &'static str,
        /// The sentence.
        text: String,
    },
}

impl RowFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoNumber => "NO_NUMBER",
            Self::NumberForm => "NUMBER_FORM",
            Self::UnknownInvoice => "UNKNOWN_INVOICE",
            Self::UidForm => "UID_FORM",
            Self::UidDiffers => "UID_DIFFERS",
            Self::CodeMissing => "CODE_MISSING",
            Self::CodeForm => "CODE_FORM",
            Self::NimMissing => "NIM_MISSING",
            Self::NimForm => "NIM_FORM",
            Self::CountersForm => "COUNTERS_FORM",
            Self::QrForm => "QR_FORM",
            Self::TotalForm => "TOTAL_FORM",
            Self::TotalDiffers { .. } => "TOTAL_DIFFERS",
            Self::NoProof => "NO_PROOF",
            Self::QrDiffers => "QR_DIFFERS",
            Self::Twice(_) => "TWICE",
            Self::OtherMachine(_) => "OTHER_MACHINE",
            Self::Refused { code, .. } => code,
        }
    }
}

/// What a row says.
#[derive(Clone, Debug)]
pub(super) struct ResultRow {
    pub(super) row: u32,
    pub(super) fiscal: Option<FiscalNumber>,
    pub(super) uid: Option<Uid>,
    pub(super) code: AuthorityCode,
    pub(super) nim: Nim,
    pub(super) time: Option<AuthorityTime>,
    pub(super) counters: Option<Counters>,
    pub(super) qr: Option<AuthorityQr>,
    pub(super) total: Option<Figure>,
    pub(super) vat: Option<Figure>,
}

/// A row; none when nothing was filled in, which means nothing.
pub(super) fn read(
    layout: &Layout<'_>,
    row: &TableRow,
    nim: Option<&Nim>,
) -> Result<Option<ResultRow>, RowFault> {
    let text = |column| layout.cell(row, column).map(|entry| entry.text.as_str());
    let results = [Column::Code, Column::Time, Column::Counters, Column::Qr];
    if results.iter().all(|column| text(*column).is_none()) {
        return Ok(None);
    }
    let fiscal = text(Column::Number).map(|number| number.to_ascii_uppercase().parse());
    let fiscal = fiscal.transpose().map_err(|_| RowFault::NumberForm)?;
    let uid = text(Column::Uid).map(str::parse).transpose().map_err(|_| RowFault::UidForm)?;
    if fiscal.is_none() && uid.is_none() {
        return Err(RowFault::NoNumber);
    }
    let said = text(Column::Nim).map(str::parse).transpose().map_err(|_| RowFault::NimForm)?;
    let no_time = || RowFault::of(&DeskFault::TimeForm);
    let when = layout.cell(row, Column::Time).map(|entry| time(entry).ok_or_else(no_time));
    let amount = |column| text(column).map(|amount| figure(amount).ok_or(RowFault::TotalForm)).transpose();
    Ok(Some(ResultRow {
        row: row.number,
        fiscal,
        uid,
        code: text(Column::Code).ok_or(RowFault::CodeMissing)?.parse().map_err(|_| RowFault::CodeForm)?,
        nim: said.or_else(|| nim.cloned()).ok_or(RowFault::NimMissing)?,
        time: when.transpose()?,
        counters: text(Column::Counters).map(str::parse).transpose().map_err(|_| RowFault::CountersForm)?,
        qr: text(Column::Qr).map(str::parse).transpose().map_err(|_| RowFault::QrForm)?,
        total: amount(Column::Total)?,
        vat: amount(Column::Vat)?,
    }))
}

/// The invoice of which a row says that it has this code, whatever else is wrong with the row.
pub(super) fn claimed(layout: &Layout<'_>, row: &TableRow) -> Option<FiscalNumber> {
    let text = |column| layout.cell(row, column).map(|entry| entry.text.as_str());
    text(Column::Code)?.parse::<AuthorityCode>().ok()?;
    text(Column::Number)?.to_ascii_uppercase().parse().ok()
}

impl ResultRow {
    /// A column of codes that slipped by a row gives each invoice its neighbour's: something in the row has to say that
    /// both belong together. That is the total, or the uid by which we asked for it: a QR code slips with its code, and a uid
    /// that we do not know says nothing.
    pub(super) fn check_proof(&self, asked: Option<&Uid>, nif: Nif) -> Result<(), RowFault> {
        let is_asked = self.uid.as_ref().zip(asked).is_some_and(|(said, asked)| said.is(asked));
        if !is_asked && self.total.is_none() {
            return Err(RowFault::NoProof);
        }
        let is_its = self.qr.as_ref().is_none_or(|qr| is_of(qr, &self.code, &self.nim, nif));
        if is_its { Ok(()) } else { Err(RowFault::QrDiffers) }
    }
}
