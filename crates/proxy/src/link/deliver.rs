//! The device's journal on its way to a cloud: in order, as far as the window goes, from where the cloud holds it.

use std::{collections::VecDeque, time::Duration};

use tokio::time::timeout;
use tunnel::{FromProxy, MAX_LINES, WINDOW};

use super::{Ended, session::Session};
use crate::spool::JournalId;

/// Records that a cloud said nothing of for so long are sent again.
const AGAIN: Duration = Duration::from_secs(30);
/// How long a message becomes at most, about.
const MESSAGE: usize = 256 * 1024;

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Up to here the cloud holds everything.
    pub(super) held: u64,
    /// Counts how often it was asked to begin again there.
    pub(super) round: u64,
}

/// What is on its way.
struct Window {
    sent: u64,
    /// The last position and the weight of each message.
    under_way: VecDeque<(u64, usize)>,
    round: u64,
}

impl Window {
    fn weight(&self) -> usize {
        self.under_way.iter().map(|(_, weight)| weight).sum()
    }

    /// Says whether something came of it.
    fn hear(&mut self, cursor: Cursor) -> bool {
        if cursor.round != self.round || cursor.held > self.sent {
            *self = Self { sent: cursor.held, under_way: VecDeque::new(), round: cursor.round };
            return true;
        }
        let before = self.under_way.len();
        while self.under_way.front().is_some_and(|(end, _)| *end <= cursor.held) {
            self.under_way.pop_front();
        }
        self.under_way.len() < before
    }

    fn begin_again(&mut self, held: u64) {
        self.sent = held;
        self.under_way.clear();
    }
}

pub(super) async fn deliver(session: Session, cloud: String, journal: JournalId) -> Result<(), Ended> {
    let mut filled = session.desk.watch_filled();
    let mut cursor = session.cursor.subscribe();
    let now = *cursor.borrow_and_update();
    let mut window = Window { sent: now.held, under_way: VecDeque::new(), round: now.round };
    loop {
        while window.weight() < WINDOW {
            let chunk = session.desk.reader.lines_after(journal, window.sent, MAX_LINES, MESSAGE);
            let chunk = chunk.map_err(|fault| Ended::Broken(fault.to_string()))?;
            let Some((epoch, first_position, lines)) = chunk else { break };
            let weight = lines.iter().map(tunnel::JournalLine::weight).sum();
            window.sent = first_position + lines.len() as u64 - 1;
            window.under_way.push_back((window.sent, weight));
            session.say(&FromProxy::Records { epoch, first_position, lines }).await;
        }
        let behind = filled.borrow().map_or(0, |(_, filled)| filled.saturating_sub(cursor.borrow().held));
        session.desk.metrics.behind(&cloud, behind);
        let changed = async {
            tokio::select! {
                changed = filled.changed() => changed,
                changed = cursor.changed() => changed,
            }
        };
        match timeout(AGAIN, changed).await {
            Ok(Ok(())) => {
                let now = *cursor.borrow_and_update();
                window.hear(now);
            }
            Ok(Err(_)) => return Ok(()),
            Err(_) if window.under_way.is_empty() => {}
            Err(_) => window.begin_again(cursor.borrow().held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window { sent: 30, under_way: VecDeque::from([(10, 5), (20, 5), (30, 5)]), round: 0 }
    }

    #[test]
    fn what_is_held_leaves_the_window() {
        let mut window = window();
        assert!(window.hear(Cursor { held: 20, round: 0 }));
        assert_eq!((window.sent, window.weight()), (30, 5));
        assert!(!window.hear(Cursor { held: 29, round: 0 }), "a part of a message does not");
    }

    #[test]
    fn a_cloud_that_asks_again_gets_it_from_there() {
        let mut window = window();
        window.hear(Cursor { held: 12, round: 1 });
        assert_eq!((window.sent, window.weight()), (12, 0));
    }

    #[test]
    fn a_cloud_that_holds_more_than_was_sent_is_believed() {
        let mut window = window();
        window.hear(Cursor { held: 40, round: 0 });
        assert_eq!((window.sent, window.weight()), (40, 0));
    }
}
