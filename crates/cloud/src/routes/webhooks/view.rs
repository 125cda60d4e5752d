use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use webhooks::{EventKind, Webhook, WebhookSecret};

/// Who is told of what.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(example = "whk_0123456789abcdefghjk")]
    webhook_id: String,
    /// Whose it is.
    #[schema(example = "mer_0123456789abcdefghjk")]
    merchant_id: String,
    /// The only outlet of which it is told, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// Where events are sent.
    #[schema(example = "https://erp.example.cd/stelala")]
    url: String,
    /// Which events.
    events: Vec<EventName>,
    /// When it was made.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// Whether it is told nothing any more.
    stopped: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    stopped_at: Option<String>,
}

/// A webhook and its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeWebhook {
    webhook: WebhookView,
    /// With which its requests are signed, as in the Standard Webhooks specification. It is shown this once.
    #[schema(example = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    secret: String,
}

/// What a webhook can be told.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookEvent)]
pub(crate) enum EventName {
    /// An invoice was sealed.
    #[serde(rename = "invoice.sealed")]
    InvoiceSealed,
    /// A business day was closed.
    #[serde(rename = "report.closed")]
    ReportClosed,
    /// A new line of fiscal numbers began.
    #[serde(rename = "epoch.opened")]
    EpochOpened,
    /// An invoice that a device delivered breaks a rule.
    #[serde(rename = "invoice.non_compliant")]
    InvoiceNonCompliant,
    /// A device that seals for an outlet cannot be reached.
    #[serde(rename = "device.offline")]
    DeviceOffline,
    /// It can again.
    #[serde(rename = "device.online")]
    DeviceOnline,
    /// A device will need someone soon.
    #[serde(rename = "device.warning")]
    DeviceWarning,
    /// A device's certificate ends within 30 days.
    #[serde(rename = "certificate.expiring")]
    CertificateExpiring,
    /// The tax authority's elements of an invoice are in the ledger.
    #[serde(rename = "authority.synced")]
    AuthoritySynced,
    /// The authority refuses an invoice, or it is not fit to be sent.
    #[serde(rename = "authority.failed")]
    AuthorityFailed,
    /// Nobody knows whether the authority finalised an invoice.
    #[serde(rename = "authority.ambiguous")]
    AuthorityAmbiguous,
    /// The authority computes other amounts than the invoice has.
    #[serde(rename = "authority.differs")]
    AuthorityDiffers,
    /// Something on the way to the authority needs someone.
    #[serde(rename = "authority.alert")]
    AuthorityAlert,
}

impl EventName {
    /// None of a ping, for which nobody asks.
    const fn of(kind: EventKind) -> Option<Self> {
        match kind {
            EventKind::InvoiceSealed => Some(Self::InvoiceSealed),
            EventKind::ReportClosed => Some(Self::ReportClosed),
            EventKind::EpochOpened => Some(Self::EpochOpened),
            EventKind::InvoiceNonCompliant => Some(Self::InvoiceNonCompliant),
            EventKind::DeviceOffline => Some(Self::DeviceOffline),
            EventKind::DeviceOnline => Some(Self::DeviceOnline),
            EventKind::DeviceWarning => Some(Self::DeviceWarning),
            EventKind::CertificateExpiring => Some(Self::CertificateExpiring),
            EventKind::AuthoritySynced => Some(Self::AuthoritySynced),
            EventKind::AuthorityFailed => Some(Self::AuthorityFailed),
            EventKind::AuthorityAmbiguous => Some(Self::AuthorityAmbiguous),
            EventKind::AuthorityDiffers => Some(Self::AuthorityDiffers),
            EventKind::AuthorityAlert => Some(Self::AuthorityAlert),
            EventKind::Ping => None,
        }
    }
}

impl From<EventName> for EventKind {
    fn from(name: EventName) -> Self {
        match name {
            EventName::InvoiceSealed => Self::InvoiceSealed,
            EventName::ReportClosed => Self::ReportClosed,
            EventName::EpochOpened => Self::EpochOpened,
            EventName::InvoiceNonCompliant => Self::InvoiceNonCompliant,
            EventName::DeviceOffline => Self::DeviceOffline,
            EventName::DeviceOnline => Self::DeviceOnline,
            EventName::DeviceWarning => Self::DeviceWarning,
            EventName::CertificateExpiring => Self::CertificateExpiring,
            EventName::AuthoritySynced => Self::AuthoritySynced,
            EventName::AuthorityFailed => Self::AuthorityFailed,
            EventName::AuthorityAmbiguous => Self::AuthorityAmbiguous,
            EventName::AuthorityDiffers => Self::AuthorityDiffers,
            EventName::AuthorityAlert => Self::AuthorityAlert,
        }
    }
}

impl From<&Webhook> for WebhookView {
    fn from(webhook: &Webhook) -> Self {
        let Webhook { id, merchant, outlet, url, events, created, stopped } = webhook;
        Self {
            webhook_id: id.to_string(),
            merchant_id: merchant.to_string(),
            outlet_id: outlet.map(|outlet| outlet.to_string()),
            url: url.to_string(),
            events: events.iter().filter_map(EventName::of).collect(),
            created: format!("{created}Z"),
            stopped: stopped.is_some(),
            stopped_at: stopped.map(|stopped| format!("{stopped}Z")),
        }
    }
}

impl MadeWebhook {
    pub(super) fn new(webhook: &Webhook, secret: &WebhookSecret) -> Self {
        Self { webhook: webhook.into(), secret: secret.reveal() }
    }
}
