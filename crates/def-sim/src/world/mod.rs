//! A board in memory, with handles for the engine and a hand on the power switch.

mod outcome;
mod ports;
mod slots;
mod state;

use std::{cell::RefCell, rc::Rc, time::Duration};

use def_engine::board::{Board, Parts};

pub use self::outcome::{Outcome, Style};
pub use self::ports::{ClockPort, ElementPort, FlashPort, ProtectionPort, RandomPort, TicksPort};
pub use self::slots::{Slots, SlotsPort};
pub use self::state::{Operation, State};

/// A board in memory. A clone is another handle to the same board; [`World::state`] is a copy of it.
///
/// Every operation that changes something that outlasts a power cut has a number, from 0: page programs, sector
/// erases, increments of the counter, new keys, settings of the clock. Power fails at one of them, or between two.
#[derive(Clone, Debug)]
pub struct World(Rc<RefCell<Bench>>);

impl World {
    /// A new board: an erased flash, no key, a clock that was never set. The seed decides everything random.
    pub fn new(sectors: usize, seed: u64) -> Self {
        Self::from(State::new(sectors, seed))
    }

    /// Handles for the engine, all of them.
    pub fn parts(&self) -> Parts<Self> {
        Parts {
            flash: self.flash(),
            element: self.secure_element(),
            clock: self.clock(),
            ticks: self.ticks(),
            random: self.random(),
            protection: self.protection(),
            slots: self.slots(),
        }
    }

    /// A handle for the engine.
    pub fn flash(&self) -> FlashPort {
        FlashPort(self.clone())
    }

    /// A handle for the engine.
    pub fn secure_element(&self) -> ElementPort {
        ElementPort(self.clone())
    }

    /// A handle for the engine.
    pub fn clock(&self) -> ClockPort {
        ClockPort(self.clone())
    }

    /// A handle for the engine.
    pub fn ticks(&self) -> TicksPort {
        TicksPort(self.clone())
    }

    /// A handle for the engine.
    pub fn random(&self) -> RandomPort {
        RandomPort(self.clone())
    }

    /// A handle for the engine.
    pub fn protection(&self) -> ProtectionPort {
        ProtectionPort(self.clone())
    }

    /// A handle for the engine.
    pub fn slots(&self) -> SlotsPort {
        SlotsPort(self.clone())
    }

    /// A copy of everything as it is now.
    pub fn state(&self) -> State {
        self.0.borrow().state.clone()
    }

    /// Changes the board from outside: rot, failing cells, a swapped chip, the time. Not an operation.
    pub fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.0.borrow_mut().state)
    }

    /// Lets time pass for clock and ticks.
    pub fn pass(&self, time: Duration) {
        self.change(|state| state.pass(time));
    }

    /// How many operations there have been, the interrupted one included: the number of the next.
    pub fn operations(&self) -> u64 {
        self.0.borrow().operations
    }

    /// Makes the power fail at this operation, leaving that of it. Only the last call counts.
    pub fn cut_at(&self, operation: u64, outcome: Outcome) {
        self.0.borrow_mut().cut = Some((operation, outcome));
    }

    /// Makes the power fail now, between two operations.
    pub fn cut(&self) {
        self.0.borrow_mut().powered = false;
    }

    /// Whether it has power.
    pub fn is_powered(&self) -> bool {
        self.0.borrow().powered
    }

    /// Gives it power again: ticks begin at 0, a cut that has not come yet is forgotten. What the engine had in
    /// memory is the caller's to drop; operations are numbered on.
    pub fn reboot(&self) {
        let mut board = self.0.borrow_mut();
        board.powered = true;
        board.cut = None;
        board.state.restart();
    }

    /// Whether to keep, from now on, each operation with the state before it.
    pub fn record_forks(&self, recording: bool) {
        self.0.borrow_mut().recording = recording;
    }

    /// The operations that were recorded, oldest first; none are left behind.
    pub fn take_forks(&self) -> Vec<Fork> {
        std::mem::take(&mut self.0.borrow_mut().forks)
    }

    /// The operations that were recorded, without their states.
    pub fn op_log(&self) -> Vec<Operation> {
        self.0.borrow().forks.iter().map(|fork| fork.operation.clone()).collect()
    }
}

impl Board for World {
    type Flash = FlashPort;
    type Element = ElementPort;
    type Clock = ClockPort;
    type Ticks = TicksPort;
    type Random = RandomPort;
    type Protection = ProtectionPort;
    type Slots = SlotsPort;
}

impl From<State> for World {
    /// A board with power, in this state.
    fn from(mut state: State) -> Self {
        state.restart();
        Self(Rc::new(RefCell::new(Bench {
            state,
            powered: true,
            operations: 0,
            cut: None,
            recording: false,
            forks: Vec::new(),
        })))
    }
}

/// An operation that was about to happen. It can be interrupted in any number of ways without being reached again.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The operation's number.
    pub number: u64,
    /// What was about to happen.
    pub operation: Operation,
    /// The state just before it.
    pub before: State,
}

impl Fork {
    /// The board after the power failed in this operation, left that of it, and came back.
    pub fn cut(&self, outcome: Outcome) -> World {
        let mut state = self.before.clone();
        state.interrupt(&self.operation, outcome);
        World::from(state)
    }
}

/// The board on the test bench.
#[derive(Debug)]
struct Bench {
    state: State,
    powered: bool,
    operations: u64,
    cut: Option<(u64, Outcome)>,
    recording: bool,
    forks: Vec<Fork>,
}

/// The power is off, or has just failed.
struct PowerLost;

impl Bench {
    fn check_power(&self) -> Result<(), PowerLost> {
        if self.powered { Ok(()) } else { Err(PowerLost) }
    }

    /// Every operation begins here. The description is only made when someone wants it.
    fn begin(&mut self, describe: impl FnOnce() -> Operation) -> Result<(), PowerLost> {
        self.check_power()?;
        let number = self.operations;
        self.operations += 1;
        let cut = self.cut.filter(|(at, _)| *at == number).map(|(_, outcome)| outcome);
        if !self.recording && cut.is_none() {
            return Ok(());
        }
        let operation = describe();
        if self.recording {
            let before = self.state.clone();
            self.forks.push(Fork { number, operation: operation.clone(), before });
        }
        let Some(outcome) = cut else { return Ok(()) };
        self.state.interrupt(&operation, outcome);
        self.powered = false;
        Err(PowerLost)
    }
}
