//! From the ledger's records to deliveries, webhook by webhook and chain by chain.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{OutletId, Position};
use ledger::{ChainId, LedgerStore, StoreFault};
use registry::MerchantId;

use crate::{
    Webhook,
    engine::Engine,
    store::{Cursors, Followed, live_webhooks},
};

/// How far it has come, and what stands in its way.
#[derive(Debug, Default)]
pub(crate) struct Following {
    cursors: Cursors,
    broken: Broken,
}

/// What was read in one round, so that webhooks of one merchant do not ask for it each.
#[derive(Default)]
struct Round {
    outlets: BTreeMap<MerchantId, Vec<OutletId>>,
    chains: BTreeMap<OutletId, Vec<(ChainId, Position)>>,
}

impl Engine {
    /// Writes deliveries of what was sealed since the last time; says whether there is more.
    ///
    /// Nothing is skipped: what cannot be read stops one webhook in one chain, at that record, until the ledger is mended.
    /// It is logged once, and all else goes on.
    pub(crate) fn follow(
        &self,
        store: &mut dyn LedgerStore,
        following: &mut Following,
    ) -> Result<bool, StoreFault> {
        let Following { cursors, broken } = following;
        let mut webhooks = Vec::new();
        for found in live_webhooks(store)? {
            webhooks.extend(broken.unless_corrupt("webhooks", found)?);
        }
        cursors.keep(&webhooks);
        let (mut round, mut has_more) = (Round::default(), false);
        for webhook in &webhooks {
            for (chain, newest) in self.chains(store, webhook, &mut round, broken)? {
                let about = format!("{} {} {} {}", webhook.id, chain.outlet, chain.epoch, chain.signer);
                let followed = match cursors.is_behind(store, &webhook.id, chain, newest) {
                    Ok(false) => continue,
                    Ok(true) => cursors.follow(store, webhook, (chain, newest), self.now()),
                    Err(fault) => Err(fault),
                };
                has_more |= match broken.unless_corrupt(&about, followed)? {
                    Some(Followed::Written(_, more)) => more,
                    Some(Followed::Overtaken) => true,
                    None => false,
                };
            }
        }
        broken.round_is_over();
        Ok(has_more)
    }

    /// The chains of which a webhook is told, and the newest record of each.
    fn chains(
        &self,
        store: &mut dyn LedgerStore,
        webhook: &Webhook,
        round: &mut Round,
        broken: &mut Broken,
    ) -> Result<Vec<(ChainId, Position)>, StoreFault> {
        let merchant = &webhook.merchant;
        if !round.outlets.contains_key(merchant) {
            let found = broken.unless_corrupt(merchant.as_str(), (self.outlets)(store, merchant))?;
            round.outlets.insert(merchant.clone(), found.unwrap_or_default());
        }
        let mut chains = Vec::new();
        let outlets = round.outlets.get(merchant).into_iter().flatten();
        for outlet in outlets.filter(|known| webhook.outlet.is_none_or(|only| only == **known)) {
            if !round.chains.contains_key(outlet) {
                let found = broken.unless_corrupt(outlet.as_str(), store.chains(*outlet))?;
                round.chains.insert(*outlet, found.unwrap_or_default());
            }
            chains.extend(round.chains.get(outlet).into_iter().flatten());
        }
        Ok(chains)
    }
}

/// What cannot be read, each told once for as long as it is so.
#[derive(Debug, Default)]
struct Broken {
    told: BTreeSet<String>,
    in_this_round: BTreeSet<String>,
}

impl Broken {
    /// None when it cannot be read. Any other fault is one of the database, which ends the round.
    fn unless_corrupt<T>(
        &mut self,
        about: &str,
        found: Result<T, StoreFault>,
    ) -> Result<Option<T>, StoreFault> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(StoreFault::Corrupt(what)) => {
                let broken = format!("{about}: {what}");
                let is_told = self.told.contains(&broken);
                if self.in_this_round.insert(broken) && !is_told {
                    tracing::error!(about, what, "webhooks wait for what cannot be read: verify the ledger");
                }
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// What was mended is told again when it breaks again.
    fn round_is_over(&mut self) {
        self.told = std::mem::take(&mut self.in_this_round);
    }
}
