use std::{cell::Cell, rc::Rc};

/// The power of a [`super::FileFlash`], which can be told to fail. A clone is another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Power(Rc<Cell<Supply>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Supply {
    #[default]
    On,
    /// It fails in the middle of the page program after so many whole ones.
    FailsAfter(u32),
    Off,
}

/// How much of a page program the power lasts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    All,
    Half,
    Nothing,
}

impl Power {
    /// Has it fail in the middle of the page program after so many whole ones.
    pub fn fail_after(&self, programs: u32) {
        self.0.set(Supply::FailsAfter(programs));
    }

    /// Whether it failed. It does not come again: make the parts anew.
    pub fn is_off(&self) -> bool {
        self.0.get() == Supply::Off
    }

    pub(super) fn program(&self) -> Lasts {
        let (next, lasts) = match self.0.get() {
            Supply::On => (Supply::On, Lasts::All),
            Supply::FailsAfter(0) => (Supply::Off, Lasts::Half),
            Supply::FailsAfter(programs) => (Supply::FailsAfter(programs - 1), Lasts::All),
            Supply::Off => (Supply::Off, Lasts::Nothing),
        };
        self.0.set(next);
        lasts
    }
}
