//! Processes that end at any moment, over a database that may have done what it says that it could not.

mod broken;
mod faulty;
mod simulation;
#[path = "../../tests/world/mod.rs"]
mod world;
