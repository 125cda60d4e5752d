use std::{fmt, str::FromStr};

use fiscal::{EventKind as RecordKind, Subject};
use serde::Deserialize;

/// What a webhook can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// An invoice was sealed, by the ledger or by a device whose records have arrived.
    InvoiceSealed,
    /// A business day was closed (Z, D12).
    ReportClosed,
    /// A new line of numbers began (D9).
    EpochOpened,
    /// An invoice that a device delivered is in the ledger and does not keep the rules (L6).
    InvoiceNonCompliant,
    /// A device that seals for an outlet cannot be reached.
    DeviceOffline,
    /// It can again.
    DeviceOnline,
    /// A device, or its proxy, says that it will need someone soon.
    DeviceWarning,
    /// A device's certificate ends within 30 days.
    CertificateExpiring,
    /// The tax authority's elements of an invoice are in the ledger (A1).
    AuthoritySynced,
    /// The authority refuses an invoice, or it is not fit to be sent.
    AuthorityFailed,
    /// Nobody knows whether the authority finalised an invoice: a person has to say.
    AuthorityAmbiguous,
    /// The authority computes other amounts, and the invoice was cancelled there.
    AuthorityDiffers,
    /// Something on the way to the authority needs someone: a token that ends, an outlet without a machine.
    AuthorityAlert,
    /// Somebody tries the webhook. Every webhook is told, and none asks for it.
    Ping,
}

impl EventKind {
    /// Those that a webhook may ask for.
    pub const ASKED: [Self; 13] = [
        Self::InvoiceSealed,
        Self::ReportClosed,
        Self::EpochOpened,
        Self::InvoiceNonCompliant,
        Self::DeviceOffline,
        Self::DeviceOnline,
        Self::DeviceWarning,
        Self::CertificateExpiring,
        Self::AuthoritySynced,
        Self::AuthorityFailed,
        Self::AuthorityAmbiguous,
        Self::AuthorityDiffers,
        Self::AuthorityAlert,
    ];

    /// Its name, the member `type` of what is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvoiceSealed => "invoice.sealed",
            Self::ReportClosed => "report.closed",
            Self::EpochOpened => "epoch.opened",
            Self::InvoiceNonCompliant => "invoice.non_compliant",
            Self::DeviceOffline => "device.offline",
            Self::DeviceOnline => "device.online",
            Self::DeviceWarning => "device.warning",
            Self::CertificateExpiring => "certificate.expiring",
            Self::AuthoritySynced => "authority.synced",
            Self::AuthorityFailed => "authority.failed",
            Self::AuthorityAmbiguous => "authority.ambiguous",
            Self::AuthorityDiffers => "authority.differs",
            Self::AuthorityAlert => "authority.alert",
            Self::Ping => "webhook.ping",
        }
    }

    /// What a record is to a webhook; most records that are no invoices are nothing to it.
    pub const fn of(subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Invoice(_) => Some(Self::InvoiceSealed),
            Subject::Event(RecordKind::Closure) => Some(Self::ReportClosed),
            Subject::Event(RecordKind::Epoch) => Some(Self::EpochOpened),
            Subject::Event(RecordKind::Authority) => Some(Self::AuthoritySynced),
            Subject::Event(_) => None,
        }
    }

    /// The same of a record with its body: a flag says in it what it is about.
    pub(crate) fn of_record(subject: &Subject, body: Option<&str>) -> Option<Self> {
        match subject {
            Subject::Event(RecordKind::Flag) => {
                body.and_then(NonCompliant::read).map(|_| Self::InvoiceNonCompliant)
            }
            subject => Self::of(subject),
        }
    }

    /// Whether it is about a device, and no record says it.
    pub(crate) const fn is_of_device(self) -> bool {
        matches!(
            self,
            Self::DeviceOffline | Self::DeviceOnline | Self::DeviceWarning | Self::CertificateExpiring
        )
    }

    /// Whether it is about an invoice, and no record says it: what becomes of one at the authority is no act of the ledger's.
    pub(crate) const fn is_of_submission(self) -> bool {
        matches!(self, Self::AuthorityFailed | Self::AuthorityAmbiguous | Self::AuthorityDiffers)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A flag over an invoice that does not keep the rules.
#[derive(Debug, Deserialize)]
pub(crate) struct NonCompliant {
    reason: String,
    pub(crate) signer: String,
    pub(crate) epoch: u32,
    pub(crate) number: Option<u64>,
    #[serde(default)]
    pub(crate) causes: Vec<String>,
}

impl NonCompliant {
    /// Of a flag's body, if that is what it says.
    pub(crate) fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok().filter(|flag: &Self| flag.reason == "non_compliant")
    }
}

/// Why a text names no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// There is no such event.
    #[error(
        "there is no such event: choose among invoice.sealed, report.closed, epoch.opened, invoice.non_compliant, \
         device.offline, device.online, device.warning, certificate.expiring, authority.synced, authority.failed, \
         authority.ambiguous, authority.differs and authority.alert"
    )]
    Unknown,
    /// There is none.
    #[error("a webhook is told something: name at least one event")]
    None,
}

impl FromStr for EventKind {
    type Err = EventFault;

    fn from_str(text: &str) -> Result<Self, EventFault> {
        let all = Self::ASKED.into_iter().chain([Self::Ping]);
        all.into_iter().find(|kind| kind.name() == text).ok_or(EventFault::Unknown)
    }
}

/// The events that a webhook asks for: at least one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Events(u16);

impl Events {
    /// All of them.
    pub const ALL: Self = {
        let (mut bits, mut index) = (0, 0);
        while index < EventKind::ASKED.len() {
            bits |= EventKind::ASKED[index].bit();
            index += 1;
        }
        Self(bits)
    };

    /// Of a list; a ping cannot be asked for.
    pub fn of(list: impl IntoIterator<Item = EventKind>) -> Result<Self, EventFault> {
        let bits = list.into_iter().fold(0, |bits, kind| bits | kind.bit());
        match bits {
            0 => Err(EventFault::None),
            bits if bits & !Self::ALL.0 != 0 => Err(EventFault::Unknown),
            bits => Ok(Self(bits)),
        }
    }

    /// Whether one is among them.
    pub const fn has(self, kind: EventKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// In their order.
    pub fn iter(self) -> impl Iterator<Item = EventKind> {
        EventKind::ASKED.into_iter().filter(move |kind| self.has(*kind))
    }
}

/// As it is stored: names with spaces between.
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " " }, kind.name())?;
        }
        Ok(())
    }
}

impl FromStr for Events {
    type Err = EventFault;

    fn from_str(text: &str) -> Result<Self, EventFault> {
        Self::of(text.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>()?)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(EventKind::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_are_written() {
        let all = EventKind::ASKED.map(EventKind::name).join(" ");
        assert_eq!(Events::ALL.to_string(), all);
        for text in
            ["invoice.sealed", "report.closed epoch.opened", "device.offline certificate.expiring", &all]
        {
            assert_eq!(text.parse::<Events>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_an_unknown_event_and_a_ping_cannot_be_asked_for() {
        assert_eq!("".parse::<Events>(), Err(EventFault::None));
        assert_eq!("invoice.sealed invoice.sold".parse::<Events>(), Err(EventFault::Unknown));
        assert_eq!("webhook.ping".parse::<Events>(), Err(EventFault::Unknown));
    }

    #[test]
    fn a_flag_is_told_when_it_is_over_an_invoice_that_breaks_the_rules() {
        let flag = Subject::Event(RecordKind::Flag);
        let body = r#"{"reason":"non_compliant","signer":"DEF-1","epoch":0,"position":4,"number":2,"causes":["time"]}"#;
        assert_eq!(EventKind::of_record(&flag, Some(body)), Some(EventKind::InvoiceNonCompliant));
        assert_eq!(EventKind::of_record(&flag, Some(r#"{"reason":"duplicate"}"#)), None);
        assert_eq!(EventKind::of_record(&flag, None), None);
    }

    #[test]
    fn records_that_nobody_is_told_of_are_no_events() {
        let told = RecordKind::ALL.iter().filter(|kind| EventKind::of(&Subject::Event(**kind)).is_some());
        assert_eq!(
            told.copied().collect::<Vec<_>>(),
            [RecordKind::Closure, RecordKind::Epoch, RecordKind::Authority]
        );
    }
}
