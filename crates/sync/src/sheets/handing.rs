//! Handing out: its name, each invoice of it, and who is told.

use std::{collections::BTreeMap, time::Duration};

use ledger::Cell;
use registry::MerchantId;

use super::hand_out::{HandOutId, handed_out, may_be_handed_out, merchant_of};
use crate::{
    At, Job,
    alerts::{About, AlertKind, end_alert, raise_alert},
    desk::{Asked, Desk, DeskFault, Sight, seen, write_move},
    store::rows::cell,
};

impl Desk<'_> {
    /// The first even millisecond that names no hand-out yet. It is taken before anything is handed out, so that two of the
    /// same second are two.
    pub(super) fn name_hand_out(&mut self, asked: Asked<'_>) -> Result<HandOutId, DeskFault> {
        self.change(|statements| {
            let mut now = At(asked.now.0 & !1);
            let sql = "SELECT 1 FROM sync_alerts WHERE kind = $1 AND about = $2";
            while !statements
                .query(sql, &[cell(&AlertKind::HandedOut), Cell::Text(about(HandOutId(now)))])?
                .is_empty()
            {
                now = now.plus(Duration::from_millis(2));
            }
            let about = About { about: about(HandOutId(now)), merchant: None, outlet: None };
            raise_alert(statements, AlertKind::HandedOut, &about, &told(0, asked), now)?;
            Ok(HandOutId(now))
        })
    }

    /// The platform looks at it, and each merchant at what is his: these are not sent any more until somebody says what came
    /// of them.
    pub(super) fn tell_hand_out(
        &mut self,
        id: HandOutId,
        handed: &BTreeMap<MerchantId, usize>,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        self.change(|statements| {
            let is_ones = handed.len() == 1;
            if !is_ones {
                end_alert(statements, AlertKind::HandedOut, &about(id), id.0)?;
            }
            for (merchant, invoices) in handed {
                let about = if is_ones { about(id) } else { format!("{}-{merchant}", about(id)) };
                let about = About { about, merchant: Some(merchant.clone()), outlet: None };
                raise_alert(statements, AlertKind::HandedOut, &about, &told(*invoices, asked), id.0)?;
            }
            Ok(())
        })
    }

    /// Whose it is; none when it changed since it was read, and may not be typed any more.
    pub(super) fn hand_out(
        &mut self,
        sight: Sight<'_>,
        job: &Job,
        asked: Asked<'_>,
    ) -> Result<Option<MerchantId>, DeskFault> {
        self.change(|statements| {
            let job = seen(statements, sight, job.id)?.job;
            let merchant = merchant_of(statements, &job)?.filter(|_| may_be_handed_out(&job));
            if merchant.is_some() {
                let (outlet, fiscal) = (job.place.chain.outlet, job.fiscal.to_string());
                write_move(statements, handed_out(job, asked), asked)?;
                asked.note(statements, "sync.hand_out", (merchant.as_ref(), Some(outlet)), fiscal)?;
            }
            Ok(merchant)
        })
    }
}

fn about(id: HandOutId) -> String {
    format!("hand-out-{id}")
}

fn told(invoices: usize, asked: Asked<'_>) -> String {
    format!("{invoices} invoices, {}", asked.by.actor)
}
