use core::str::FromStr;

use crate::{
    auth_code::AuthCode,
    fault::Reason,
    ids::{Epoch, InvoiceNumber, OutletId, VoucherToken},
};

/// What a credit note corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// RRR: a rebate on the business of a period, without one original.
    Rebate,
    /// One sealed invoice.
    Original(OriginalReference<'a>),
}

/// The sealed invoice that a credit note corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginalReference<'a> {
    /// Why.
    pub nature: CreditNature,
    /// Where it was sealed.
    pub outlet_id: OutletId,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// With which number.
    pub invoice_seq: InvoiceNumber,
    /// With which authentication code, as its receipt shows it.
    pub auth_code: AuthCode,
    /// The ledger's leave to credit an original that is kept elsewhere (D5).
    pub voucher: Option<VoucherToken<'a>>,
}

/// Why an invoice is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditNature {
    /// RAN: it is void, all of it.
    Void,
    /// RAM: goods come back.
    Return,
    /// COR: it was wrong.
    Correction,
}

impl CreditNature {
    /// As a payload and the DGI write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Void => "RAN",
            Self::Return => "RAM",
            Self::Correction => "COR",
        }
    }
}

impl FromStr for CreditNature {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        match text {
            "RAN" => Ok(Self::Void),
            "RAM" => Ok(Self::Return),
            "COR" => Ok(Self::Correction),
            _ => Err(Reason::NatureUnknown),
        }
    }
}
