use fiscal::DeviceId;

use super::DeviceState;

/// Why something about devices was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceFault {
    /// `ACTIVATION_CODE`: which of them is wrong is not told.
    #[error(
        "this activation code is not one of this device: type it as it was shown, or have a new one made"
    )]
    Code,
    /// `ACTIVATION_CODE_OVER`
    #[error("this activation code was used or is over: have a new one made")]
    CodeOver,
    /// `ACTIVATION_CODE_MISSING`
    #[error(
        "nobody has shown an activation code for the device {0}: have one made, and type it at its proxy"
    )]
    NotRedeemed(DeviceId),
    /// `DEVICE_STATE`: what is asked for is nothing that a device in its state does.
    #[error("{}", of_state(*device, *state))]
    State {
        /// Which one.
        device: DeviceId,
        /// Its state.
        state: DeviceState,
    },
    /// `NOT_HOMOLOGATED`
    #[error(
        "the device {0} waits for its homologation, and until then the cloud seals: have the operator of the platform \
         confirm it"
    )]
    NotHomologated(DeviceId),
    /// `OUTLET_HAS_DEVICE`
    #[error("the outlet has an active device, {0}: end its life first")]
    OutletHasDevice(DeviceId),
    /// `DEVICE_ELSEWHERE`
    #[error("the device {0} is of another outlet, and stays there for its life: register another")]
    Elsewhere(DeviceId),
    /// `DEVICE_IN_MODE`
    #[error(
        "the outlet seals with the device {0}: switch it to the cloud first, or say that the device is lost"
    )]
    InMode(DeviceId),
    /// `DEVICE_KEY`
    #[error("the device {0} shows another key than before, or another device's: have somebody look at it")]
    OtherKey(DeviceId),
    /// `TOO_MANY_DEVICES`
    #[error("there are {0} devices already of this outlet: ask the operator of the platform")]
    TooMany(usize),
    /// `HEALTH_FORM`
    #[error("what the device says of itself is longer than {0} bytes: look at its proxy")]
    HealthTooLong(usize),
}

fn of_state(device: DeviceId, state: DeviceState) -> String {
    if state.is_alive() {
        format!("the device {device} is {state}, and that does not lead there: look at what it needs first")
    } else {
        format!("the device {device} is done: its life has ended already ({state})")
    }
}

impl DeviceFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Code => "ACTIVATION_CODE",
            Self::CodeOver => "ACTIVATION_CODE_OVER",
            Self::NotRedeemed(_) => "ACTIVATION_CODE_MISSING",
            Self::State { .. } => "DEVICE_STATE",
            Self::NotHomologated(_) => "NOT_HOMOLOGATED",
            Self::OutletHasDevice(_) => "OUTLET_HAS_DEVICE",
            Self::Elsewhere(_) => "DEVICE_ELSEWHERE",
            Self::InMode(_) => "DEVICE_IN_MODE",
            Self::OtherKey(_) => "DEVICE_KEY",
            Self::TooMany(_) => "TOO_MANY_DEVICES",
            Self::HealthTooLong(_) => "HEALTH_FORM",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_whose_life_has_ended_is_said_to_be_done() {
        let of = |state| DeviceFault::State { device: "DEF-000123".parse().unwrap(), state }.to_string();
        assert!(
            of(DeviceState::Lost).ends_with("its life has ended already (lost)"),
            "{}",
            of(DeviceState::Lost)
        );
        assert!(of(DeviceState::Registered).contains("is registered"), "{}", of(DeviceState::Registered));
    }

    #[test]
    fn a_serial_number_that_is_registered_needs_another_code_and_no_other_number() {
        let said = crate::RegistryFault::Exists("serial number").to_string();
        assert_eq!(
            said,
            "this serial number is registered already: `stelala cloud device code` makes another code"
        );
    }
}
