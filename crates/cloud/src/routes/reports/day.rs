use fiscal::{CivilDate, Timestamp};
use registry::Place;

use crate::problem::{Kind, Problem, words};

/// A business day that a parameter names.
pub(in crate::routes) fn day(text: &str, member: &'static str, kind: Kind) -> Result<CivilDate, Problem> {
    text.parse().map_err(|_| {
        Problem::of_member(
            kind,
            member,
            words(
                format!("{member} est un jour ouvrable : écrivez-le comme 2026-03-14"),
                format!("{member} is a business day: write it like 2026-03-14"),
            ),
        )
    })
}

/// A business day that has begun at an outlet.
pub(in crate::routes) fn begun(
    text: &str,
    (member, kind): (&'static str, Kind),
    place: &Place,
    now: Timestamp,
) -> Result<CivilDate, Problem> {
    let date = day(text, member, kind)?;
    let today = now.date_at(place.outlet.zone);
    if date <= today {
        return Ok(date);
    }
    Err(Problem::of_member(
        kind,
        member,
        words(
            format!(
                "{member} est à venir, le point de vente est au {today} : demandez ce jour ou un jour passé"
            ),
            format!("{member} has not begun, it is {today} at the outlet: ask for that day or one before"),
        ),
    ))
}
