//! The steps of a switch: the cloud leaves a line or takes it back, a device enters or leaves.

use std::{sync::Arc, time::Duration};

use fiscal::{DeviceId, Epoch, OutletId, Timestamp};
use ledger::{By, CloseTerms, Holder, Line, Refusal};
use pki::{EnterTerms, Operator, PkiFault};
use tokio::time::sleep;
use tunnel::{OrderCommand, Outcome};

use super::{
    Devices, Link,
    decide::Seen,
    grants, health,
    readiness::{asked, ready},
    switch::line_of,
};
use crate::{app::App, problem::Problem};

/// So long what a device sealed may take to arrive.
const DELIVERY: Duration = Duration::from_secs(30);
/// An order that a device's clock finds too early is given again, so often.
const ORDERS: usize = 4;
const BETWEEN: Duration = Duration::from_millis(1_100);

/// The cloud closes its line, and whether it does. The device is looked at once more: nothing is given to one that could
/// not go on.
pub(super) async fn give(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
    line: &Line,
    by: &By,
) -> Result<bool, Problem> {
    let now = match asked(app, devices, device).await {
        Ok((_, status)) => ready(outlet, line, &status),
        Err(problem) => Err(problem),
    };
    if let Err(problem) = now {
        let detail = problem.detail(crate::Language::English);
        tracing::info!(%outlet, %device, detail, "the line waits for its device");
        return Ok(false);
    }
    let by = by.clone();
    app.consult(move |ledger| ledger.leave(outlet, device, Some(by))).await?;
    Ok(true)
}

/// Has a device that stands by enter, or takes the line back from it; whether one of the two came to pass.
///
/// A close is entered once. A device that entered, left, and entered again by another order over the same close would give
/// numbers that the ledger gives again. So all that it has is looked at first: only when the ledger holds that, and no
/// entry among it, it has not entered yet. One that has left already gives the line back.
pub(super) async fn enter_once(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
    by: &By,
) -> Result<bool, Problem> {
    if !delivered(app, devices, device).await {
        return Ok(false);
    }
    let line = line_of(app, outlet).await?;
    if line.holder != Holder::Device(device) {
        return Ok(true);
    }
    if line.entered {
        take_back(app, outlet, device, by).await
    } else {
        enter(app, devices, outlet, device).await
    }
}

/// What a device that is to hand over is told.
#[derive(Clone, Copy)]
enum Order {
    Enter(EnterTerms),
    Leave(Epoch),
}

impl Order {
    /// To go on behind the cloud's close, as the line stands; none when nobody is to enter it now.
    fn to_enter(line: &Line, device: DeviceId) -> Option<Self> {
        let close = line.close.filter(|_| line.holder == Holder::Device(device) && !line.entered)?;
        let CloseTerms { epoch, next_number, previous, floor } = close;
        Some(Self::Enter(EnterTerms { epoch, next_number, previous, floor }))
    }

    /// To leave; none when it does not hold the line.
    fn to_leave(line: &Line, device: DeviceId) -> Option<Self> {
        (line.holder == Holder::Device(device)).then_some(Self::Leave(line.epoch))
    }

    fn sign(self, operator: &Operator, device: DeviceId, now: Timestamp) -> Result<String, PkiFault> {
        match self {
            Self::Enter(terms) => operator.enter(device, terms, now.max(terms.floor)),
            Self::Leave(epoch) => operator.leave(device, epoch, now),
        }
    }
}

async fn enter(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
) -> Result<bool, Problem> {
    let Some(link) = devices.link(device) else { return Ok(false) };
    link.expect(false);
    hand_over(app, &link, outlet, Order::to_enter).await
}

/// Has a device leave, and waits until the ledger holds all that it sealed; whether it does.
pub(super) async fn leave(
    app: &Arc<App>,
    devices: &Devices,
    outlet: OutletId,
    device: DeviceId,
) -> Result<bool, Problem> {
    let Some(link) = devices.link(device) else { return Ok(false) };
    link.expect(true);
    let left = hand_over(app, &link, outlet, Order::to_leave).await?;
    Ok(left && delivered(app, devices, device).await)
}

/// Gives an order until the device obeys it; whether it does, or the line has moved, so that it has to be looked at anew.
/// An answer that is lost is seen by the next look.
///
/// What is signed is what the line says each time: another process may have moved it since the round before.
async fn hand_over(
    app: &Arc<App>,
    link: &Arc<Link>,
    outlet: OutletId,
    order: fn(&Line, DeviceId) -> Option<Order>,
) -> Result<bool, Problem> {
    for round in 0..ORDERS {
        if round > 0 {
            // By a later second the order is later than the one before, and not too early for the device's clock.
            sleep(BETWEEN).await;
        }
        let Some(order) = order(&line_of(app, outlet).await?, link.device) else { return Ok(true) };
        let sign = move |operator: &Operator, device, now| order.sign(operator, device, now);
        match grants::order(app, link, OrderCommand::Handover, sign).await? {
            Ok(Outcome::Done { .. }) => return Ok(true),
            Ok(Outcome::Refused { code, detail, .. }) => {
                tracing::info!(device = %link.device, %code, %detail, "an order to hand over was refused");
            }
            other => {
                tracing::info!(device = %link.device, ?other, "an order to hand over has no answer");
                return Ok(health::ask(app, link).await.is_some());
            }
        }
    }
    Ok(false)
}

/// Whether the cloud has the line back.
pub(super) async fn take_back(
    app: &Arc<App>,
    outlet: OutletId,
    device: DeviceId,
    by: &By,
) -> Result<bool, Problem> {
    let by = by.clone();
    match app.consult(move |ledger| ledger.enter(outlet, device, Some(by))).await {
        Ok(_) => Ok(true),
        Err(Refusal::NotClosed { .. }) => Ok(false),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Waits until all that a device has is in the ledger; whether it is.
async fn delivered(app: &Arc<App>, devices: &Devices, device: DeviceId) -> bool {
    let Some(link) = devices.link(device) else { return false };
    let Some(status) = health::ask(app, &link).await else { return false };
    link.delivered(status.epoch, status.last_position, DELIVERY).await
}

/// How a device is on which the next step hangs.
pub(super) async fn seen(app: &Arc<App>, devices: &Devices, device: DeviceId) -> Seen {
    let Some(link) = devices.link(device) else { return Seen::Away };
    match health::ask(app, &link).await {
        Some(status) if status.handed_over => Seen::StandingBy,
        Some(_) => Seen::Sealing,
        None => Seen::Away,
    }
}

#[cfg(test)]
mod tests {
    use fiscal::{InvoiceNumber, RecordHash};

    use super::*;

    fn line(holder: Holder, entered: bool, hash: u8) -> Line {
        let close = CloseTerms {
            epoch: Epoch(0),
            next_number: InvoiceNumber::FIRST,
            previous: RecordHash([hash; 32]),
            floor: Timestamp::EARLIEST,
        };
        let close = matches!(holder, Holder::Device(_)).then_some(close);
        Line { holder, epoch: Epoch(0), last_number: None, close, entered }
    }

    #[test]
    fn an_order_says_what_the_line_says_now_or_is_not_given() {
        let [one, other]: [DeviceId; 2] = ["DEF-1", "DEF-2"].map(|name| name.parse().unwrap());
        let hash = |line: &Line| match Order::to_enter(line, one) {
            Some(Order::Enter(terms)) => Some(terms.previous.0[0]),
            _ => None,
        };
        assert_eq!(hash(&line(Holder::Device(one), false, 1)), Some(1));
        assert_eq!(hash(&line(Holder::Device(one), false, 2)), Some(2), "a later close");
        assert_eq!(hash(&line(Holder::Device(one), true, 1)), None, "it has entered");
        assert_eq!(hash(&line(Holder::Device(other), false, 1)), None);
        assert_eq!(hash(&line(Holder::Own, false, 1)), None);
        assert!(Order::to_leave(&line(Holder::Device(one), true, 1), one).is_some());
        assert!(Order::to_leave(&line(Holder::Own, false, 1), one).is_none());
    }
}
