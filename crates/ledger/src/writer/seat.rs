use fiscal::{Chain, Head, KeyId};

use crate::{
    ChainId, HeadRow, Outlet, StoreFault,
    books::{self, Books},
};

/// An outlet to which this writer may append: the newest head, under the generation of its turn.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) outlet: Outlet,
    pub(crate) head: HeadRow,
    pub(crate) books: Box<Books>,
}

impl Seat {
    pub(crate) fn new(outlet: Outlet, head: HeadRow) -> Result<Self, StoreFault> {
        let books = books::from_bytes(&head.totals)
            .ok_or_else(|| StoreFault::Corrupt(format!("the totals of outlet {}", outlet.id)))?;
        Ok(Self { outlet, head, books })
    }

    /// The end of the chain, to be sealed on with a key.
    pub(crate) fn open(&self, key: KeyId) -> Head {
        Head::open(chain(&self.head.chain, &self.outlet, key), self.head.state)
    }
}

/// Whose chain it is, with the key that seals now.
pub(crate) const fn chain(id: &ChainId, outlet: &Outlet, key: KeyId) -> Chain {
    Chain { device: id.signer, key, outlet: id.outlet, nif: outlet.nif, epoch: id.epoch }
}
