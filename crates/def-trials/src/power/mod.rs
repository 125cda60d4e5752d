//! Power fails at every operation on the flash and the secure element, in every manner; then the device has to know
//! what it sealed.
//!
//! A [`Scenario`] is one life of a device: sales, notes, closures, acknowledgements, resets, reboots, cuts, so many
//! that the ring of sectors goes round. It is run once; each operation of it that outlasts a cut is kept with the
//! state before it. A path is one such operation, left in one [`Outcome`](def_sim::Outcome), and what a host then
//! does: it looks, says again what had no answer, sells, closes, and looks again after another reboot, while weak
//! cells read otherwise each time. In a pair, power fails a second time while the device starts.
//!
//! What must hold on each path:
//! * every record that an answer or a reading had shown is there, byte for byte, in its place, until a RESET that
//!   names it; what had been reported absent stays absent;
//! * the record in flight is there once or not at all, and nothing else is there but records of start and recovery;
//! * positions and numbers have no gap, each record names the one before, and each count of the secure element is a
//!   record's or stated as skipped by a recovery record;
//! * the request in flight can be said again, the next sale takes the next number, and the closure comes to what was
//!   sealed.

mod audit;
mod campaign;
mod check;
mod journal;
mod known;
mod path;
mod recorder;
mod scenario;
mod script;

pub use campaign::{Campaign, Pairs, Tally, Violation};
pub use journal::Line;
pub use path::{Cut, PathFault, PathId};
pub use scenario::{Flight, Scenario, Step};
