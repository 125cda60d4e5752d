use std::collections::BTreeSet;

use ledger::Cell;
use sync::{Alert, AlertFilter, AlertKind, AlertsOf, Asked, Sight};

use super::change;
use crate::world::{World, by};

/// More than two pages of the database; some of them of one moment.
const MANY: u64 = 1_203;

fn read_all(world: &World, of: AlertsOf<'_>, filter: AlertFilter) -> Vec<Alert> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.desk(|desk| desk.alerts(of, filter, after.as_ref(), 101)).unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(last.cursor());
        found.extend(page);
    }
}

pub(crate) fn alerts_are_read_page_by_page_and_closed_however_many_there_are(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let (kinds, now) = ([AlertKind::TwoCodes, AlertKind::SettledByPerson], world.clock.at().0);
    let name = |index: u64| format!("{}{index} {}", ["a", "B", "-", "_"][index as usize % 4], world.number);
    change(world, |statements| {
        for index in 0..MANY {
            let values = [
                Cell::Text(kinds[usize::from(index % 2 == 0)].name().to_owned()),
                Cell::Text(name(index)),
                Cell::Text(if index % 3 == 0 { there } else { here }.to_string()),
                Cell::Integer(i64::try_from(now - index / 7).unwrap()),
            ];
            let sql = "INSERT INTO sync_alerts (kind, about, outlet, since, seen, detail) VALUES ($1, $2, $3, $4, $4, '')";
            statements.execute(sql, &values)?;
        }
        Ok(())
    });
    let outlets = [here];
    let of = AlertsOf { sight: Sight::Outlets(&outlets), merchant: None };
    let open = || world.desk(|desk| desk.open_alerts(of)).unwrap();
    let found = read_all(world, of, AlertFilter::default());
    let names: BTreeSet<_> = found.iter().map(|alert| alert.about.clone()).collect();
    assert_eq!((found.len(), names.len(), open()), (802, 802, 802));
    assert!(found.is_sorted_by(|one, next| one.since >= next.since));
    let settled = AlertFilter { kind: Some(kinds[1]), with_ended: false };
    assert_eq!(read_all(world, of, settled).len(), 401);

    let oldest = found.last().unwrap();
    let (reason, by) = ("compared".parse().unwrap(), by());
    let asked = Asked { by: &by, now: world.clock.at() };
    let closed =
        world.desk(|desk| desk.close_alert(oldest.kind, &oldest.about, oldest.seen, &reason, asked)).unwrap();
    assert_eq!((closed.about, closed.ended), (oldest.about.clone(), Some(asked.now)));
    assert_eq!((read_all(world, of, AlertFilter::default()).len(), open()), (801, 801));
    assert_eq!(read_all(world, of, AlertFilter { kind: None, with_ended: true }).len(), 802);
}
