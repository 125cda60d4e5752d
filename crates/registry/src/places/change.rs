use fiscal::{OutletId, Timestamp};
use ledger::{By, Statements};

use super::{Place, find_within};
use crate::{
    Label, Reach, Registry, RegistryFault,
    acts::Asked,
    rows::{text, text_or_null, time_or_null},
};

/// What is to be different of an outlet; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct PlaceChange {
    /// What people call it.
    pub name: Option<Label>,
    /// Where it is, or nowhere in particular.
    pub address: Option<Option<Label>>,
    /// Whether its keys and people are refused.
    pub stopped: Option<bool>,
}

impl Registry<'_> {
    /// Changes an outlet. Its id, prefix and zone stay: they are in what was sealed.
    pub fn change_place(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        change: &PlaceChange,
        by: &By,
        now: Timestamp,
    ) -> Result<Place, RegistryFault> {
        let asked = Asked { by, now };
        self.change(|statements| {
            let before = find_within(statements, reach, outlet)?;
            let name = change.name.clone().unwrap_or_else(|| before.name.clone());
            let address = change.address.clone().unwrap_or_else(|| before.address.clone());
            let place = if (&name, &address) == (&before.name, &before.address) {
                before
            } else {
                rename(statements, before, (&name, address.as_ref()), asked)?
            };
            match change.stopped {
                Some(stopped) => set_stopped(statements, place, stopped, asked),
                None => Ok(place),
            }
        })
    }

    /// Gives an outlet another name and address. Its id, prefix and zone stay: they are in what was sealed.
    pub fn rename_place(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        (name, address): (&Label, Option<&Label>),
        by: &By,
        now: Timestamp,
    ) -> Result<Place, RegistryFault> {
        self.change(|statements| {
            let place = find_within(statements, reach, outlet)?;
            rename(statements, place, (name, address), Asked { by, now })
        })
    }

    /// Refuses an outlet's keys and people from now on. A second time changes nothing.
    pub fn stop_place(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        by: &By,
        now: Timestamp,
    ) -> Result<Place, RegistryFault> {
        self.set_place_stopped(reach, outlet, true, Asked { by, now })
    }

    /// Takes an outlet's keys and people again. A second time changes nothing.
    pub fn resume_place(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        by: &By,
        now: Timestamp,
    ) -> Result<Place, RegistryFault> {
        self.set_place_stopped(reach, outlet, false, Asked { by, now })
    }

    fn set_place_stopped(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        stopped: bool,
        asked: Asked<'_>,
    ) -> Result<Place, RegistryFault> {
        self.change(|statements| {
            let place = find_within(statements, reach, outlet)?;
            set_stopped(statements, place, stopped, asked)
        })
    }
}

fn rename(
    statements: &mut dyn Statements,
    place: Place,
    (name, address): (&Label, Option<&Label>),
    asked: Asked<'_>,
) -> Result<Place, RegistryFault> {
    let outlet = place.outlet.id;
    statements.execute(
        "UPDATE places SET name = $1, address = $2 WHERE outlet = $3",
        &[text(name.as_str()), text_or_null(address.map(Label::as_str)), text(outlet.as_str())],
    )?;
    note(statements, asked, "outlet.rename", &place)?;
    Ok(Place { name: name.clone(), address: address.cloned(), ..place })
}

fn set_stopped(
    statements: &mut dyn Statements,
    place: Place,
    stopped: bool,
    asked: Asked<'_>,
) -> Result<Place, RegistryFault> {
    if place.stopped.is_some() == stopped {
        return Ok(place);
    }
    let (since, outlet) = (stopped.then_some(asked.now), place.outlet.id);
    statements.execute(
        "UPDATE places SET stopped = $1 WHERE outlet = $2",
        &[time_or_null(since), text(outlet.as_str())],
    )?;
    let action = if stopped { "outlet.stop" } else { "outlet.resume" };
    note(statements, asked, action, &place)?;
    Ok(Place { stopped: since, ..place })
}

fn note(
    statements: &mut dyn Statements,
    asked: Asked<'_>,
    action: &'static str,
    place: &Place,
) -> Result<(), RegistryFault> {
    let whose = (Some(&place.merchant), Some(place.outlet.id));
    asked.note(statements, action, whose, place.outlet.id.as_str())
}
