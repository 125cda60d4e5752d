//! What is sent: made anew from the ledger each time, so that it is what was sealed.

use fiscal::{Epoch, FiscalNumber, Header, InvoiceNumber, OutletId, Prefix, Timestamp};
use ledger::{LedgerStore, Row, StoreFault};
use serde::{Deserialize, Serialize};

use crate::{
    About, AttemptFault, Delivery, DeliveryId, EventKind, Vault, WebhookSecret, WebhookUrl,
    event::NonCompliant,
    secret::signatures,
    store::{Receiver, receiver},
};

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: DeliveryId,
    pub(crate) url: WebhookUrl,
    pub(crate) body: String,
    pub(crate) secrets: Vec<WebhookSecret>,
}

impl Message {
    /// The message that a delivery is now, or why there is none; nothing when its webhook was stopped.
    pub(crate) fn read(
        store: &mut dyn LedgerStore,
        delivery: &Delivery,
        vault: &dyn Vault,
        now: Timestamp,
    ) -> Result<Option<Result<Self, AttemptFault>>, StoreFault> {
        let Some(Receiver { url, sealed }) = receiver(store, &delivery.webhook, now)? else {
            return Ok(None);
        };
        let open = |text: &String| vault.open(delivery.webhook.as_str(), text).map(WebhookSecret::from_bytes);
        let Some(secrets) = sealed.iter().map(open).collect::<Option<Vec<_>>>() else {
            return Ok(Some(Err(AttemptFault::NoSecret)));
        };
        let Some(data) = data(store, delivery)? else { return Ok(Some(Err(AttemptFault::NoRecord))) };
        let created = format!("{}Z", delivery.created);
        let event = Event { id: delivery.id.as_str(), kind: delivery.event.name(), created, data };
        // Texts and numbers always serialise.
        let body = serde_json::to_string(&event).unwrap_or_default();
        Ok(Some(Ok(Self { id: delivery.id.clone(), url, body, secrets })))
    }

    /// The header `webhook-signature`.
    pub(crate) fn signatures(&self, time: Timestamp) -> String {
        signatures(&self.secrets, &self.id, time, &self.body)
    }
}

#[derive(Serialize)]
struct Event<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    created: String,
    data: Data,
}

/// What happened; nothing of who bought or what. Amounts and times are texts as in invoices.
#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Invoice(InvoiceData),
    Record(RecordData),
    NonCompliant(NonCompliantData),
    Device(DeviceData),
    Alert(AlertData),
    Synced(SyncedData),
    Ping {},
}

#[derive(Serialize)]
struct DeviceData {
    outlet_id: String,
    device_id: String,
}

/// What needs someone on the way to the authority.
#[derive(Serialize)]
struct AlertData {
    #[serde(skip_serializing_if = "Option::is_none")]
    outlet_id: Option<String>,
    cause: String,
}

/// The authority's elements, as their record has them.
#[derive(Serialize)]
struct SyncedData {
    #[serde(flatten)]
    record: RecordData,
    #[serde(flatten)]
    elements: AuthorityElements,
}

#[derive(Serialize)]
struct NonCompliantData {
    outlet_id: String,
    device_id: String,
    epoch: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_number: Option<String>,
    causes: Vec<String>,
    timestamp: String,
}

#[derive(Serialize)]
struct InvoiceData {
    outlet_id: String,
    fiscal_number: String,
    invoice_seq: u64,
    epoch: u32,
    position: u64,
    device_id: String,
    timestamp: String,
    invoice_type: &'static str,
    total: String,
    total_vat: String,
    currency: String,
    auth_code: String,
    record_hash: String,
}

#[derive(Serialize)]
struct RecordData {
    outlet_id: String,
    epoch: u32,
    position: u64,
    device_id: String,
    timestamp: String,
    /// The business day that a closure closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    record_hash: String,
}

/// None when the record is not there any more, as after a backup was restored that does not have it.
fn data(store: &mut dyn LedgerStore, delivery: &Delivery) -> Result<Option<Data>, StoreFault> {
    match &delivery.about {
        Some(About::Device(outlet, device)) => {
            let data = DeviceData { outlet_id: outlet.to_string(), device_id: device.to_string() };
            return Ok(Some(Data::Device(data)));
        }
        Some(About::Alert(outlet, cause)) => {
            let outlet_id = outlet.as_ref().map(OutletId::to_string);
            return Ok(Some(Data::Alert(AlertData { outlet_id, cause: cause.to_string() })));
        }
        None => {}
    }
    let Some(place) = delivery.place else { return Ok(Some(Data::Ping {})) };
    let (Some(row), Some(outlet)) = (store.at(place)?, store.outlet(place.chain.outlet)?) else {
        return Ok(None);
    };
    of_record(&row, delivery.event, outlet.prefix).map(Some)
}

fn of_record(row: &Row, kind: EventKind, prefix: Prefix) -> Result<Data, StoreFault> {
    let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
    let record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
    let Header { device, outlet, epoch, time, subject, .. } = record.header;
    let told = if kind.is_of_submission() { Some(EventKind::InvoiceSealed) } else { Some(kind) };
    if EventKind::of_record(&subject, row.body.as_deref()) != told {
        return Err(corrupt(format!("it is no {}", kind.name())));
    }
    if let Some(flag) = row.body.as_deref().filter(|_| kind == EventKind::InvoiceNonCompliant) {
        let flag = NonCompliant::read(flag).ok_or_else(|| corrupt("it is no flag".to_owned()))?;
        return Ok(Data::NonCompliant(of_flag(flag, outlet, time, prefix)));
    }
    let position = record.link.position.value();
    let Some(facts) = record.header.invoice() else {
        let elements = row.body.as_deref().filter(|_| kind == EventKind::AuthoritySynced);
        let elements = elements.and_then(|body| AuthorityElements::read(body, prefix));
        let record = RecordData {
            outlet_id: outlet.to_string(),
            epoch: epoch.0,
            position,
            device_id: device.to_string(),
            timestamp: time.to_string(),
            period: row.body.as_deref().and_then(period),
            record_hash: record.hash().to_string(),
        };
        return Ok(match elements {
            Some(elements) => Data::Synced(SyncedData { record, elements }),
            None => Data::Record(record),
        });
    };
    Ok(Data::Invoice(InvoiceData {
        outlet_id: outlet.to_string(),
        fiscal_number: FiscalNumber { prefix, epoch, number: facts.number }.to_string(),
        invoice_seq: facts.number.value(),
        epoch: epoch.0,
        position,
        device_id: device.to_string(),
        timestamp: time.to_string(),
        invoice_type: facts.invoice_type.name(),
        total: facts.total.to_string(),
        total_vat: facts.vat.to_string(),
        currency: facts.currency.to_string(),
        auth_code: record.signature.auth_code().to_string(),
        record_hash: record.hash().to_string(),
    }))
}

/// What a record of the authority's elements says that a receiver needs.
#[derive(Serialize)]
struct AuthorityElements {
    fiscal_number: String,
    nim: String,
    code: String,
    source: String,
    test: bool,
}

impl AuthorityElements {
    fn read(body: &str, prefix: Prefix) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            epoch: u32,
            number: u64,
            nim: String,
            code: String,
            source: String,
            test: bool,
        }
        let Body { epoch, number, nim, code, source, test } = serde_json::from_str(body).ok()?;
        let number = InvoiceNumber::new(number)?;
        let fiscal_number = FiscalNumber { prefix, epoch: Epoch(epoch), number }.to_string();
        Some(Self { fiscal_number, nim, code, source, test })
    }
}

fn of_flag(flag: NonCompliant, outlet: OutletId, time: Timestamp, prefix: Prefix) -> NonCompliantData {
    let number = flag.number.and_then(InvoiceNumber::new);
    let number = number.map(|number| FiscalNumber { prefix, epoch: Epoch(flag.epoch), number });
    NonCompliantData {
        outlet_id: outlet.to_string(),
        device_id: flag.signer,
        epoch: flag.epoch,
        invoice_seq: flag.number,
        fiscal_number: number.map(|number| number.to_string()),
        causes: flag.causes,
        timestamp: time.to_string(),
    }
}

fn period(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Closure {
        period: String,
    }
    serde_json::from_str::<Closure>(body).ok().map(|closure| closure.period)
}
