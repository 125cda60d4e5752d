//! What one invoice has to tell, by itself or together with others.

use std::collections::BTreeMap;

use fiscal::{FiscalNumber, OutletId};
use ledger::{Cell, Statements, StoreFault};
use registry::{Label, MerchantId};

use super::{About, AlertKind, raise_alert};
use crate::{At, desk::Asked, store::rows::cell};

/// What somebody did to an invoice, for the platform to look at.
#[derive(Clone, Debug)]
pub(crate) struct Tell {
    pub(crate) kind: AlertKind,
    pub(crate) fiscal: FiscalNumber,
    pub(crate) about: About,
    pub(crate) detail: String,
}

impl Tell {
    /// An alert of its own.
    pub(crate) fn alone(&self, statements: &mut dyn Statements, now: At) -> Result<(), StoreFault> {
        raise_alert(statements, self.kind, &self.about, &self.detail, now)
    }
}

/// What a file has to tell: one alert of a kind for each merchant, however many rows it has, so that it buries no other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Together(BTreeMap<(AlertKind, Option<MerchantId>), Several>);

#[derive(Clone, Debug)]
struct Several {
    count: usize,
    first: Vec<FiscalNumber>,
    /// Where all of them are.
    outlet: Option<OutletId>,
}

/// So many are named; the log of acts names all that was done.
const NAMED: usize = 5;

impl Together {
    pub(crate) fn add(&mut self, tell: Tell) {
        let About { merchant, outlet, .. } = tell.about;
        let several =
            self.0.entry((tell.kind, merchant)).or_insert(Several { count: 0, first: Vec::new(), outlet });
        several.count += 1;
        several.outlet = several.outlet.filter(|known| Some(*known) == outlet);
        if several.first.len() < NAMED {
            several.first.push(tell.fiscal);
        }
    }

    /// Writes how many there are by now, within the transaction that adds to them.
    pub(crate) fn write(
        &self,
        statements: &mut dyn Statements,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<(), StoreFault> {
        for ((kind, merchant), several) in &self.0 {
            let whose = merchant.as_ref().map(|merchant| format!("-{merchant}")).unwrap_or_default();
            let about = format!("import-{}{whose}", asked.now);
            let named: Vec<_> = several.first.iter().map(ToString::to_string).collect();
            let more = if several.count > named.len() { ", …" } else { "" };
            let (count, named) = (several.count, named.join(", "));
            let detail = format!("{}: {count} ({named}{more}): {reason}", asked.by.actor);
            let about = About { about, merchant: merchant.clone(), outlet: several.outlet };
            raise_alert(statements, *kind, &about, &detail, asked.now)?;
            // The number takes the place of the smaller one before.
            let sql = "UPDATE sync_alerts SET detail = $1, outlet = $2 WHERE kind = $3 AND about = $4";
            let outlet = about.outlet.as_ref().map_or(Cell::Null, cell);
            statements.execute(sql, &[Cell::Text(detail), outlet, cell(kind), Cell::Text(about.about)])?;
        }
        Ok(())
    }
}
