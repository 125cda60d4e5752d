use ledger::{Holder, Line};
use registry::{Mode, OutletMode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::devices::Switched;

/// Who is wanted to seal at an outlet, and who does.
#[derive(Serialize, ToSchema)]
#[schema(as = OutletMode)]
pub(crate) struct ModeView {
    /// The outlet.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// Who is wanted.
    mode: ModeName,
    /// Which device is wanted.
    #[schema(example = "DEF-000123")]
    device: Option<String>,
    /// Since when that is asked for.
    asked: Option<String>,
    /// Whether it is not so yet. It goes on by itself, as soon as the devices that it needs are connected.
    switching: bool,
    /// Who holds the line of numbers.
    line: LineView,
}

/// Who seals at an outlet.
#[derive(Clone, Copy, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Mode)]
pub(crate) enum ModeName {
    /// The cloud's own signer.
    Cloud,
    /// A fiscal memory.
    Def,
}

/// An outlet's line of numbers.
#[derive(Serialize, ToSchema)]
#[schema(as = Line)]
pub(crate) struct LineView {
    /// Who may seal on it now.
    holder: ModeName,
    /// Which device.
    device: Option<String>,
    /// Whether the device has taken it: until then nothing is sealed.
    entered: bool,
    /// In which epoch.
    epoch: u32,
    /// The last number that the ledger holds in it; 0 before the first.
    last_number: u64,
}

impl From<&Switched> for ModeView {
    fn from(Switched { mode, line }: &Switched) -> Self {
        let OutletMode { outlet, mode: wanted, device, asked, .. } = mode;
        let holder = match line.holder {
            Holder::Own => None,
            Holder::Device(device) => Some(device),
        };
        let wanted_device = device.filter(|_| *wanted == Mode::Def);
        Self {
            outlet_id: outlet.to_string(),
            mode: if wanted_device.is_some() { ModeName::Def } else { ModeName::Cloud },
            device: wanted_device.map(|device| device.to_string()),
            asked: asked.as_ref().map(|(time, _)| format!("{time}Z")),
            switching: is_open(mode, line),
            line: LineView {
                holder: if holder.is_some() { ModeName::Def } else { ModeName::Cloud },
                device: holder.map(|device| device.to_string()),
                entered: holder.is_some() && line.entered,
                epoch: line.epoch.0,
                last_number: line.last_number.map_or(0, |number| number.value()),
            },
        }
    }
}

fn is_open(mode: &OutletMode, line: &Line) -> bool {
    let holder = match line.holder {
        Holder::Own => None,
        Holder::Device(device) => Some(device),
    };
    let wanted = mode.device.filter(|_| mode.mode == Mode::Def);
    holder != wanted || (mode.asked.is_some() && mode.reached.is_none())
}
