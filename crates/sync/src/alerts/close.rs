use registry::Label;

use super::{Alert, AlertKind, ToldAt, end_alert, list::find};
use crate::desk::{Asked, Desk, DeskFault};

impl Desk<'_> {
    /// Says that the platform looked at an alert as it was told at that time, for a reason that is kept. A second time it
    /// changes nothing, and what is told again afterwards comes again. What the watch keeps up is not closed: it ends when its
    /// reason does.
    pub fn close_alert(
        &mut self,
        kind: AlertKind,
        about: &str,
        seen: ToldAt,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<Alert, DeskFault> {
        if kind.ends_by_itself() {
            return Err(DeskFault::NotClosed(kind));
        }
        self.change(|statements| {
            let alert = find(statements, kind, about)?.ok_or(DeskFault::NotFound("alert"))?;
            // Nobody closes what he has not read.
            if alert.ended.is_none() && alert.seen != seen {
                return Err(DeskFault::ToldAgain);
            }
            if !end_alert(statements, kind, about, asked.now)? {
                return Ok(alert);
            }
            let whose = (alert.merchant.as_ref(), alert.outlet);
            asked.note(statements, "alert.close", whose, format!("{kind} {about}: {reason}"))?;
            Ok(Alert { ended: Some(asked.now), ..alert })
        })
    }
}
