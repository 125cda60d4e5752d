//! Between rows and values. What cannot be read was not written by this program.

use std::{fmt::Display, str::FromStr};

use fiscal::{DeviceId, Epoch, OutletId, Position, Timestamp};
use ledger::{Cell, ChainId, Place, StoreFault};

use crate::{About, Attempt, AttemptFault, Delivery, DeliveryId, DeliveryState, EventKind, News, Webhook};

/// The columns of [`webhook`].
macro_rules! webhook_columns {
    () => {
        "id, merchant, outlet, url, events, created, stopped"
    };
}
pub(super) use webhook_columns;

/// The columns of [`delivery`].
macro_rules! delivery_columns {
    () => {
        "id, webhook, event, outlet, epoch, signer, position, created, state, due, attempts"
    };
}
pub(super) use delivery_columns;

/// A delivery whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) delivery: Delivery,
    /// How often it failed in a row.
    pub(crate) failures: u64,
}

pub(super) fn cell(value: &impl Display) -> Cell {
    Cell::Text(value.to_string())
}

pub(super) fn number(value: u64) -> Cell {
    Cell::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(super) fn seconds(time: Timestamp) -> Cell {
    number(time.unix())
}

/// The cells of what no record says: without a position, the column of the signer names a device or a cause.
pub(super) fn news_cells(news: &News) -> [Cell; 4] {
    match news {
        News::Device(_, outlet, device) => [cell(outlet), Cell::Null, cell(device), Cell::Null],
        News::Submission(_, place) => place_cells(Some(place)),
        News::Alert(cause, outlet) => {
            [outlet.as_ref().map_or(Cell::Null, cell), Cell::Null, cell(cause), Cell::Null]
        }
    }
}

/// The cells of a place, in the order of columns; a ping has none.
pub(super) fn place_cells(place: Option<&Place>) -> [Cell; 4] {
    let Some(Place { chain, position }) = place else { return [const { Cell::Null }; 4] };
    [cell(&chain.outlet), number(chain.epoch.0.into()), cell(&chain.signer), number(position.value())]
}

pub(super) fn webhook(row: &[Cell]) -> Result<Webhook, StoreFault> {
    let read = || {
        let [id, merchant, outlet, url, events, created, stopped] = row else { return None };
        Some(Webhook {
            id: parsed(id)?,
            merchant: parsed(merchant)?,
            outlet: optional(outlet, parsed)?,
            url: parsed(url)?,
            events: parsed(events)?,
            created: time(created)?,
            stopped: optional(stopped, time)?,
        })
    };
    read().ok_or_else(|| corrupt("webhooks"))
}

pub(super) fn delivery(row: &[Cell]) -> Result<Delivery, StoreFault> {
    let read = || {
        let [id, webhook, event, outlet, epoch, signer, position, created, state, due, attempts] = row else {
            return None;
        };
        let place = match position {
            Cell::Null => None,
            position => Some(Place {
                chain: chain(outlet, epoch, signer)?,
                position: Position::new(count(position)?)?,
            }),
        };
        let event = parsed::<EventKind>(event)?;
        let about = match event {
            _ if place.is_some() => None,
            event if event.is_of_device() => Some(About::Device(parsed(outlet)?, parsed(signer)?)),
            EventKind::AuthorityAlert => Some(About::Alert(optional(outlet, parsed)?, parsed(signer)?)),
            _ => None,
        };
        let state = DeliveryState::of_name(state.text()?)?;
        let next = Timestamp::from_unix(count(due)?.div_ceil(1_000))?;
        Some(Delivery {
            id: parsed(id)?,
            webhook: parsed(webhook)?,
            event,
            place,
            about,
            created: time(created)?,
            state,
            next: (state == DeliveryState::Waiting).then_some(next),
            attempts: count(attempts)?,
        })
    };
    read().ok_or_else(|| corrupt("webhook_deliveries"))
}

/// A delivery and, after it, its failures.
pub(super) fn due(row: &[Cell]) -> Result<Due, StoreFault> {
    let (failures, delivery_row) = row.split_last().ok_or_else(|| corrupt("webhook_deliveries"))?;
    let failures = count(failures).ok_or_else(|| corrupt("webhook_deliveries"))?;
    Ok(Due { delivery: delivery(delivery_row)?, failures })
}

/// `number, time, took, status, fault`
pub(super) fn attempt(row: &[Cell]) -> Result<Attempt, StoreFault> {
    let read = || {
        let [number, began, took, status, fault] = row else { return None };
        let result = match (status, fault) {
            (Cell::Null, fault) => Err(AttemptFault::of_name(fault.text()?)?),
            (status, _) => Ok(u16::try_from(count(status)?).ok()?),
        };
        Some(Attempt { number: count(number)?, time: time(began)?, milliseconds: count(took)?, result })
    };
    read().ok_or_else(|| corrupt("webhook_attempts"))
}

/// `outlet, epoch, signer, position`; position 0 is before the first record.
pub(super) fn cursor(row: &[Cell]) -> Result<(ChainId, u64), StoreFault> {
    let read = || {
        let [outlet, epoch, signer, position] = row else { return None };
        Some((chain(outlet, epoch, signer)?, count(position)?))
    };
    read().ok_or_else(|| corrupt("webhook_cursors"))
}

pub(super) fn delivery_id(row: &[Cell]) -> Result<DeliveryId, StoreFault> {
    row.first().and_then(parsed).ok_or_else(|| corrupt("webhook_deliveries"))
}

pub(super) fn corrupt(table: &str) -> StoreFault {
    StoreFault::Corrupt(format!("a row of the table {table}"))
}

fn chain(outlet: &Cell, epoch: &Cell, signer: &Cell) -> Option<ChainId> {
    let epoch = Epoch(u32::try_from(count(epoch)?).ok()?);
    Some(ChainId { outlet: parsed::<OutletId>(outlet)?, epoch, signer: parsed::<DeviceId>(signer)? })
}

pub(super) fn parsed<T: FromStr>(cell: &Cell) -> Option<T> {
    cell.text()?.parse().ok()
}

pub(super) fn count(cell: &Cell) -> Option<u64> {
    u64::try_from(cell.integer()?).ok()
}

fn time(cell: &Cell) -> Option<Timestamp> {
    Timestamp::from_unix(count(cell)?)
}

/// None is a value; what cannot be read is not.
fn optional<T>(cell: &Cell, read: impl FnOnce(&Cell) -> Option<T>) -> Option<Option<T>> {
    if *cell == Cell::Null { Some(None) } else { read(cell).map(Some) }
}
