//! The same steps for what is here and what is not, up to the comparison of the secret.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use fiscal::{AuthCode, Epoch, InvoiceNumber, OutletId, Record, RecordHash, Signature};
use ledger::{LedgerStore, Outlet, Row, StoreFault};
use sha2::{Digest, Sha256};

use super::claim::{Claim, Named, Said};

/// An invoice whose secret was said.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) outlet: Outlet,
    pub(super) row: Row,
}

/// What a search asks for.
pub(super) trait Holdings {
    /// An outlet.
    fn outlet(&mut self, named: Named) -> Result<Option<Outlet>, StoreFault>;
    /// An invoice of an outlet.
    fn invoice(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault>;
    /// Whether two digests are equal, in a time that does not depend on them.
    fn equal(&mut self, said: &[u8; 32], sealed: &[u8; 32]) -> bool;
}

/// The ledger's own.
pub(super) struct Stored<'a>(pub(super) &'a mut dyn LedgerStore);

impl Holdings for Stored<'_> {
    fn outlet(&mut self, named: Named) -> Result<Option<Outlet>, StoreFault> {
        match named {
            Named::Prefix(prefix) => self.0.outlet_by_prefix(prefix),
            Named::Id(id) => self.0.outlet(id),
        }
    }

    fn invoice(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault> {
        self.0.by_number(outlet, epoch, number)
    }

    fn equal(&mut self, said: &[u8; 32], sealed: &[u8; 32]) -> bool {
        verify_slices_are_equal(said, sealed).is_ok()
    }
}

/// Looks for what a claim names and compares what it says.
///
/// Where there is no outlet or no invoice, one that cannot be is looked for and compared with all the same. What follows a
/// match, which only who has seen the seal gets, may take its time. What remains is that a row which is there is read.
pub(super) fn search(holdings: &mut impl Holdings, claim: &Claim) -> Result<Option<Match>, StoreFault> {
    let outlet = holdings.outlet(claim.outlet)?;
    let looked_at = match (&outlet, claim.outlet) {
        (Some(outlet), _) => outlet.id,
        (None, Named::Id(id)) => id,
        (None, Named::Prefix(prefix)) => match stand_in(prefix.as_str()) {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    let row = holdings.invoice(looked_at, claim.epoch, claim.number)?;
    let record = row.as_ref().and_then(|row| row.read().ok());
    let is_one = record.as_ref().is_some_and(|record| record.header.invoice().is_some());
    let is_equal = {
        let (said, sealed) = (claim.said.digest(), claim.said.digest_of(record.as_ref()));
        holdings.equal(&said, &sealed)
    };
    Ok(outlet.zip(row).filter(|_| is_equal & is_one).map(|(outlet, row)| Match { outlet, row }))
}

/// The id that a prefix is looked for under when no outlet has it.
fn stand_in(prefix: &str) -> Option<OutletId> {
    // Prefixes are ids' capitals and digits, ten at most, so that it is always one.
    format!("-{prefix}").parse().ok()
}

impl Said {
    fn digest(&self) -> [u8; 32] {
        match self {
            Self::Code(code) => Sha256::digest(code.as_str().as_bytes()).into(),
            Self::Qr(qr) => digest(qr.record_hash(), qr.signature(), qr.auth_code()),
        }
    }

    /// What a record would have said in its place; without one, as much is computed and comes out otherwise.
    fn digest_of(&self, record: Option<&Record>) -> [u8; 32] {
        match (self, record) {
            (Self::Code(_), Some(record)) => {
                Sha256::digest(record.signature.auth_code().as_str().as_bytes()).into()
            }
            // A record's code is a digest of its signature.
            (Self::Code(_), None) => {
                Sha256::digest(&Sha256::digest([0; Signature::LENGTH])[..AuthCode::LENGTH]).into()
            }
            (Self::Qr(_), Some(record)) => {
                digest(record.hash(), &record.signature, record.signature.auth_code())
            }
            (Self::Qr(qr), None) => {
                digest(qr.record_hash(), qr.signature(), qr.signature().auth_code()).map(|byte| !byte)
            }
        }
    }
}

fn digest(hash: RecordHash, signature: &Signature, code: AuthCode) -> [u8; 32] {
    let digest = Sha256::new().chain_update(hash.0).chain_update(signature.as_bytes());
    digest.chain_update(code.as_str().as_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use fiscal::{DeviceId, Position, UtcOffset};
    use ledger::{ChainId, Place};

    use super::*;

    /// What was asked for, in its order.
    struct Noted<'a> {
        outlet: Option<Outlet>,
        row: Option<Row>,
        steps: &'a RefCell<Vec<&'static str>>,
    }

    impl Holdings for Noted<'_> {
        fn outlet(&mut self, _: Named) -> Result<Option<Outlet>, StoreFault> {
            self.steps.borrow_mut().push("outlet");
            Ok(self.outlet.clone())
        }

        fn invoice(&mut self, _: OutletId, _: Epoch, _: InvoiceNumber) -> Result<Option<Row>, StoreFault> {
            self.steps.borrow_mut().push("invoice");
            Ok(self.row.clone())
        }

        fn equal(&mut self, said: &[u8; 32], sealed: &[u8; 32]) -> bool {
            self.steps.borrow_mut().push("equal");
            verify_slices_are_equal(said, sealed).is_ok()
        }
    }

    const QR: &str = include_str!("qr.txt");

    fn here() -> Outlet {
        Outlet {
            id: "OUTLET-001".parse().unwrap(),
            nif: "A1234567Z".parse().unwrap(),
            prefix: "BONO".parse().unwrap(),
            zone: UtcOffset::KINSHASA,
        }
    }

    /// A row that is there, with a record that cannot be read: it matches nothing.
    fn other() -> Row {
        let signer: DeviceId = "BONO-USB-001".parse().unwrap();
        let chain = ChainId { outlet: here().id, epoch: Epoch(0), signer };
        let time = fiscal::Timestamp::EARLIEST;
        Row {
            place: Place { chain, position: Position::new(1).unwrap() },
            number: Some(InvoiceNumber::FIRST),
            time,
            stamped: time,
            hash: fiscal::PayloadHash::of(b""),
            reference: None,
            record: Vec::new(),
            body: None,
        }
    }

    #[test]
    fn what_is_not_here_is_looked_for_and_compared_like_what_is() {
        let claims = [Claim::of_number("BONO-0-00000105", "RDCX0GJFHW3NQEN8"), Claim::of_qr(QR.trim_end())];
        for claim in claims {
            let Ok(claim) = claim else { panic!("it can be read") };
            for (outlet, row) in
                [(None, None), (Some(here()), None), (Some(here()), Some(other())), (None, Some(other()))]
            {
                let steps = RefCell::default();
                let found = search(&mut Noted { outlet, row, steps: &steps }, &claim).unwrap();
                assert!(found.is_none());
                assert_eq!(steps.into_inner(), ["outlet", "invoice", "equal"]);
            }
        }
    }
}
