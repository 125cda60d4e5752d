//! Answers that come when the turn of a machine is over.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use edef::{
    Authority, CallFault, Confirmed, CurrencyRates, Finalising, InvoiceRequest, PendingInvoice, Requested,
    Status, TaxGroups, Uid,
};
use sync::{Agent, AgentParts, Cause, Job, JobState, Machine, Settings};

use crate::world::{TestVault, World, all_are, all_recorded, authority_of, by, entropy, translator};

/// Holds what the authority answers to a confirm of a machine's worker.
#[derive(Default)]
struct Hold {
    /// The machine, whose worker for confirms has a name of his own.
    machine: String,
    holds: AtomicBool,
    is_open: AtomicBool,
}

impl Hold {
    fn of(machine: &Machine) -> Arc<Self> {
        Arc::new(Self { machine: machine.id.to_string(), ..Self::default() })
    }

    fn holds(&self) -> bool {
        self.holds.load(Ordering::SeqCst)
    }

    fn let_go(&self) {
        self.is_open.store(true, Ordering::SeqCst);
    }

    fn pass(&self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        // The machine's first thread ends its turn: it is another one that is left behind.
        if name != format!("{}-2", self.machine) {
            return;
        }
        self.holds.store(true, Ordering::SeqCst);
        for _ in 0..3_000 {
            if self.is_open.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

struct Slow {
    authority: Box<dyn Authority>,
    hold: Arc<Hold>,
}

impl Authority for Slow {
    fn status(&self) -> Result<Status, CallFault> {
        self.authority.status()
    }

    fn request(&self, invoice: &InvoiceRequest) -> Result<Requested, CallFault> {
        self.authority.request(invoice)
    }

    fn pending(&self, uid: &Uid) -> Result<PendingInvoice, CallFault> {
        self.authority.pending(uid)
    }

    fn confirm(&self, uid: &Uid, totals: &Finalising) -> Result<Confirmed, CallFault> {
        let answer = self.authority.confirm(uid, totals);
        self.hold.pass();
        answer
    }

    fn cancel(&self, uid: &Uid, totals: &Finalising) -> Result<(), CallFault> {
        self.authority.cancel(uid, totals)
    }

    fn tax_groups(&self) -> Result<TaxGroups, CallFault> {
        self.authority.tax_groups()
    }

    fn currency_rates(&self) -> Result<CurrencyRates, CallFault> {
        self.authority.currency_rates()
    }
}

/// An agent with one place.
fn agent(world: &World, hold: &Arc<Hold>, patience: Duration) -> Agent {
    let (plain, hold) = (authority_of(), Arc::clone(hold));
    let parts = AgentParts {
        ledger: world.ledger.clone(),
        clock: world.clock.since_epoch(),
        entropy: Box::new(entropy(world.number * 77 + 5)),
        vault: Arc::new(TestVault),
        authority: Arc::new(move |machine, token| {
            Box::new(Slow { authority: plain(machine, token), hold: Arc::clone(&hold) })
        }),
        translate: translator(),
        by: by(),
    };
    let settings = Settings {
        machines: 1.try_into().unwrap(),
        poll: Duration::from_millis(20),
        turn: Duration::from_millis(300),
        patience,
        ..Settings::default()
    };
    Agent::start(parts, settings).unwrap()
}

const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than what is in hand is looked at when a turn is over.
const LONG: Duration = Duration::from_millis(4_000);

/// Each invoice that the authority finalised has its code.
fn has_each_code(world: &World) -> bool {
    let codes = world.jobs().iter().filter(|job| job.elements.is_some()).count();
    world.finalised() == (codes, codes)
}

pub(crate) fn a_code_that_comes_when_the_lease_is_lost_is_kept(world: &World) {
    let outlet = world.outlets[0];
    let hold = Hold::of(&world.machine(&[outlet]));
    for _ in 0..6 {
        world.sell(outlet);
    }
    let agent = agent(world, &hold, PATIENCE);
    world.until(|_| hold.holds());
    super::lease(world, "another");
    // The agent hears of it when it moves the beats of its leases.
    world.clock.pass(Duration::from_secs(11));
    std::thread::sleep(LONG);
    assert!(!has_each_code(world));
    hold.let_go();
    for _ in 0..500 {
        if has_each_code(world) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(has_each_code(world), "{:?}", world.jobs());
    agent.stop();
}

pub(crate) fn a_code_that_comes_while_the_agent_stops_is_kept(world: &World) {
    let outlet = world.outlets[0];
    let hold = Hold::of(&world.machine(&[outlet]));
    for _ in 0..6 {
        world.sell(outlet);
    }
    let agent = agent(world, &hold, PATIENCE);
    world.until(|_| hold.holds());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(LONG);
            hold.let_go();
        });
        agent.stop();
    });
    assert!(has_each_code(world), "{:?}", world.jobs());
    // Under the lease: nobody doubted it meanwhile.
    assert!(world.jobs().iter().all(|job| job.state != JobState::Ambiguous));
}

pub(crate) fn a_turn_that_waits_for_an_answer_keeps_its_machine_and_nobodys_place(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let hold = Hold::of(&world.machine(&[here]));
    world.machine(&[there]);
    for _ in 0..6 {
        world.sell(here);
    }
    let agent = agent(world, &hold, PATIENCE);
    world.until(|_| hold.holds());
    for _ in 0..3 {
        world.sell(there);
    }
    let of = |jobs: &[Job], outlet| -> Vec<Job> {
        jobs.iter().filter(|job| job.place.chain.outlet == outlet).cloned().collect()
    };
    let jobs = world.until(|jobs| all_recorded(&of(jobs, there), 3));
    let out: Vec<_> = of(&jobs, here)
        .into_iter()
        .filter(|job| job.confirming_since.is_some() && job.elements.is_none())
        .collect();
    assert!(out.iter().any(|job| job.state == JobState::Submitted) && agent.figures().driven > 0, "{out:?}");
    hold.let_go();
    world.until(|jobs| all_are(jobs, 9, JobState::Synced));
    let causes = |job: &Job| world.desk(|desk| desk.job(sync::Sight::All, job.id)).unwrap().transitions;
    let doubted = |job: &Job| {
        causes(job).iter().any(|told| told.cause == Cause::ConfirmLost || told.to == JobState::Ambiguous)
    };
    assert!(!world.jobs().iter().any(doubted));
    assert!(has_each_code(world));
    agent.stop();
}

pub(crate) fn an_agent_waits_no_longer_than_a_call_may_take(world: &World) {
    let outlet = world.outlets[0];
    let hold = Hold::of(&world.machine(&[outlet]));
    for _ in 0..6 {
        world.sell(outlet);
    }
    let agent = agent(world, &hold, Duration::from_millis(500));
    world.until(|_| hold.holds());
    agent.stop();
    // It is held for half a minute.
    assert!(!hold.is_open.load(Ordering::SeqCst) && agent.figures().driven == 0 && !has_each_code(world));
    hold.let_go();
}
