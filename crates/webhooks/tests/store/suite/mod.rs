//! What webhooks have to do over every database: `cargo test` runs the cases over SQLite, the example
//! `webhooks_conformance` over PostgreSQL.

mod changes;
mod kept;
mod often;
mod reach;
mod told;

pub(crate) use self::{changes::*, kept::*, often::*, reach::*, told::*};

use std::sync::Arc;

use fiscal::{OutletId, Timestamp};
use ledger::{ActRow, Clock, Database, acts_of};
use registry::{MerchantId, Reach};
use webhooks::{
    Events, Networks, NewWebhook, Random, Vault, Webhook, WebhookFault, WebhookSecret, WebhookUrl, Webhooks,
};

use crate::world::{TestClock, World, by, entropy, merchant};

/// Gives the names of all cases to a macro.
macro_rules! for_each_case {
    ($use:ident) => {
        $use! {
            a_webhook_is_shown_as_it_was_made_and_its_secret_is_not,
            each_change_leaves_one_act,
            what_changes_nothing_leaves_no_act,
            a_merchant_has_sixteen_webhooks_and_no_more,
            a_hundred_webhooks_are_made_for_a_merchant_in_a_day_and_no_more,
            a_webhook_is_pinged_sixty_times_in_an_hour_and_no_more,
            a_stopped_webhook_stays_stopped,
            deliveries_come_in_pages_the_newest_first,
            webhooks_come_in_pages_in_the_order_of_their_ids,
            nobody_reaches_what_is_told_to_another_merchant,
            who_reaches_one_outlet_reaches_what_is_told_of_it_alone,
            a_webhook_of_an_outlet_that_the_merchant_has_not_is_refused,
            two_dispatchers_tell_each_record_once,
            a_webhook_is_told_of_its_own_outlet_and_events_from_its_beginning,
            what_no_record_says_is_told_once_to_whom_it_concerns,
            what_becomes_of_an_invoice_at_the_authority_is_told_by_its_number_without_who_bought,
            the_authoritys_elements_are_told_when_the_ledger_has_them,
            what_is_old_is_forgotten_and_what_waits_is_not,
            a_backup_carries_webhooks_and_what_waits,
        }
    };
}
pub(crate) use for_each_case;

/// Keeps secrets so that a test would find them, were they told.
pub(crate) struct TestVault;

impl Vault for TestVault {
    fn seal(&self, about: &str, secret: &[u8], _: Random<'_>) -> String {
        let hidden: String = secret.iter().map(|byte| format!("{:02x}", byte ^ 0x55)).collect();
        format!("{about} {hidden}")
    }

    fn open(&self, about: &str, text: &str) -> Option<Vec<u8>> {
        let hidden = text.strip_prefix(about)?.strip_prefix(' ')?;
        let byte = |at: usize| u8::from_str_radix(hidden.get(at..at + 2)?, 16).ok().map(|byte| byte ^ 0x55);
        (0..hidden.len() / 2).map(|index| byte(index * 2)).collect()
    }
}

/// A database with a merchant whom nobody else has.
pub(crate) struct Trial {
    pub(crate) world: World,
    pub(crate) number: u64,
}

impl Trial {
    pub(crate) fn new(database: Arc<dyn Database>, clock: TestClock, number: u64) -> Self {
        Webhooks::prepare(&mut *database.connect().unwrap()).unwrap();
        Self { world: World::new(database, clock, number), number }
    }

    pub(crate) fn with<T>(&self, ask: impl FnOnce(&mut Webhooks<'_>) -> T) -> T {
        ask(&mut Webhooks::over(&mut *self.world.database.connect().unwrap()))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Everything of the merchant's.
    pub(crate) fn own(&self) -> Reach {
        Reach::Merchant(self.world.merchant.clone())
    }

    /// Another merchant, who has no outlets.
    pub(crate) fn other(&self) -> MerchantId {
        merchant(self.number + (1 << 50))
    }

    pub(crate) fn order(&self, outlet: Option<OutletId>) -> NewWebhook {
        NewWebhook {
            merchant: self.world.merchant.clone(),
            outlet,
            url: WebhookUrl::read("https://example.cd/hook", Networks::PublicOnly).unwrap(),
            events: Events::ALL,
        }
    }

    pub(crate) fn create(
        &self,
        order: &NewWebhook,
        reach: &Reach,
        seed: u64,
    ) -> Result<(Webhook, WebhookSecret), WebhookFault> {
        let (mut random, by) = (entropy(self.number * 1_000 + seed), by(&order.merchant));
        let outlets = if order.merchant == self.world.merchant { &self.world.outlets[..] } else { &[] };
        let now = self.now();
        self.with(|webhooks| webhooks.create(order, outlets, reach, &TestVault, &mut random, &by, now))
    }

    /// The acts of the merchant, the newest first.
    pub(crate) fn acts(&self) -> Vec<ActRow> {
        let mut acts = Vec::new();
        let merchant = self.world.merchant.as_str();
        let mut store = self.world.database.connect().unwrap();
        store
            .look(&mut |statements| {
                acts = acts_of(statements, Some(merchant), None, 1_000)?;
                Ok(())
            })
            .unwrap();
        acts
    }
}
