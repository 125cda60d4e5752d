use std::{
    thread,
    time::{Duration, Instant},
};

/// Time that only passes, for deadlines; no one's clock.
pub trait Pace {
    /// Since some moment in the past.
    fn elapsed(&mut self) -> Duration;

    /// Lets so much pass.
    fn pause(&mut self, time: Duration);
}

/// The time of this machine.
#[derive(Debug)]
pub struct HostPace(Instant);

impl HostPace {
    /// From now on.
    #[allow(clippy::disallowed_methods, reason = "for deadlines only: no seal has this time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Pace for HostPace {
    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

impl<P: Pace + ?Sized> Pace for &mut P {
    fn elapsed(&mut self) -> Duration {
        (**self).elapsed()
    }

    fn pause(&mut self, time: Duration) {
        (**self).pause(time);
    }
}
