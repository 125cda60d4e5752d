use std::{fmt, str::FromStr};

use fiscal::{EventKind as RecordKind, Subject};

/// What a webhook can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// An invoice was sealed, by the ledger or by a device whose records have arrived.
    InvoiceSealed,
    /// A business day was closed (Z, D12).
    ReportClosed,
    /// A new line of numbers began (D9).
    EpochOpened,
    /// Somebody tries the webhook. Every webhook is told, and none asks for it.
    Ping,
}

impl EventKind {
    /// Those that a webhook may ask for.
    pub const ASKED: [Self; 3] = [Self::InvoiceSealed, Self::ReportClosed, Self::EpochOpened];

    /// Its name, the member `type` of what is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvoiceSealed => "invoice.sealed",
            Self::ReportClosed => "report.closed",
            Self::EpochOpened => "epoch.opened",
            Self::Ping => "webhook.ping",
        }
    }

    /// What a record is to a webhook; most records that are no invoices are nothing to it.
    pub const fn of(subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Invoice(_) => Some(Self::InvoiceSealed),
            Subject::Event(RecordKind::Closure) => Some(Self::ReportClosed),
            Subject::Event(RecordKind::Epoch) => Some(Self::EpochOpened),
            Subject::Event(_) => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Why a text names no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// There is no such event.
    #[error("there is no such event: choose among invoice.sealed, report.closed and epoch.opened")]
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
pub struct Events(u8);

impl Events {
    /// All of them.
    pub const ALL: Self =
        Self(EventKind::InvoiceSealed.bit() | EventKind::ReportClosed.bit() | EventKind::EpochOpened.bit());

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
        assert_eq!(Events::ALL.to_string(), "invoice.sealed report.closed epoch.opened");
        for text in
            ["invoice.sealed", "report.closed epoch.opened", "invoice.sealed report.closed epoch.opened"]
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
    fn records_that_nobody_is_told_of_are_no_events() {
        let told = RecordKind::ALL.iter().filter(|kind| EventKind::of(&Subject::Event(**kind)).is_some());
        assert_eq!(told.copied().collect::<Vec<_>>(), [RecordKind::Closure, RecordKind::Epoch]);
    }
}
