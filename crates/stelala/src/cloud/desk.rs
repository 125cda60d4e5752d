use ::cloud::{Config, SystemClock};
use ::ledger::{By, Clock, Database};
use anyhow::Context;
use fiscal::{DeviceId, Nif, OutletId, Timestamp};
use registry::{
    ApiKey, Invited, KeyRecord, Label, Maker, Merchant, NewKey, NewMerchant, NewPerson, NewPlace, Place,
    Reach, Registry,
};

use super::opened;
use crate::random;

/// Where whoever has the machine of a cloud makes merchants, outlets, keys and people, without asking its API.
///
/// Each change is in the log of acts, as the machine's. Clouds that run on the database know it at once.
pub(crate) struct Desk<'a> {
    pub(super) registry: Registry<'a>,
    pub(super) by: By,
}

impl Desk<'_> {
    /// At a cloud's database, which is made if there is none.
    pub(crate) fn of<T>(
        config: &Config,
        work: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        Self::at(&*opened::opened(config)?, work)
    }

    /// At a cloud's database, which has to be there.
    pub(super) fn of_existing<T>(
        config: &Config,
        work: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        Self::at(&*opened::existing(config)?, work)
    }

    fn at<T>(
        database: &dyn Database,
        work: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut store = database.connect()?;
        let by = By { actor: "machine".parse()?, tenant: None, request: "cli".parse()? };
        work(&mut Desk { registry: Registry::over(&mut *store), by })
    }

    /// Makes a merchant.
    pub(super) fn make_merchant(&mut self, nif: Nif, name: &Label) -> anyhow::Result<Merchant> {
        let new = NewMerchant { name: name.clone(), nif };
        let made =
            self.registry.create_merchant(&Reach::Platform, &new, &self.by, now(), &mut random::fill)?;
        Ok(made)
    }

    /// The merchant of a NIF, who has to be there.
    pub(super) fn merchant(&mut self, nif: Nif) -> anyhow::Result<Merchant> {
        self.find_merchant(nif)?
            .with_context(|| format!("no merchant has the NIF {nif}: `stelala cloud merchant add` makes one"))
    }

    /// The merchant of a NIF, and whether he was made now.
    pub(crate) fn find_or_make_merchant(
        &mut self,
        nif: Nif,
        name: &Label,
    ) -> anyhow::Result<(Merchant, bool)> {
        match self.find_merchant(nif)? {
            Some(merchant) => Ok((merchant, false)),
            None => Ok((self.make_merchant(nif, name)?, true)),
        }
    }

    fn find_merchant(&mut self, nif: Nif) -> anyhow::Result<Option<Merchant>> {
        Ok(self.registry.merchant_of_nif(&Reach::Platform, nif)?)
    }

    /// Makes an outlet, which this signer seals for.
    pub(crate) fn make_outlet(&mut self, new: &NewPlace, signer: DeviceId) -> anyhow::Result<Place> {
        Ok(self.registry.create_place(&Reach::Platform, new, signer, &self.by, now())?)
    }

    /// An outlet with its merchant.
    pub(super) fn outlet(&mut self, id: OutletId) -> anyhow::Result<Place> {
        self.registry.place_of(id)?.with_context(|| {
            format!("no merchant has an outlet {id} here: `stelala cloud outlet add` makes it")
        })
    }

    /// Makes a key; its secret is nowhere else.
    pub(crate) fn make_key(&mut self, new: &NewKey) -> anyhow::Result<(ApiKey, KeyRecord)> {
        Ok(self.registry.create_key(&Maker::MACHINE, new, &self.by, now(), &mut random::fill)?)
    }

    /// Ends a key.
    pub(super) fn revoke_key(&mut self, id: &registry::ApiKeyId) -> anyhow::Result<KeyRecord> {
        Ok(self.registry.revoke_key(&Maker::MACHINE, id, &self.by, now())?)
    }

    /// Invites somebody.
    pub(super) fn invite(&mut self, new: &NewPerson) -> anyhow::Result<Invited> {
        Ok(self.registry.invite(&Maker::MACHINE, new, &self.by, now(), &mut random::fill)?)
    }

    /// Takes a list of tax groups as the next version; which one that is.
    pub(super) fn import_manifest(&mut self, document: &str) -> anyhow::Result<u32> {
        let book = self.registry.import_manifest(&Reach::Platform, document, &self.by, now())?;
        Ok(book.version())
    }
}

/// Now, as clouds know it.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
