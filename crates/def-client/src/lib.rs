//! The host's side of a fiscal memory (DEF).
//!
//! * A [`Host`] asks a device over a [`Line`], serial or TCP: it frames, waits as long as the protocol says, knows its
//!   answers by their correlation and opens the line again when it broke;
//! * a [`Sale`] takes one payload from its first PREPARE until it is known what became of it, whatever is lost, late,
//!   doubled or torn in between, and does no I/O;
//! * a [`Till`] keeps each sale before it is offered, so that it can crash anywhere and ends with one seal and one
//!   original receipt.
//!
//! ```no_run
//! use def_client::{Address, Folder, Host, HostPace, Outcome, Port, Till};
//!
//! # fn sell(payload: &str, random: u64, printer: &mut impl def_client::Printer) -> Result<(), Box<dyn std::error::Error>> {
//! let Ok(address) = "/dev/ttyACM0".parse::<Address>();
//! let mut host = Host::new(Port::new(&address), HostPace::start(), random);
//! let mut till = Till::new(Folder::of_till("till")?, None);
//! for intent in till.unfinished()? {
//!     match till.resume(intent.hash(), &mut host)? {
//!         Outcome::Sealed(intent) => drop(till.print(intent.hash(), printer)?),
//!         other => eprintln!("{}: {other:?}", intent.hash()),
//!     }
//! }
//! match till.sell(payload, &mut host)? {
//!     Outcome::Sealed(intent) => drop(till.print(intent.hash(), printer)?),
//!     other => eprintln!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `docs/protocol.md` is what both ends rest on.

mod address;
mod answer;
mod exchange;
mod host;
mod line;
mod offer;
mod pace;
mod sale;
mod till;

pub use address::Address;
pub use answer::{Answer, Progress, Refusal};
pub use host::{Host, HostFault, Lost, MOST_ATTEMPTS, OnProgress};
pub use line::{Line, Port};
pub use offer::Offer;
pub use pace::{HostPace, Pace};
pub use sale::{Ending, Note, Question, Sale, SealDoubt, Signer, Step, Told, Unclear};
pub use till::{
    Files, Folder, Intent, IntentFault, Job, Outcome, PrintFault, Printer, Stage, StoreFault, Till, TillFault,
};
