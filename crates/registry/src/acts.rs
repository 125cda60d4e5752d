//! What was done, and by whom.

use fiscal::{OutletId, Timestamp};
use ledger::{Act, ActRow, By, Statements, acts_of, write_act};

use crate::{
    MerchantId, Reach, Registry, RegistryFault,
    rows::{self, Row, limit, text},
};

impl Registry<'_> {
    /// The newest acts within reach, those before a number, at most so many; the newest first.
    pub fn acts(
        &mut self,
        reach: &Reach,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<ActRow>, RegistryFault> {
        self.look(|statements| match reach {
            Reach::Platform => Ok(acts_of(statements, None, before, most)?),
            Reach::Merchant(merchant) => Ok(acts_of(statements, Some(merchant.as_str()), before, most)?),
            Reach::Outlet(merchant, outlet) => acts_at(statements, merchant, *outlet, before, most),
        })
    }
}

/// Those at one outlet of a merchant. The log has an index for them: each sale is an act.
macro_rules! at {
    () => {
        "SELECT seq, time, actor, action, tenant, outlet, subject, request FROM acts \
         WHERE tenant = $1 AND seq < $2 AND outlet = $3 ORDER BY seq DESC LIMIT $4"
    };
}

fn acts_at(
    statements: &mut dyn Statements,
    merchant: &MerchantId,
    outlet: OutletId,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<ActRow>, RegistryFault> {
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let found = statements.query(
        at!(),
        &[text(merchant.as_str()), ledger::Cell::Integer(before), text(outlet.as_str()), limit(most)],
    )?;
    Ok(rows::all(found, read)?)
}

fn read(mut row: Row) -> Result<ActRow, ledger::StoreFault> {
    Ok(ActRow {
        seq: u64::try_from(row.integer("seq")?).map_err(|_| rows::wrong("seq"))?,
        time: row.time("time")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        tenant: row.text_or_none("tenant")?,
        outlet: row.text_or_none("outlet")?,
        subject: row.text("subject")?,
        request: row.text("request")?,
    })
}

/// Who asks, and when.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) by: &'a By,
    pub(crate) now: Timestamp,
}

impl Asked<'_> {
    /// Notes what was done to things of a merchant, or of the platform, in the transaction that does it. The act is in the
    /// merchant's log also when the platform did it.
    pub(crate) fn note(
        self,
        statements: &mut dyn Statements,
        action: &'static str,
        whose: (Option<&MerchantId>, Option<OutletId>),
        subject: &str,
    ) -> Result<(), RegistryFault> {
        let (merchant, outlet) = whose;
        // The name of a merchant's id is one that the log takes: it has no other characters.
        let tenant =
            merchant.map(|id| id.as_str().parse()).transpose().map_err(|_| rows::wrong("merchant"))?;
        let by = By { tenant, ..self.by.clone() };
        let act = Act { time: self.now, by, action, outlet, subject: subject.to_owned() };
        Ok(write_act(statements, &act)?)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use ledger::{Cell, Cells, Database, SqliteDatabase};

    use super::*;

    #[test]
    fn the_acts_of_an_outlet_are_found_without_those_of_its_merchants_others() {
        let directory = tempfile::tempdir().unwrap();
        let database = SqliteDatabase::open(directory.path().join("a"), Arc::new(|| Duration::ZERO)).unwrap();
        let mut store = database.connect().unwrap();
        let plan: Vec<Cells> = ledger::look(&mut *store, |statements| {
            let values = [text("mer"), Cell::Integer(i64::MAX), text("A"), limit(1)];
            statements.query(concat!("EXPLAIN QUERY PLAN ", at!()), &values)
        })
        .unwrap_or_else(|fault: ledger::StoreFault| panic!("{fault}"));
        let plan = format!("{plan:?}");
        assert!(plan.contains("acts_by_outlet (tenant=? AND outlet=? AND seq<?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
