use std::{fmt, str::FromStr};

use fiscal::{DeviceId, OutletId, Timestamp};
use ledger::{By, Statements, StoreFault};

use super::{DeviceFault, DeviceState, find_within};
use crate::{
    MerchantId, Reach, Registry, RegistryFault,
    acts::Asked,
    places,
    rows::{self, Row, first, limit, text, text_or_null, time, time_or_null},
};

/// Who seals at an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The cloud's own signer.
    Cloud,
    /// A device.
    Def,
}

/// Who is wanted to seal at an outlet. Who does, the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletMode {
    /// The outlet.
    pub outlet: OutletId,
    /// Who is wanted.
    pub mode: Mode,
    /// Which device; none for the cloud.
    pub device: Option<DeviceId>,
    /// When somebody asked for it, and who; none where nobody ever did.
    pub asked: Option<(Timestamp, String)>,
    /// Since when it is so. While it is not, the switch is under way.
    pub reached: Option<Timestamp>,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedMode {
    /// That the cloud seals.
    Cloud,
    /// That this device seals.
    Def(DeviceId),
}

impl Registry<'_> {
    /// Says who is to seal at an outlet within reach. A device has to be the outlet's and active. What is wanted already
    /// changes nothing.
    pub fn want_mode(
        &mut self,
        reach: &Reach,
        outlet: OutletId,
        wanted: WantedMode,
        by: &By,
        now: Timestamp,
    ) -> Result<OutletMode, RegistryFault> {
        self.change(|statements| {
            let place = places::find_within(statements, reach, outlet)?;
            let before = find(statements, outlet)?;
            let wanted = match wanted {
                WantedMode::Cloud => (Mode::Cloud, None),
                WantedMode::Def(serial) => {
                    may_seal(statements, reach, outlet, serial)?;
                    (Mode::Def, Some(serial))
                }
            };
            if (before.mode, before.device) == wanted {
                return Ok(before);
            }
            set(statements, &place.merchant, outlet, wanted, (by, now))?;
            find(statements, outlet)
        })
    }

    /// Notes that what is wanted at an outlet is so. It is false, and changes nothing, when something else is wanted by
    /// now.
    pub fn mode_reached(
        &mut self,
        outlet: OutletId,
        reached: WantedMode,
        now: Timestamp,
    ) -> Result<bool, RegistryFault> {
        let (mode, device) = reached.parts();
        self.change(|statements| {
            let changed = statements.execute(
                "UPDATE outlet_modes SET reached = COALESCE(reached, $1) \
                 WHERE outlet = $2 AND mode = $3 AND COALESCE(device, '') = $4",
                &[
                    time(now),
                    text(outlet.as_str()),
                    text(mode.name()),
                    text(device.as_ref().map_or("", DeviceId::as_str)),
                ],
            )?;
            Ok(changed == 1)
        })
    }

    /// Who is wanted to seal at an outlet, whoever asks: the cloud, unless somebody asked for a device.
    pub fn mode(&mut self, outlet: OutletId) -> Result<OutletMode, RegistryFault> {
        self.look(|statements| find(statements, outlet))
    }

    /// The outlets whose switch is under way, those after one, at most so many.
    pub fn open_switches(
        &mut self,
        after: Option<OutletId>,
        most: usize,
    ) -> Result<Vec<OutletMode>, RegistryFault> {
        let after = text(after.as_ref().map_or("", OutletId::as_str));
        self.look(|statements| {
            let found = statements.query(
                "SELECT outlet, mode, device, asked, asked_by, reached FROM outlet_modes \
                 WHERE reached IS NULL AND outlet > $1 ORDER BY outlet LIMIT $2",
                &[after.clone(), limit(most)],
            )?;
            Ok(rows::all(found, read)?)
        })
    }
}

fn may_seal(
    statements: &mut dyn Statements,
    reach: &Reach,
    outlet: OutletId,
    serial: DeviceId,
) -> Result<(), RegistryFault> {
    let device = find_within(statements, reach, serial)?;
    let fault = match device.state {
        _ if device.outlet != outlet => DeviceFault::Elsewhere(serial),
        DeviceState::Active => return Ok(()),
        DeviceState::PendingHomologation => DeviceFault::NotHomologated(serial),
        state => DeviceFault::State { device: serial, state },
    };
    Err(fault.into())
}

pub(super) fn find(statements: &mut dyn Statements, outlet: OutletId) -> Result<OutletMode, RegistryFault> {
    let found = statements.query(
        "SELECT outlet, mode, device, asked, asked_by, reached FROM outlet_modes WHERE outlet = $1",
        &[text(outlet.as_str())],
    )?;
    let unasked = OutletMode { outlet, mode: Mode::Cloud, device: None, asked: None, reached: None };
    Ok(first(found).map(read).transpose()?.unwrap_or(unasked))
}

pub(super) fn set(
    statements: &mut dyn Statements,
    merchant: &MerchantId,
    outlet: OutletId,
    (mode, device): (Mode, Option<DeviceId>),
    (by, now): (&By, Timestamp),
) -> Result<(), RegistryFault> {
    statements.execute(
        "INSERT INTO outlet_modes (outlet, mode, device, asked, asked_by, reached) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (outlet) DO UPDATE SET mode = excluded.mode, \
         device = excluded.device, asked = excluded.asked, asked_by = excluded.asked_by, \
         reached = excluded.reached",
        &[
            text(outlet.as_str()),
            text(mode.name()),
            text_or_null(device.as_ref().map(DeviceId::as_str)),
            time(now),
            text(by.actor.as_str()),
            time_or_null(None),
        ],
    )?;
    let action = match mode {
        Mode::Cloud => "outlet.mode.cloud",
        Mode::Def => "outlet.mode.def",
    };
    Asked { by, now }.note(statements, action, (Some(merchant), Some(outlet)), outlet.as_str())
}

fn read(mut row: Row) -> Result<OutletMode, StoreFault> {
    Ok(OutletMode {
        outlet: row.text("outlet")?,
        mode: row.text("mode")?,
        device: row.text_or_none("device")?,
        asked: Some((row.time("asked")?, row.text("asked_by")?)),
        reached: row.time_or_none("reached")?,
    })
}

impl WantedMode {
    const fn parts(self) -> (Mode, Option<DeviceId>) {
        match self {
            Self::Cloud => (Mode::Cloud, None),
            Self::Def(device) => (Mode::Def, Some(device)),
        }
    }
}

impl Mode {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Def => "def",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = ModeFault;

    fn from_str(text: &str) -> Result<Self, ModeFault> {
        [Self::Cloud, Self::Def].into_iter().find(|mode| mode.name() == text).ok_or(ModeFault)
    }
}

/// The text names no mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an outlet seals in mode cloud or def: name one of these")]
pub struct ModeFault;
