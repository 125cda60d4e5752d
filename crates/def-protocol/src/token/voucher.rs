use fiscal::{CreditAccount, VoucherToken};

use super::{Body, Fields, Kind, Sink, TokenFault};

/// The ledger's leave to credit an original that is kept elsewhere, once (D5).
///
/// | bytes | what |
/// |---|---|
/// | 16 | the voucher's own id, never used twice |
/// | the rest | the original's account: [`CreditAccount::to_bytes`] |
#[derive(Clone, Debug, PartialEq)]
pub struct Voucher {
    /// The voucher's own.
    pub id: [u8; 16],
    /// The original, and what is left of it.
    pub account: CreditAccount,
}

impl Body<'_> for Voucher {
    const KIND: Kind = Kind::Voucher;
    const MAX_CHARACTERS: usize = VoucherToken::MAX_LENGTH;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        let id = fields.array()?;
        let account =
            CreditAccount::from_bytes(fields.rest()).map_err(|_| TokenFault::Field("credit account"))?;
        Ok(Self { id, account })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        out.put(&self.id)?;
        out.put(&self.account.to_bytes())
    }
}
