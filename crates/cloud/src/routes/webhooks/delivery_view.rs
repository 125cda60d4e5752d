use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use webhooks::{About, Attempt, Delivery, DeliveryState};

/// One event for one webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// Its id, the header `webhook-id`: the same however often it is sent.
    #[schema(example = "dlv_0123456789abcdefghjk")]
    delivery_id: String,
    /// To whom.
    #[schema(example = "whk_0123456789abcdefghjk")]
    webhook_id: String,
    /// What: an event of a webhook, or `webhook.ping`.
    #[schema(example = "invoice.sealed")]
    event: &'static str,
    /// The record that it is about; none of a ping.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    record: Option<RecordPlace>,
    /// The device that it is about, where no record says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    device: Option<AboutDevice>,
    /// What needs someone on the way to the tax authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    alert: Option<AboutAlert>,
    /// When it was written down.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// What became of it.
    state: StateName,
    /// When it is sent next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-03-14T07:32:16Z")]
    due: Option<String>,
    /// How often it was sent.
    #[schema(example = 1)]
    sent: u64,
}

/// A device of an outlet.
#[derive(Serialize, ToSchema)]
pub(crate) struct AboutDevice {
    /// Of which outlet.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// Which one.
    #[schema(example = "DEF-000123")]
    device_id: String,
}

/// What needs someone on the way to the tax authority.
#[derive(Serialize, ToSchema)]
pub(crate) struct AboutAlert {
    /// Of which outlet; none is all of the merchant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// What it is.
    #[schema(example = "token_expires")]
    cause: String,
}

/// Where a record stands in the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordPlace {
    /// Of which outlet.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// In which epoch of its numbers.
    #[schema(example = 0)]
    epoch: u32,
    /// By whom it was sealed.
    #[schema(example = "CLOUD-1")]
    device_id: String,
    /// At which position of this chain, from 1.
    #[schema(minimum = 1, example = 42)]
    position: u64,
}

/// What became of a delivery.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub(crate) enum StateName {
    /// It is sent soon, or again later.
    Waiting,
    /// The receiver took it: it answered 200 to 299.
    Delivered,
    /// It is not sent any more, unless somebody asks for it.
    Failed,
}

/// One time that a delivery was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
pub(crate) struct AttemptView {
    /// Which one, from 1.
    #[schema(minimum = 1, example = 1)]
    number: u64,
    /// When it began.
    #[schema(example = "2026-03-14T07:32:11Z")]
    time: String,
    /// How long it took, in milliseconds.
    #[schema(example = 130)]
    milliseconds: u64,
    /// The status that the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = 503)]
    status: Option<u16>,
    /// Why there was no answer: `NO_HOST`, `ADDRESS_NOT_ALLOWED`, `NOT_REACHED`, `TIMEOUT`, `TLS`, `NOT_HTTP`,
    /// `NO_RECORD`, `RECORD_CORRUPT` or `NO_SECRET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    fault: Option<&'static str>,
}

impl From<StateName> for DeliveryState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Waiting => Self::Waiting,
            StateName::Delivered => Self::Delivered,
            StateName::Failed => Self::Failed,
        }
    }
}

impl From<DeliveryState> for StateName {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Waiting => Self::Waiting,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Failed => Self::Failed,
        }
    }
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { id, webhook, event, place, about, created, state, next, attempts } = delivery;
        let record = place.map(|place| RecordPlace {
            outlet_id: place.chain.outlet.to_string(),
            epoch: place.chain.epoch.0,
            device_id: place.chain.signer.to_string(),
            position: place.position.value(),
        });
        Self {
            delivery_id: id.to_string(),
            webhook_id: webhook.to_string(),
            event: event.name(),
            record,
            device: match about {
                Some(About::Device(outlet, device)) => {
                    Some(AboutDevice { outlet_id: outlet.to_string(), device_id: device.to_string() })
                }
                _ => None,
            },
            alert: match about {
                Some(About::Alert(outlet, cause)) => Some(AboutAlert {
                    outlet_id: outlet.as_ref().map(ToString::to_string),
                    cause: cause.to_string(),
                }),
                _ => None,
            },
            created: format!("{created}Z"),
            state: (*state).into(),
            due: next.map(|next| format!("{next}Z")),
            sent: *attempts,
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let Attempt { number, time, milliseconds, result } = *attempt;
        Self {
            number,
            time: format!("{time}Z"),
            milliseconds,
            status: result.ok(),
            fault: result.err().map(|fault| fault.name()),
        }
    }
}
