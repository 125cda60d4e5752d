//! What the records that are no invoices say, and what follows from each.

use def_protocol::{
    Base64Url,
    members::{
        Member::{Flag, Number, Text},
        some_members,
    },
    reply::{ClockState, Displayed},
    token::{Acknowledgement, Activation, Body, HandOver, NewState, Newest, Reset, StateChange, Unverified},
};
use fiscal::{EventKind, HeadState, InvoiceNumber, Record, RecordHash, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Acknowledged, Binding, Command, Ended, Order, State, notes::Notes};
use crate::journal::{ChainPoint, Place};

/// The bodies, as the device writes them.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum EventBody<'a> {
    /// It was bound to an outlet.
    Provisioned { activation: &'a str, public_key: Displayed<Base64Url<'a>>, firmware_version: &'a str },
    /// The power came.
    Boot { firmware_version: &'a str, clock: ClockState },
    /// Something was interrupted, and this was decided about it.
    Recovery {
        decision: &'static str,
        /// The newest record's counter.
        counter_before: u64,
        /// What the secure element had counted to.
        counter_found: u64,
        /// The counts between, which no record has.
        skipped: u64,
        /// Where the records before this one end on the flash.
        sector: u32,
        offset: u32,
    },
    /// The clock was set.
    TimeSet { before: Option<Displayed<Timestamp>>, after: Displayed<Timestamp>, back: bool },
    /// Tax groups were installed.
    Manifest { token: &'a str },
    /// The device was revoked or decommissioned.
    State { token: &'a str },
    /// The ledger holds everything up to here.
    Acknowledgement { token: &'a str, invoices: u64, cdf: Displayed<u128> },
    /// The device took over.
    HandOver {
        token: &'a str,
        /// The device's own newest record: the link names the other signer's.
        own_previous: Displayed<RecordHash>,
    },
    /// The device leaves.
    Close { token: &'a str, last_number: u64, head: Displayed<RecordHash> },
    /// A new epoch begins, with all that the erased records said.
    Epoch {
        token: &'a str,
        activation: &'a str,
        manifest: Option<&'a str>,
        previous_epoch: u32,
        previous_number: u64,
        previous_hash: Displayed<RecordHash>,
        /// Counts without a record that no closure stated yet.
        skipped: u64,
        /// Said only when another signer holds the outlet's line.
        #[serde(skip_serializing_if = "Option::is_none")]
        handed_over: Option<bool>,
    },
    /// The journal was read from its beginning.
    Export { format: &'static str, from: u64, to: u64 },
}

/// What is read of a body again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told<'a> {
    pub(crate) token: Option<&'a str>,
    pub(crate) activation: Option<&'a str>,
    pub(crate) manifest: Option<&'a str>,
    skipped: Option<u64>,
    invoices: Option<u64>,
    cdf: Option<&'a str>,
    own_previous: Option<&'a str>,
    handed_over: bool,
}

impl<'a> Told<'a> {
    /// What a body will say that has this order's token.
    pub(crate) fn with_token(token: &'a str) -> Self {
        Self { token: Some(token), ..Self::default() }
    }

    /// What a body will say that has this activation code.
    pub(crate) fn with_activation(activation: &'a str) -> Self {
        Self { activation: Some(activation), ..Self::default() }
    }

    pub(crate) fn read(body: &'a str) -> Option<Self> {
        let wanted = [
            Text("token"),
            Text("activation"),
            Text("manifest"),
            Number("skipped"),
            Number("invoices"),
            Text("cdf"),
            Text("own_previous"),
            Flag("handed_over"),
        ];
        let [token, activation, manifest, skipped, invoices, cdf, own_previous, handed_over] =
            some_members(body.as_bytes(), wanted)?;
        Some(Self {
            token: token.plain(),
            activation: activation.plain(),
            manifest: manifest.plain(),
            skipped: skipped.number(),
            invoices: invoices.number(),
            cdf: cdf.plain(),
            own_previous: own_previous.plain(),
            handed_over: handed_over.flag().unwrap_or(false),
        })
    }

    /// What the order's token says. It was verified before the record was sealed.
    fn order<'b, B: Body<'b>>(&self, buffer: &'b mut [u8]) -> Result<B, &'static str> {
        let token = self.token.ok_or("the body has no token")?;
        recorded(token, buffer)
    }

    /// The point from which a record goes on that opens a line of numbers or takes one over.
    pub(crate) fn opened(&self, kind: EventKind, point: &ChainPoint) -> Result<ChainPoint, &'static str> {
        let head = point.head;
        match kind {
            EventKind::Provisioned => {
                let token = self.activation.ok_or("the body has no activation code")?;
                let activation: Activation = recorded(token, &mut [0; Activation::MAX_BYTES])?;
                let first = activation.first_number;
                let number = first.and_then(|first| InvoiceNumber::new(first.value() - 1));
                Ok(ChainPoint { epoch: activation.epoch, head: HeadState { number, ..head }, ..*point })
            }
            EventKind::Epoch => {
                let mut buffer = [0; Reset::MAX_BYTES];
                let token = self.token.ok_or("the body has no token")?;
                let token = Unverified::<Reset>::from_text(token, &mut buffer);
                let token = token.map_err(|_| "the token cannot be read")?.recorded();
                let time = token.scope().not_before;
                Ok(ChainPoint {
                    epoch: token.body().epoch,
                    head: HeadState { time, ..head.in_new_epoch() },
                    ..*point
                })
            }
            _ => match self.order(&mut [0; HandOver::MAX_BYTES])? {
                HandOver::Enter { next_number, previous, floor, .. } => {
                    // Records from before this member was do not say it.
                    if self.own_previous.is_some_and(|own| RecordHash::from_hex(own) != Some(head.hash)) {
                        return Err("the record does not follow the one before");
                    }
                    let number = InvoiceNumber::new(next_number.value() - 1);
                    let theirs = HeadState { number, hash: previous, time: floor.max(head.time), ..head };
                    Ok(ChainPoint { head: theirs.handed_over(head.position), ..*point })
                }
                HandOver::Leave { .. } => Err("the token is for leaving"),
            },
        }
    }

    /// The outlet that the activation code names.
    pub(crate) fn binding(&self, place: Place) -> Result<Binding, &'static str> {
        let token = self.activation.ok_or("the body has no activation code")?;
        Ok(Binding { activation: recorded(token, &mut [0; Activation::MAX_BYTES])?, place })
    }
}

impl State {
    /// A record that is no invoice was sealed. What its body says of tokens was verified before it was sealed; a body
    /// that cannot be read is a record that was not written by this device.
    pub(crate) fn sealed_event(
        &mut self,
        record: &Record,
        kind: EventKind,
        body: &str,
        place: Place,
    ) -> Result<(), &'static str> {
        self.advance(record);
        let told = Told::read(body).ok_or("the body cannot be read")?;
        match kind {
            EventKind::Closure => self.last_closure = Some(place),
            EventKind::Provisioned => self.provisioned(&told, place)?,
            EventKind::Epoch => self.epoch_opened(record, &told, place)?,
            EventKind::HandOver | EventKind::Close => {
                self.handed_over = kind == EventKind::Close;
                self.handed_at = record.header.time;
            }
            EventKind::Acknowledgement => self.acknowledged(&told)?,
            EventKind::Manifest => self.manifest = Some(place),
            EventKind::State => self.state_changed(&told)?,
            EventKind::Export => self.exported = self.point.invoices,
            _ => {}
        }
        self.remember_order(kind, &told, place);
        let (skipped, zone) = (told.skipped.unwrap_or(0), self.zone());
        self.counted.event(&record.header, &record.link, kind, skipped, zone);
        Ok(())
    }

    fn provisioned(&mut self, told: &Told<'_>, place: Place) -> Result<(), &'static str> {
        let binding = told.binding(place)?;
        self.handed_over = binding.activation.first_number.is_none();
        self.binding = Some(binding);
        self.epoch_began = self.point.head.time;
        Ok(())
    }

    /// What the records before said is gone, but for the end of the chain and the last invoices.
    fn epoch_opened(&mut self, record: &Record, told: &Told<'_>, place: Place) -> Result<(), &'static str> {
        let reset: Reset = told.order(&mut [0; Reset::MAX_BYTES])?;
        let ChainPoint { invoices, cdf, .. } = self.point;
        let time = record.header.time;
        self.acknowledged = reset.newest.map(|Newest { epoch, number, hash }| Acknowledged {
            epoch,
            number,
            hash,
            time,
            invoices,
            cdf,
        });
        // Where there was nothing to name, all before had been acknowledged as well.
        self.sealed_before_epoch = (invoices, cdf);
        self.acknowledged_on_record = self.acknowledged;
        self.newest = None;
        self.binding = Some(told.binding(place)?);
        self.manifest = told.manifest.map(|_| place);
        self.exported = invoices;
        self.epoch_began = time;
        self.handed_over = told.handed_over;
        // An order of before names an epoch of before.
        self.handed_at = Timestamp::EARLIEST;
        self.notes = Notes::NONE;
        self.orders = [None; Command::COUNT];
        self.last_closure = None;
        Ok(())
    }

    fn acknowledged(&mut self, told: &Told<'_>) -> Result<(), &'static str> {
        let Acknowledgement { newest: Newest { epoch, number, hash }, time, revoke } =
            told.order(&mut [0; Acknowledgement::MAX_BYTES])?;
        let cdf = told.cdf.and_then(|cdf| cdf.parse().ok()).ok_or("the body has no sum")?;
        let invoices = told.invoices.ok_or("the body has no count")?;
        self.acknowledged = Some(Acknowledged { epoch, number, hash, time, invoices, cdf });
        self.acknowledged_on_record = self.acknowledged;
        if revoke {
            self.ended = self.ended.or(Some(Ended::Revoked));
        }
        Ok(())
    }

    fn state_changed(&mut self, told: &Told<'_>) -> Result<(), &'static str> {
        let mut buffer = [0; StateChange::MAX_BYTES];
        let change: StateChange<'_> = told.order(&mut buffer)?;
        self.ended = Some(match change.state {
            NewState::Decommissioned => Ended::Decommissioned,
            NewState::Revoked => self.ended.unwrap_or(Ended::Revoked),
        });
        Ok(())
    }

    fn remember_order(&mut self, kind: EventKind, told: &Told<'_>, place: Place) {
        let (command, token) = match kind {
            EventKind::Provisioned => (Command::Initialise, told.activation),
            EventKind::Epoch => (Command::Reset, told.token),
            EventKind::HandOver | EventKind::Close => (Command::HandOver, told.token),
            EventKind::Acknowledgement => (Command::Acknowledge, told.token),
            EventKind::Manifest => (Command::Manifest, told.token),
            EventKind::State => (Command::State, told.token),
            _ => return,
        };
        if let Some(token) = token {
            self.orders[command as usize] = Some(Order { digest: order_digest(token), place });
        }
    }
}

fn recorded<'b, B: Body<'b>>(token: &str, buffer: &'b mut [u8]) -> Result<B, &'static str> {
    let token = Unverified::<B>::from_text(token, buffer).map_err(|_| "the token cannot be read")?;
    Ok(token.recorded().into_body())
}

/// What tells one order from another.
pub(crate) fn order_digest(token: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(token)[..16]);
    digest
}

#[cfg(test)]
mod tests {
    use std::{
        format,
        string::{String, ToString},
        vec::Vec,
    };

    use fiscal::{Epoch, Position};

    use super::*;

    const THEIRS: RecordHash = RecordHash([7; 32]);
    const OWN: RecordHash = RecordHash([0xA1; 32]);

    /// An order to enter epoch 0 at number 58, which a record holds: its signature was verified before.
    fn enter() -> String {
        let mut bytes: Vec<u8> = [1, b'D', 4, 10].into();
        bytes.extend(b"DEF-000001");
        bytes.extend([[0; 8], [0, 0, 0, 0, 0x69, 0xFF, 0xFF, 0xFF]].concat());
        bytes.extend([2, 0, 0, 0, 0]);
        bytes.extend(58_u64.to_be_bytes());
        bytes.extend(THEIRS.0);
        bytes.extend(0x69B5_0B20_u64.to_be_bytes());
        bytes.extend([1; 64]);
        Base64Url(&bytes).to_string()
    }

    fn point() -> ChainPoint {
        let head = HeadState { position: Position::new(2), hash: OWN, ..HeadState::START };
        ChainPoint { epoch: Epoch(0), head, ..ChainPoint::START }
    }

    fn opened(body: &str) -> Result<ChainPoint, &'static str> {
        Told::read(body).expect("a body").opened(EventKind::HandOver, &point())
    }

    #[test]
    fn a_hand_over_goes_on_where_the_other_signer_ended() {
        let body = format!(r#"{{"event":"hand_over","token":"{}","own_previous":"{OWN}"}}"#, enter());
        let head = opened(&body).expect("the line goes on").head;
        assert_eq!(
            (head.hash, head.number, head.position),
            (THEIRS, InvoiceNumber::new(57), Position::new(2))
        );
    }

    #[test]
    fn one_that_names_another_own_record_than_the_one_before_is_none() {
        for other in ["00".repeat(32), String::new(), "0".into()] {
            let body = format!(r#"{{"event":"hand_over","token":"{}","own_previous":"{other}"}}"#, enter());
            assert_eq!(opened(&body).expect_err("another"), "the record does not follow the one before");
        }
    }

    #[test]
    fn one_of_an_older_engine_names_none() {
        let body = format!(r#"{{"event":"hand_over","token":"{}"}}"#, enter());
        assert_eq!(opened(&body).expect("the line goes on").head.hash, THEIRS);
    }

    #[test]
    fn an_epoch_says_when_another_signer_holds_its_line() {
        let told = |body| Told::read(body).expect("a body").handed_over;
        assert!(told(r#"{"event":"epoch","skipped":0,"handed_over":true}"#));
        assert!(!told(r#"{"event":"epoch","skipped":0,"handed_over":false}"#));
        assert!(!told(r#"{"event":"epoch","skipped":0}"#));
        assert!(Told::read(r#"{"event":"epoch","handed_over":1}"#).is_none());
    }
}
