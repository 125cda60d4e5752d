//! What happens in a scenario.

use def_sim::{Outcome, Seeded, Style};

/// Between two starts of the device.
pub(super) type Life = Vec<Action>;

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Init,
    Manifest,
    /// A sale of so many lines.
    Sell(usize),
    /// A sale with long descriptions that nothing makes shorter: it takes several sectors.
    SellLong,
    /// A note over some lines of the last sale of this epoch: from which, and how many.
    TakeBack(&'static str, usize, usize),
    Close,
    Acknowledge,
    /// Sets the clock to what it shows.
    SetTime,
    Reset,
    Rest,
    /// Time passes.
    Hours(u64),
    /// Power fails during a sale, at so many operations from its beginning.
    Crash(u64, Outcome),
}

/// Two epochs. In each: short and long records, notes that follow each other, closures, acknowledgements on record
/// and not, starts in good order and after a cut.
pub(super) fn script(seed: u64) -> Vec<Life> {
    let mut random = Seeded::new(seed ^ 0x5C21_97A3);
    let mut lives = vec![vec![Action::Init, Action::Rest, Action::Sell(1), Action::Manifest]];
    for epoch in 0..2 {
        for day in [first_day(&mut random), second_day(&mut random)] {
            if let Some(life) = lives.last_mut() {
                life.extend(day);
                life.push(crash(&mut random));
            }
            lives.push(Vec::new());
        }
        let mut end = vec![Action::Sell(1), Action::Hours(25), Action::Close, Action::Rest];
        end.extend([Action::Acknowledge, Action::SetTime]);
        if epoch == 0 {
            end.push(Action::Reset);
        }
        end.extend([Action::Rest, Action::Sell(2)]);
        if let Some(life) = lives.last_mut() {
            life.extend(end);
        }
    }
    lives
}

fn first_day(random: &mut Seeded) -> Vec<Action> {
    let mut actions = vec![
        Action::SellLong,
        Action::Sell(5),
        Action::TakeBack("RAM", 0, 2),
        Action::TakeBack("RAM", 2, 3),
        Action::Rest,
        Action::Sell(2),
        Action::TakeBack("RAN", 0, usize::MAX),
        Action::Acknowledge,
        Action::Close,
    ];
    // Notes follow the sale that they name; another sale may come before or after.
    if random.below(2) == 0 {
        actions.insert(0, Action::Sell(1 + random.below(15) as usize));
    }
    if random.below(2) == 0 {
        actions.insert(1, Action::Hours(1 + random.below(30)));
    }
    actions
}

fn second_day(random: &mut Seeded) -> Vec<Action> {
    let mut actions = vec![Action::Sell(3), Action::Rest, Action::SellLong, Action::Close];
    if random.below(2) == 0 {
        actions.insert(2, Action::Sell(1 + random.below(20) as usize));
    }
    actions
}

fn crash(random: &mut Seeded) -> Action {
    let styles = Style::OF_PROGRAM;
    let style = styles[random.below(styles.len() as u64) as usize];
    Action::Crash(random.below(8), Outcome::new(style, random.bits() % 1_000))
}
