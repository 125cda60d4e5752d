//! What the next step is from who holds a line to who is to hold it: no I/O, so that every case can be looked at.

use fiscal::DeviceId;

/// Who holds a line, or is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The cloud's own signer.
    Cloud,
    /// A device.
    Device(DeviceId),
}

/// How the device is on which the next step hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It cannot be asked.
    Away,
    /// It seals.
    Sealing,
    /// It stands by: it left the line, or has not entered yet.
    StandingBy,
}

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is as it is to be.
    Settled,
    /// Nothing can be done before this device is back.
    Await(DeviceId),
    /// The cloud closes its line for this device.
    Give(DeviceId),
    /// The device is told to enter, from where the cloud closed.
    Enter(DeviceId),
    /// The device is told to leave.
    Leave(DeviceId),
    /// The cloud takes the line back, behind the device's close.
    TakeBack(DeviceId),
}

/// From one side to the other. `seen` is the device that holds the line, or is to get it from the cloud.
pub(super) fn next(wanted: Side, holder: Side, seen: Seen) -> Step {
    match (holder, wanted, seen) {
        (Side::Cloud, Side::Cloud, _) => Step::Settled,
        (Side::Cloud, Side::Device(device), Seen::StandingBy) => Step::Give(device),
        // One that seals although the line is the cloud's would give numbers twice: it is not told to go on.
        (Side::Cloud, Side::Device(device), Seen::Away | Seen::Sealing) => Step::Await(device),
        (Side::Device(holder), _, Seen::Away) => Step::Await(holder),
        (Side::Device(holder), wanted, Seen::Sealing) if wanted == Side::Device(holder) => Step::Settled,
        (Side::Device(holder), wanted, Seen::StandingBy) if wanted == Side::Device(holder) => {
            Step::Enter(holder)
        }
        // Another device gets it by way of the cloud.
        (Side::Device(holder), _, Seen::Sealing) => Step::Leave(holder),
        (Side::Device(holder), _, Seen::StandingBy) => Step::TakeBack(holder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str) -> DeviceId {
        name.parse().unwrap()
    }

    /// What a step does when it succeeds.
    fn done(step: Step, holder: Side, seen: Seen) -> (Side, Seen) {
        match step {
            Step::Settled | Step::Await(_) => (holder, seen),
            Step::Give(to) => (Side::Device(to), Seen::StandingBy),
            Step::Enter(_) => (holder, Seen::Sealing),
            Step::Leave(_) => (holder, Seen::StandingBy),
            // The device that gets it next stands by.
            Step::TakeBack(_) => (Side::Cloud, Seen::StandingBy),
        }
    }

    #[test]
    fn from_any_side_the_steps_lead_to_the_one_that_is_wanted() {
        let [one, other] = ["DEF-1", "DEF-2"].map(|name| Side::Device(device(name)));
        for wanted in [Side::Cloud, one, other] {
            for (holder, seen) in [
                (Side::Cloud, Seen::StandingBy),
                (one, Seen::Sealing),
                (one, Seen::StandingBy),
                (other, Seen::Sealing),
                (other, Seen::StandingBy),
            ] {
                let (mut now, mut steps) = ((holder, seen), 0);
                loop {
                    let step = next(wanted, now.0, now.1);
                    if step == Step::Settled {
                        break;
                    }
                    now = done(step, now.0, now.1);
                    steps += 1;
                    assert!(steps <= 4, "{wanted:?} from {holder:?} {seen:?}");
                }
                assert_eq!(now.0, wanted);
            }
        }
    }

    #[test]
    fn a_device_that_is_away_changes_nothing() {
        let one = device("DEF-1");
        for wanted in [Side::Cloud, Side::Device(one), Side::Device(device("DEF-2"))] {
            assert_eq!(next(wanted, Side::Device(one), Seen::Away), Step::Await(one));
        }
        assert_eq!(next(Side::Device(one), Side::Cloud, Seen::Away), Step::Await(one));
    }

    #[test]
    fn the_line_is_never_given_to_a_device_that_seals_already() {
        let one = device("DEF-1");
        assert_eq!(next(Side::Device(one), Side::Cloud, Seen::Sealing), Step::Await(one));
    }
}
