//! Records that have no place in a device's chain as they came, and are read from the device again: not for ever.

use std::{sync::Arc, time::Duration};

use fiscal::{Epoch, Position};
use tokio::time::Instant;
use tunnel::Work;

use super::{alerts, link::Link};
use crate::app::App;

/// What was read again from one position.
#[derive(Default)]
pub(super) struct Rereads {
    from: Option<(Epoch, u64)>,
    times: usize,
    /// Until then, what comes may have been on its way before.
    quiet: Option<Instant>,
}

/// What is wrong on its way is right the second time, or the third. What the device itself has wrong stays so.
const TIMES: usize = 2;
const QUIET: Duration = Duration::from_secs(5);
/// So long a proxy may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl Rereads {
    /// Has the proxy read from a position on again, or somebody told that this does not help.
    pub(super) async fn ask(&mut self, app: &Arc<App>, link: &Arc<Link>, epoch: Epoch, position: u64) {
        match self.next(epoch, position, Instant::now()) {
            Next::Nothing => {}
            Next::Read => {
                let link = Arc::clone(link);
                tokio::spawn(async move {
                    let work = Work::Again { epoch: epoch.0, position };
                    if let Err(fault) = link.ask(work, PATIENCE).await {
                        tracing::debug!(device = %link.device, ?fault, "records were not read again");
                    }
                });
            }
            Next::Alert => alerts::stuck(app, link, epoch, position).await,
        }
    }

    /// From where the proxy was asked to read again, in this epoch.
    pub(super) fn asked(&self, epoch: Epoch) -> Option<Position> {
        let (asked, position) = self.from.filter(|_| self.times > 0)?;
        if asked == epoch { Position::new(position) } else { None }
    }

    fn next(&mut self, epoch: Epoch, position: u64, now: Instant) -> Next {
        if self.from != Some((epoch, position)) {
            *self = Self { from: Some((epoch, position)), ..Self::default() };
        }
        if self.quiet.is_some_and(|until| now < until) {
            return Next::Nothing;
        }
        self.quiet = Some(now + QUIET);
        self.times = self.times.saturating_add(1);
        match self.times {
            ..=TIMES => Next::Read,
            times if times == TIMES + 1 => Next::Alert,
            _ => Next::Nothing,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    Read,
    Alert,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_read_twice_and_then_somebody_is_told_once() {
        let mut rereads = Rereads::default();
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let said = [0, 1, 6, 7, 12, 18, 600].map(|seconds| rereads.next(Epoch(0), 7, at(seconds)));
        use Next::{Alert, Nothing, Read};
        assert_eq!(said, [Read, Nothing, Read, Nothing, Alert, Nothing, Nothing]);
        assert_eq!(rereads.next(Epoch(0), 8, at(600)), Read, "another place is another matter");
    }
}
