use std::fmt;

use fiscal::{OutletId, Timestamp};
use ledger::Place;
use registry::{MerchantId, Reach};

use crate::{About, DeliveryId, EventKind, Events, WebhookId, WebhookUrl};

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose.
    pub merchant: MerchantId,
    /// Of which outlet it is told; none for all of the merchant's.
    pub outlet: Option<OutletId>,
    /// Where events are sent.
    pub url: WebhookUrl,
    /// Which events.
    pub events: Events,
    /// Since when.
    pub created: Timestamp,
    /// Since when it is told nothing any more.
    pub stopped: Option<Timestamp>,
}

impl Webhook {
    /// The most that a merchant has at once.
    pub const MOST: u64 = 16;
    /// So many are made for a merchant within 24 hours at most: those that were stopped are kept for 30 days.
    pub const MADE_IN_A_DAY: u64 = 100;
    /// So often one is pinged within an hour at most.
    pub const PINGS_IN_AN_HOUR: u64 = 60;

    /// Whether somebody reaches it: who reaches one outlet only, reaches what is told of that outlet only.
    pub fn is_within(&self, reach: &Reach) -> bool {
        match (reach, self.outlet) {
            (Reach::Outlet(..), None) => false,
            (_, Some(outlet)) => reach.covers(&self.merchant, outlet),
            (_, None) => reach.covers_merchant(&self.merchant),
        }
    }
}

/// A webhook that is to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Whose.
    pub merchant: MerchantId,
    /// Of which outlet; none for all of the merchant's, also those that he will have.
    pub outlet: Option<OutletId>,
    /// Where events are sent.
    pub url: WebhookUrl,
    /// Which events.
    pub events: Events,
}

/// What is changed; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where events are sent from now on, also those that wait.
    pub url: Option<WebhookUrl>,
    /// Which events, of the records that the dispatcher comes to from now on.
    pub events: Option<Events>,
}

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the header `webhook-id`: the same however often it is sent.
    pub id: DeliveryId,
    /// To whom.
    pub webhook: WebhookId,
    /// What.
    pub event: EventKind,
    /// The record; none of a ping, or of what no record says.
    pub place: Option<Place>,
    /// What it is about, where no record says it.
    pub about: Option<About>,
    /// When it was written down.
    pub created: Timestamp,
    /// What became of it.
    pub state: DeliveryState,
    /// When it is sent next, while it waits.
    pub next: Option<Timestamp>,
    /// How often it was sent.
    pub attempts: u64,
}

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type { $($(#[$variant_doc])* $variant),* }

        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The one of this name.
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names! {
    /// What became of a delivery.
    DeliveryState {
        /// It is sent soon, or again later.
        Waiting "waiting",
        /// The receiver took it: it answered 200 to 299.
        Delivered "delivered",
        /// It is not sent any more, unless somebody asks for it.
        Failed "failed",
    }
}

names! {
    /// Why an attempt got no answer.
    AttemptFault {
        /// The name means no address.
        NoHost "NO_HOST",
        /// The host is one that the Internet does not reach, or without TLS one that it does.
        NotAllowed "ADDRESS_NOT_ALLOWED",
        /// Nobody listens there.
        NotReached "NOT_REACHED",
        /// The receiver did not answer in time.
        Timeout "TIMEOUT",
        /// The certificate is not one for this host, or it speaks no TLS.
        Tls "TLS",
        /// What was answered is no HTTP.
        NoHttp "NOT_HTTP",
        /// What the event was about is not in the ledger any more.
        NoRecord "NO_RECORD",
        /// What the event was about cannot be read as it was sealed: the ledger has to be verified.
        Corrupt "RECORD_CORRUPT",
        /// The webhook's secret cannot be opened: the deployment's key is another than when it was made.
        NoSecret "NO_SECRET",
    }
}

/// One time that a delivery was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, from 1; the last 20 are kept.
    pub number: u64,
    /// When it began.
    pub time: Timestamp,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The status that the receiver answered, or why there is none.
    pub result: Result<u16, AttemptFault>,
}

impl Attempt {
    /// So many of a delivery are kept.
    pub const KEPT: u64 = 20;
}
