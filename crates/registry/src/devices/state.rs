use std::{fmt, str::FromStr};

use pki::RevocationReason;

/// Where in its life a device is, as the cloud sees it.
///
/// ```text
/// registered ─ activate → activated ─ test → pending_homologation ─ homologate → active
///                                      └─ when it was homologated before ──────────↑
/// any of these ─ revoke → revoked, lose → lost, decommission → decommissioned
/// revoked, lost ─ decommission → decommissioned
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceState {
    /// Expected at its outlet; it has no key yet.
    Registered,
    /// Has its key and a certificate, and has yet to pass its first self-test.
    Activated,
    /// Works, and waits for the authority's leave; until then the cloud seals.
    PendingHomologation,
    /// May seal.
    Active,
    /// May seal no more.
    Revoked,
    /// Nobody knows where it is, or it does not work: whoever has it may seal no more.
    Lost,
    /// Out of use for good.
    Decommissioned,
}

/// What happens to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceEvent {
    /// It made its key and answered INIT with it.
    Activate,
    /// It passed its first self-test.
    Test,
    /// The authority's leave is there.
    Homologate,
    /// Its life ends.
    End(DeviceEnd),
}

/// How a device's life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceEnd {
    /// Its leave to seal was taken away.
    Revoked,
    /// Lost, stolen or broken.
    Lost,
    /// Taken out of use.
    Decommissioned,
}

use DeviceState::{Activated, Active, Decommissioned, Lost, PendingHomologation, Registered, Revoked};

impl DeviceState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Registered, Activated, PendingHomologation, Active, Revoked, Lost, Decommissioned];

    /// What becomes of a device in this state, whether it was homologated before or not; none when this does not happen
    /// to it. This is the whole table.
    pub const fn after(self, event: DeviceEvent, homologated: bool) -> Option<Self> {
        match (self, event) {
            (Registered, DeviceEvent::Activate) => Some(Activated),
            (Activated, DeviceEvent::Test) if homologated => Some(Active),
            (Activated, DeviceEvent::Test) => Some(PendingHomologation),
            // The authority may register a device before it is plugged in.
            (Registered | Activated, DeviceEvent::Homologate) => Some(self),
            (PendingHomologation, DeviceEvent::Homologate) => Some(Active),
            (Registered | Activated | PendingHomologation | Active, DeviceEvent::End(end)) => {
                Some(end.state())
            }
            (Revoked | Lost, DeviceEvent::End(DeviceEnd::Decommissioned)) => Some(Decommissioned),
            _ => None,
        }
    }

    /// Whether its life is not ended.
    pub const fn is_alive(self) -> bool {
        matches!(self, Registered | Activated | PendingHomologation | Active)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Registered => "registered",
            Activated => "activated",
            PendingHomologation => "pending_homologation",
            Active => "active",
            Revoked => "revoked",
            Lost => "lost",
            Decommissioned => "decommissioned",
        }
    }
}

impl DeviceEnd {
    /// The state in which it ends.
    pub const fn state(self) -> DeviceState {
        match self {
            Self::Revoked => Revoked,
            Self::Lost => Lost,
            Self::Decommissioned => Decommissioned,
        }
    }

    /// Why its certificates are revoked.
    pub const fn revocation(self) -> RevocationReason {
        match self {
            Self::Revoked => RevocationReason::PrivilegeWithdrawn,
            Self::Lost => RevocationReason::KeyCompromise,
            Self::Decommissioned => RevocationReason::CessationOfOperation,
        }
    }

    /// The act's name.
    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::Revoked => "device.revoke",
            Self::Lost => "device.lose",
            Self::Decommissioned => "device.decommission",
        }
    }
}

impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DeviceState {
    type Err = DeviceStateFault;

    fn from_str(text: &str) -> Result<Self, DeviceStateFault> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(DeviceStateFault)
    }
}

/// The text names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a device is registered, activated, pending_homologation, active, revoked, lost or decommissioned: name one of these"
)]
pub struct DeviceStateFault;

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const EVENTS: [DeviceEvent; 6] = [
        DeviceEvent::Activate,
        DeviceEvent::Test,
        DeviceEvent::Homologate,
        DeviceEvent::End(DeviceEnd::Revoked),
        DeviceEvent::End(DeviceEnd::Lost),
        DeviceEvent::End(DeviceEnd::Decommissioned),
    ];

    proptest! {
        /// Whatever happens in whatever order.
        #[test]
        fn a_life_goes_forward_and_no_device_seals_that_was_not_activated_tested_and_homologated(
            events in vec(select(EVENTS.as_slice()), 0..24),
        ) {
            let (mut state, mut happened) = (Registered, Vec::new());
            for event in events {
                let homologated = happened.contains(&DeviceEvent::Homologate);
                let Some(next) = state.after(event, homologated) else { continue };
                prop_assert!(state != Decommissioned, "that is for good");
                prop_assert!(next >= state, "{state} {next}");
                prop_assert!(state.is_alive() || next == Decommissioned, "{state} {next}");
                happened.push(event);
                if next == Active {
                    for needed in [DeviceEvent::Activate, DeviceEvent::Test, DeviceEvent::Homologate] {
                        prop_assert!(happened.contains(&needed), "{happened:?}");
                    }
                }
                state = next;
            }
            let ended = happened.iter().any(|event| matches!(event, DeviceEvent::End(_)));
            prop_assert_eq!(state.is_alive(), !ended);
        }
    }

    #[test]
    fn the_good_way_leads_to_a_device_that_may_seal_homologated_early_or_late() {
        let late = [DeviceEvent::Activate, DeviceEvent::Test, DeviceEvent::Homologate];
        let early = [DeviceEvent::Homologate, DeviceEvent::Activate, DeviceEvent::Test];
        for way in [late, early] {
            let mut state = Registered;
            for (at, event) in way.into_iter().enumerate() {
                state = state.after(event, way[..at].contains(&DeviceEvent::Homologate)).unwrap();
            }
            assert_eq!(state, Active);
        }
        assert!(DeviceState::ALL.iter().all(|state| state.name().parse() == Ok(*state)));
    }
}
