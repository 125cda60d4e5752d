use std::collections::BTreeMap;

use fiscal::{OutletId, Timestamp, UtcOffset};
use ledger::{ActRow, By, LedgerStore};
use registry::{
    ApiKey, ApiKeyId, KeyRecord, Label, Maker, Merchant, MerchantId, NewKey, NewMerchant, NewPlace,
    Permissions, Place, Reach, Registry, RegistryFault, Role,
};

use super::Subject;

/// When all begins.
pub(crate) const NOW: u64 = 1_773_000_000;

/// A time after that.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

/// A connection, and randomness that never repeats.
pub(crate) struct World {
    pub(crate) store: Box<dyn LedgerStore>,
    seed: u64,
}

impl World {
    pub(crate) fn new(subject: &dyn Subject) -> Self {
        let mut world = Self::again(subject, 1);
        Registry::prepare(&mut *world.store).unwrap();
        world
    }

    /// Another process over the same database.
    pub(crate) fn again(subject: &dyn Subject, seed: u64) -> Self {
        Self { seed: seed << 32, ..Self::over(subject.open().connect().unwrap()) }
    }

    /// Over a database that was prepared.
    pub(crate) fn over(store: Box<dyn LedgerStore>) -> Self {
        Self { store, seed: 1 << 16 }
    }

    pub(crate) fn registry(&mut self) -> Registry<'_> {
        Registry::over(&mut *self.store)
    }

    /// The registry, and randomness beside it.
    pub(crate) fn both(&mut self) -> (Registry<'_>, impl FnMut(&mut [u8]) + use<>) {
        self.seed += 1;
        let mut state = self.seed;
        let random = move |bytes: &mut [u8]| {
            for byte in bytes {
                // SplitMix64.
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                *byte = (mixed ^ (mixed >> 31)).to_be_bytes()[0];
            }
        };
        (Registry::over(&mut *self.store), random)
    }

    pub(crate) fn merchant(&mut self, nif: &str) -> Merchant {
        let new = NewMerchant { name: label(nif), nif: nif.parse().unwrap() };
        let (mut registry, mut random) = self.both();
        registry.create_merchant(&Reach::Platform, &new, &by("usr:operator"), at(0), &mut random).unwrap()
    }

    pub(crate) fn place(&mut self, merchant: &MerchantId, id: &str) -> Place {
        let new = new_place(merchant, id);
        let reach = Reach::Merchant(merchant.clone());
        self.registry().create_place(&reach, &new, signer(), &by("usr:owner"), at(0)).unwrap()
    }

    pub(crate) fn key(&mut self, new: &NewKey) -> (ApiKey, KeyRecord) {
        self.try_key(&Maker::MACHINE, new).unwrap()
    }

    pub(crate) fn try_key(
        &mut self,
        maker: &Maker,
        new: &NewKey,
    ) -> Result<(ApiKey, KeyRecord), RegistryFault> {
        let (mut registry, mut random) = self.both();
        registry.create_key(maker, new, &by("usr:maker"), at(0), &mut random)
    }

    pub(crate) fn permissions_of(&mut self, key: &ApiKey, now: Timestamp) -> Option<Permissions> {
        self.registry().principal_of_key(&key.hash(), now).unwrap().map(|principal| principal.permissions)
    }

    pub(crate) fn acts(&mut self, reach: &Reach) -> Vec<ActRow> {
        self.registry().acts(reach, None, usize::MAX).unwrap()
    }

    /// All that is there of somebody, by name.
    pub(crate) fn all_of(&mut self, reach: &Reach) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for merchant in self.registry().merchants(reach, None, usize::MAX).unwrap() {
            all.insert(merchant.id.to_string(), format!("{merchant:?}"));
        }
        for place in self.registry().places(reach, None, usize::MAX).unwrap() {
            all.insert(place.outlet.id.to_string(), format!("{place:?}"));
        }
        for key in self.registry().keys(reach, None, usize::MAX).unwrap() {
            all.insert(key.id.to_string(), format!("{key:?}"));
        }
        all
    }
}

pub(crate) fn by(actor: &str) -> By {
    By { actor: actor.parse().unwrap(), tenant: None, request: "req-1".parse().unwrap() }
}

pub(crate) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(crate) fn outlet(id: &str) -> OutletId {
    id.parse().unwrap()
}

pub(crate) fn signer() -> fiscal::DeviceId {
    "CLOUD-1".parse().unwrap()
}

pub(crate) fn new_place(merchant: &MerchantId, id: &str) -> NewPlace {
    NewPlace {
        id: outlet(id),
        merchant: merchant.clone(),
        name: label(id),
        address: None,
        prefix: None,
        zone: UtcOffset::KINSHASA,
    }
}

pub(crate) fn new_key(reach: Reach, role: Role) -> NewKey {
    NewKey { name: label("till 1"), reach, role, scopes: None, rate: None, expires: None }
}

/// An id that nothing has.
pub(crate) fn nobody() -> MerchantId {
    MerchantId::new([255; 20])
}

/// A key's id that nothing has.
pub(crate) fn no_key() -> ApiKeyId {
    ApiKeyId::new([255; 20])
}

/// The stable code of what was refused.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, RegistryFault>) -> &'static str {
    answer.unwrap_err().code()
}
