//! A board that guards nothing.

use def_engine::board::Protection;

/// The debug port of a simulator, which is as open as the machine that it runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenBoard;

impl Protection for OpenBoard {
    fn debug_locked(&mut self) -> bool {
        false
    }
}
