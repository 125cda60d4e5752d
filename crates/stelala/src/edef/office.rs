use std::sync::Arc;

use ::cloud::{Config, InZones, SystemClock};
use ::ledger::{By, Database};
use ::sync::{Asked, At, Desk, DeskFault, Listed, Machine, MachineId, Owner, Sight};
use anyhow::{Context, anyhow, bail};
use edef::{ApiUrl, Hosts, Nim};
use fiscal::{FiscalNumber, Nif, OutletId};
use registry::{MerchantId, Reach, Registry};

use crate::{
    cloud::{existing, opened},
    random,
};

/// Where whoever has the machine of a cloud looks after its way to the authority, without asking its API.
///
/// Each change is in the log of acts, as the machine's. Clouds that run on the database find it within a second.
pub(crate) struct Office {
    config: Config,
    database: Arc<dyn Database>,
    by: By,
}

/// A merchant with his outlets.
pub(crate) struct Owned {
    merchant: MerchantId,
    nif: Nif,
    outlets: Vec<OutletId>,
}

/// An e-MCF as one types it: by our id, or by the authority's number.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    Id(MachineId),
    Nim(Nim),
}

impl Office {
    /// At a cloud's database, which has to be there.
    pub(super) fn of_existing(config: Config) -> anyhow::Result<Self> {
        let database = existing(&config)?;
        Self::at(config, database)
    }

    /// At a cloud's database, which is made if there is none.
    pub(crate) fn of(config: Config) -> anyhow::Result<Self> {
        let database = opened(&config)?;
        Self::at(config, database)
    }

    fn at(config: Config, database: Arc<dyn Database>) -> anyhow::Result<Self> {
        let by = By { actor: "machine".parse()?, tenant: None, request: "cli".parse()? };
        Ok(Self { config, database, by })
    }

    /// Asks or changes something.
    pub(crate) fn desk<T>(
        &self,
        work: impl FnOnce(&mut Desk<'_>, Asked<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut store = self.database.connect()?;
        work(&mut Desk::over(&mut *store), Asked { by: &self.by, now: at() })
    }

    /// Asks who is who.
    pub(super) fn registry<T>(
        &self,
        work: impl FnOnce(&mut Registry<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut store = self.database.connect()?;
        work(&mut Registry::over(&mut *store))
    }

    /// Asks the ledger itself.
    pub(super) fn ledger<T>(
        &self,
        work: impl FnOnce(&mut dyn ::ledger::LedgerStore) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        work(&mut *self.database.connect()?)
    }

    /// What seals tokens.
    pub(crate) fn vault(&self) -> anyhow::Result<registry::Vault> {
        Ok(::cloud::vault(&self.config, random::fill)?)
    }

    /// An address of the authority that the configuration allows.
    pub(crate) fn address(&self, text: &str) -> anyhow::Result<ApiUrl> {
        Ok(ApiUrl::read(text, &self.hosts()?)?)
    }

    fn hosts(&self) -> anyhow::Result<Hosts> {
        let authority = self.config.authority.as_ref();
        let authority = authority.context(
            "this cloud sends nothing to the authority: set enabled = true in [authority] of its configuration",
        )?;
        Ok(authority.allowed())
    }

    /// How invoices become requests.
    pub(super) fn translate(&self) -> anyhow::Result<InZones> {
        let book = self.registry(|registry| Ok(registry.newest_manifest()?))?;
        self.ledger(|store| Ok(InZones::read(book, store)?))
    }

    /// A machine by one of its names.
    pub(super) fn machine(&self, named: &Named) -> anyhow::Result<Machine> {
        let nim = match named {
            Named::Id(id) => return self.desk(|desk, _| Ok(desk.machine(&Reach::Platform, id)?)),
            Named::Nim(nim) => nim,
        };
        let mut found = self.machines()?;
        found.retain(|machine| machine.nim.as_ref() == Some(nim));
        match found.as_slice() {
            [machine] => Ok(machine.clone()),
            [] => bail!(
                "no e-MCF here has the NIM {nim}: `stelala edef machine list` shows those that there are"
            ),
            _ => bail!(
                "several e-MCFs have the NIM {nim}: name one by its id, as `stelala edef machine list` shows it"
            ),
        }
    }

    /// All that are used.
    pub(crate) fn machines(&self) -> anyhow::Result<Vec<Machine>> {
        self.desk(|desk, _| Ok(desk.machines(&Reach::Platform, false)?))
    }

    /// The merchant of a NIF.
    pub(crate) fn owner_of_nif(&self, nif: Nif) -> anyhow::Result<Owned> {
        self.registry(|registry| {
            let merchant = registry.merchant_of_nif(&Reach::Platform, nif)?;
            let merchant = merchant.with_context(|| {
                format!("no merchant has the NIF {nif}: `stelala cloud merchant add` makes one")
            })?;
            Owned::read(registry, merchant.id, nif)
        })
    }

    /// Whose a machine is.
    pub(crate) fn owner_of(&self, machine: &Machine) -> anyhow::Result<Owned> {
        self.registry(|registry| Owned::read(registry, machine.merchant.clone(), machine.nif))
    }

    /// The invoice of which something is said.
    pub(super) fn only(&self, number: FiscalNumber) -> anyhow::Result<Listed> {
        match self.desk(|desk, _| Ok(desk.only_job_of(Sight::All, &number)))? {
            Err(DeskFault::NotFound(_)) => Err(unknown(number)),
            found => Ok(found?),
        }
    }

    /// How an invoice stands.
    pub(super) fn invoice(&self, number: FiscalNumber) -> anyhow::Result<Listed> {
        let found = self.desk(|desk, _| Ok(desk.job_of(Sight::All, &number)?))?;
        found.ok_or_else(|| unknown(number))
    }
}

fn unknown(number: FiscalNumber) -> anyhow::Error {
    anyhow!("{number} is not known here: compare the number, or wait until a cloud that runs has found it")
}

impl Owned {
    fn read(registry: &mut Registry<'_>, merchant: MerchantId, nif: Nif) -> anyhow::Result<Self> {
        const PAGE: usize = 500;
        let (reach, mut outlets) = (Reach::Merchant(merchant.clone()), Vec::new());
        loop {
            let page = registry.places(&reach, outlets.last().copied(), PAGE)?;
            let is_last = page.len() < PAGE;
            outlets.extend(page.iter().map(|place| place.outlet.id));
            if is_last {
                return Ok(Self { merchant, nif, outlets });
            }
        }
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner { merchant: &self.merchant, nif: self.nif, outlets: &self.outlets, is_platform: true }
    }
}

impl std::str::FromStr for Named {
    type Err = edef::IdFault;

    fn from_str(text: &str) -> Result<Self, edef::IdFault> {
        text.parse().map(Self::Id).or_else(|_| text.parse().map(Self::Nim))
    }
}

/// Now, as the desk counts.
pub(super) fn at() -> At {
    At(u64::try_from(SystemClock::since_epoch().as_millis()).unwrap_or(u64::MAX))
}
