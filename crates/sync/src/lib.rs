//! Brings every sealed invoice to the tax authority, once.
//!
//! The ledger is the queue: a [`Job`] follows from each invoice in it. A [`Machine`] is one e-MCF of the authority. What may
//! happen to a job is decided by pure rules in `course`; a `lane` drives one machine by them over a [`Book`] and an
//! [`edef::Authority`].
//!
//! Only a confirm finalises, so the heart of it is small: as long as it is not certain that no confirm of an invoice had
//! effect, no second request of it is made. What cannot be found out is shown to a person.

mod agent;
mod alerts;
mod at;
mod book;
pub mod course;
mod desk;
mod follow;
mod job;
pub mod lane;
mod machine;
mod rates;
mod scribe;
mod sheets;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod spelled;
mod store;
mod tables;
mod transition;
mod words;

pub use agent::{Agent, AgentFigures, AgentParts, AuthorityOf, Settings};
pub use alerts::{Alert, AlertCursor, AlertFilter, AlertKind, AlertsOf, ToldAt, ToldAtFault, Watched};
pub use at::{At, Theirs};
pub use book::{Book, BookFault, Change, Kept, Lease, OriginalStanding, Paper, Written};
pub use desk::{
    Asked, Desk, DeskFault, Figures, Finalised, InHands, JobCursor, JobFile, JobFilter, Listed,
    MachineChange, NewMachine, Owner, Retried, Settlement, Sight, StateCount,
};
pub use follow::{Followed, Follower};
pub use job::{
    Doubt, DoubtCause, Elements, Era, Gone, Intent, Job, JobId, JobIdFault, JobState, Original, Problem,
    Source, Step, Totals,
};
pub use machine::{Baseline, BlockCause, Breaker, Machine, MachineId, MachineState};
pub use rates::RatesSince;
pub use sheets::{
    Absent, Complete, CompleteFault, ExportOrder, Exported, GivenBack, HandOutId, ImportOrder, Imported,
    LeftOut, ResultFile, RowAnswer, RowFault, RowOutcome, SheetFault, SheetForm, SheetPart,
};
pub use store::{Candidate, StoreBook, Sync};
pub use tables::TABLES;
pub use transition::{Cause, Transition};
