use std::{path::PathBuf, thread, time::Duration};

use anyhow::Context;
use cloud_trials::{Crew, Dice, Keys, OUTLETS, Place, Server, Shop, Store, temporary, with_crew};

use crate::{
    authority::Authority,
    cloud::enter,
    deck::{Deck, Disturbance},
    judge::Verdict,
    stage::Stage,
    tally::Tally,
};

/// What is tried.
pub struct Campaign {
    /// The program.
    pub binary: PathBuf,
    /// One or two, over one database.
    pub processes: usize,
    /// How many tills sell.
    pub tills: u64,
    /// What restarts the database as a crash would.
    pub restart: Option<String>,
    /// Whether in the end the authority is away for longer than a request waits, and counters are waited for.
    pub slow: bool,
}

/// A till waits no longer for an answer: a process may be paused.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// About as many sales as are sent, so that there is always something to send.
const REST: Duration = Duration::from_millis(500);
/// With counters to be waited for: as few as let them speak.
const SLOW_REST: Duration = Duration::from_secs(4);
const SECTION: &str = "[authority]\nenabled = true\nhosts = [\"127.0.0.1\"]\nallow_loopback = true\n";
/// In this time all is at rest: a lease, a breaker that opened twice, a second try.
const AT_REST_WITHIN: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_secs(1);
/// Counters decide eleven minutes after a doubt at the earliest, by the next confirm.
const COUNTERS_WITHIN: Duration = Duration::from_secs(14 * 60);
const SLOW_LOOK: Duration = Duration::from_secs(20);

impl Campaign {
    /// So many cycles over one new ledger, from its first record to the comparison with the authority's books.
    pub fn run(&self, store: Store, cycles: u64, seed: u64) -> anyhow::Result<Tally> {
        let folder = temporary("stelala-authority-")?;
        let tried = self.in_folder(folder.path(), store, cycles, seed);
        if !tried.as_ref().is_ok_and(|tally| tally.violations.is_empty()) {
            eprintln!("ledger, logs and the authority's books stay in {}", folder.keep().display());
        }
        tried
    }

    fn in_folder(
        &self,
        folder: &std::path::Path,
        store: Store,
        cycles: u64,
        seed: u64,
    ) -> anyhow::Result<Tally> {
        let place = Place::make(&self.binary, folder, store, Keys::Software, self.processes)?;
        place.configure(SECTION)?;
        let mut shop = Shop::new(&place.api_key, PATIENCE);
        shop.rest = if self.slow { SLOW_REST } else { REST };
        let shop = shop;
        let authority = Authority::new(&place, OUTLETS.len())?;
        let mut servers = Vec::new();
        for process in 1..=self.processes {
            let server = Server::start(&place, process, None)?;
            shop.moved(process, server.address());
            servers.push(server);
        }
        enter(&shop, &authority.url(), &authority.machines)?;
        authority.fail()?;
        let mut stage = Stage {
            place: &place,
            shop: &shop,
            authority,
            servers,
            restart: self.restart.as_deref(),
            dice: Dice::new(seed),
            tally: Tally::default(),
        };
        with_crew(&shop, &place, self.tills, seed, |crew| self.play(&mut stage, crew, cycles))?;
        stage.tally.violations.splice(0..0, shop.violations());
        Ok(stage.tally)
    }

    fn play(&self, stage: &mut Stage<'_>, crew: &mut Crew<'_>, cycles: u64) -> anyhow::Result<()> {
        let mut deck = Deck::new(self.processes);
        while stage.tally.cycles < cycles && stage.shop.violations().is_empty() {
            let how = deck.draw(&mut stage.dice);
            let cycle = stage.tally.cycles;
            stage.disturb(how).with_context(|| format!("cycle {cycle}: {how}"))?;
            crew.settle()?;
            stage.tally.cycles += 1;
            eprintln!("cycle {cycle}: {how}; {} finalised", stage.authority.finalised()?);
        }
        if self.slow {
            stage.disturb(Disturbance::AuthorityAway)?;
            wait_for_counters(stage)?;
        }
        stage.authority.heal()?;
        crew.judge()?;
        let (Verdict { wrong, moving, counts }, looks) = at_rest(stage)?;
        (stage.tally.counts, stage.tally.looks) = (counts, looks);
        stage.tally.violations = wrong;
        let seconds = AT_REST_WITHIN.as_secs();
        let still = moving.into_iter().map(|what| format!("after {seconds} s still {what}"));
        stage.tally.violations.extend(still);
        stage.count_moves()?;
        end(stage)
    }
}

/// Tills have ended, and the authority works: soon nothing moves any more. Says after how many looks.
fn at_rest(stage: &Stage<'_>) -> anyhow::Result<(Verdict, u64)> {
    let (mut verdict, mut looks) = (stage.judge()?, 1);
    while !verdict.moving.is_empty() && looks < AT_REST_WITHIN.as_secs() / LOOK.as_secs() {
        thread::sleep(LOOK);
        verdict = stage.judge()?;
        looks += 1;
    }
    Ok((verdict, looks))
}

/// Sells on until what was not finalised is AMBIGUOUS no more, or counters have had their time: they say no, and never yes.
fn wait_for_counters(stage: &Stage<'_>) -> anyhow::Result<()> {
    for look in 0..COUNTERS_WITHIN.as_secs() / SLOW_LOOK.as_secs() {
        thread::sleep(SLOW_LOOK);
        let Verdict { counts, moving, .. } = stage.judge()?;
        let (finalised, not) = (counts.ambiguous_finalised, counts.ambiguous_not);
        let without_code = counts.without_code;
        eprintln!(
            "look {look}: AMBIGUOUS for long: {finalised} finalised, {not} not; {without_code} without code; {} on their way",
            moving.len()
        );
        if not == 0 && !moving.iter().any(|what| what.contains("AMBIGUOUS")) {
            break;
        }
    }
    Ok(())
}

/// The processes end in good order, and the ledger is true.
fn end(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    for server in &mut stage.servers {
        if !server.stop()? {
            stage.tally.violations.push("a server did not end in good order".to_owned());
        }
    }
    let config = stage.place.config_of(1);
    let mut verify = stage.place.program();
    verify.args(["verify", "ledger", "--lang", "en", "--config"]).arg(config);
    for heads in stage.place.heads() {
        verify.arg("--heads").arg(heads);
    }
    let said = verify.output()?;
    let words = String::from_utf8_lossy(&said.stdout);
    stage.tally.verified = words.lines().next().unwrap_or_default().to_owned();
    if !said.status.success() {
        let fault = String::from_utf8_lossy(&said.stderr);
        stage.tally.violations.push(format!("the ledger is not true: {words}{fault}"));
    }
    Ok(())
}
