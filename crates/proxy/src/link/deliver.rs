//! The device's journal on its way to a cloud: in order, as far as the window goes, from where the cloud holds it.

use std::{collections::VecDeque, time::Duration};

use tokio::time::timeout;
use tunnel::{FromProxy, MAX_LINES, Place, WINDOW};

use super::{Ended, session::Session};
use crate::{
    device::Trouble,
    spool::{JournalId, Stretch},
};

/// Records that a cloud said nothing of for so long are sent again.
const AGAIN: Duration = Duration::from_secs(30);
/// How long a message becomes at most, about.
const MESSAGE: usize = 256 * 1024;

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Up to here the cloud holds everything.
    pub(super) held: Place,
    /// Counts how often it was asked to begin again there.
    pub(super) round: u64,
}

/// What is on its way.
struct Window {
    sent: Place,
    /// The last place and the weight of each message.
    under_way: VecDeque<(Place, usize)>,
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

    fn begin_again(&mut self, held: Place) {
        self.sent = held;
        self.under_way.clear();
    }
}

pub(super) async fn deliver(session: Session, cloud: String, journal: JournalId) -> Result<(), Ended> {
    let mut filled = session.desk.watch_filled();
    let mut cursor = session.cursor.subscribe();
    let now = *cursor.borrow_and_update();
    let mut mended = None;
    let mut window = Window { sent: now.held, under_way: VecDeque::new(), round: now.round };
    loop {
        while window.weight() < WINDOW {
            let stretch = session.desk.reader.lines_after(journal, window.sent, MAX_LINES, MESSAGE);
            match stretch.map_err(|fault| Ended::Broken(fault.to_string()))? {
                Stretch::End => break,
                // Once at a time: what the device says again may be damaged itself.
                Stretch::Damaged(place) if mended == Some(place) => {
                    mended = None;
                    break;
                }
                Stretch::Damaged(place) => match mend(&session, place).await {
                    Mended::Again => mended = Some(place),
                    Mended::Later => break,
                    Mended::Never => window.sent = Place { position: u64::MAX, ..place },
                },
                Stretch::Lines { first, lines } => {
                    let weight = lines.iter().map(tunnel::JournalLine::weight).sum();
                    let Place { epoch, position: first_position } = first;
                    window.sent = Place { epoch, position: first_position + lines.len() as u64 - 1 };
                    window.under_way.push_back((window.sent, weight));
                    session.say(&FromProxy::Records { epoch, first_position, lines }).await;
                }
            }
        }
        session.desk.metrics.behind(&cloud, session.desk.behind(&cloud));
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

/// What comes of a damaged row.
enum Mended {
    Again,
    Later,
    /// Of an epoch that the device has left: the others go on.
    Never,
}

/// The device has what was damaged here: it is read again before it is delivered.
async fn mend(session: &Session, place: Place) -> Mended {
    match session.desk.mend(place).await {
        Ok(_) => {
            tracing::warn!(?place, "a damaged record of the spool was read from the device again");
            Mended::Again
        }
        Err(trouble @ Trouble::Wrong(_)) => {
            tracing::error!(?place, %trouble, "a record of the spool is damaged, and the device shows it no more");
            Mended::Never
        }
        Err(trouble) => {
            tracing::warn!(?place, %trouble, "a record of the spool is damaged, and the device cannot be asked now");
            Mended::Later
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(position: u64) -> Place {
        Place { epoch: 1, position }
    }

    fn window() -> Window {
        Window { sent: at(30), under_way: VecDeque::from([(at(10), 5), (at(20), 5), (at(30), 5)]), round: 0 }
    }

    #[test]
    fn what_is_held_leaves_the_window() {
        let mut window = window();
        assert!(window.hear(Cursor { held: at(20), round: 0 }));
        assert_eq!((window.sent, window.weight()), (at(30), 5));
        assert!(!window.hear(Cursor { held: at(29), round: 0 }), "a part of a message does not");
    }

    #[test]
    fn a_cloud_that_asks_again_gets_it_from_there() {
        let mut window = window();
        window.hear(Cursor { held: at(12), round: 1 });
        assert_eq!((window.sent, window.weight()), (at(12), 0));
    }

    #[test]
    fn a_cloud_that_holds_more_than_was_sent_is_believed() {
        let mut window = window();
        window.hear(Cursor { held: at(40), round: 0 });
        assert_eq!((window.sent, window.weight()), (at(40), 0));
    }

    #[test]
    fn a_position_of_an_earlier_epoch_takes_nothing_of_this_one_out() {
        let mut window = window();
        assert!(!window.hear(Cursor { held: Place { epoch: 0, position: 1_000 }, round: 0 }));
        assert_eq!((window.sent, window.weight()), (at(30), 15));
    }
}
