use std::time::Duration;

use fiscal::Timestamp;

/// Says what time it is. A test chooses; a process takes the system's, which time synchronisation keeps.
pub trait Clock: Send + Sync {
    /// Now, to the second.
    fn now(&self) -> Timestamp;

    /// Lets some time pass.
    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
