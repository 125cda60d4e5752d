//! What devices answered, against what they deliver: a seal that was answered has to arrive, and one record has one hash.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use fiscal::{DeviceId, Epoch, PayloadHash, Position, RecordHash, Timestamp};
use ledger::{ChainId, Place};
use tokio::time::{Instant, sleep};

use super::{Devices, Link, alerts, health, link::Progress, link::locked};
use crate::{
    app::App,
    problem::{Kind, Problem, words},
};

/// So long a device may be connected and not have delivered what it answered.
const PATIENCE: Duration = Duration::from_secs(120);
/// So often it is looked at.
const TICK: Duration = Duration::from_secs(1);
/// So many seals of a device are told apart; of more, the last ones count as one.
const MOST: usize = 1_024;
/// So many sales that were said not to be sealed are remembered.
const DENIED: usize = 4_096;
/// A device's clock and this one are read in whole seconds, each at its own moment.
const ROUNDING: u64 = 2;

/// What devices answered. It is kept in memory only, and by the process that was answered.
#[derive(Default)]
pub(crate) struct Promises {
    owed: Mutex<BTreeMap<DeviceId, Owed>>,
    denied: Mutex<VecDeque<Denied>>,
}

/// What one device answered and has not delivered.
#[derive(Default)]
struct Owed {
    seals: VecDeque<Promise>,
    is_late: bool,
    /// The session in which it was found to have two records at one position.
    forked: Option<u64>,
    /// Its proxy denied a seal; until this process ends.
    has_lied: bool,
}

struct Promise {
    place: (Epoch, u64),
    hash: RecordHash,
    /// For so long it was connected since.
    waited: Duration,
    /// When that was looked at last, if it was connected.
    looked: Instant,
}

/// A sale of which a device's proxy said that it is not sealed.
struct Denied {
    device: DeviceId,
    sale: PayloadHash,
    /// When, by the device's clock.
    at: Timestamp,
}

/// What an answer is to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    New,
    Known,
    /// There was another one at its position.
    Contradicts,
}

/// What is found of a device at a moment.
struct Found {
    owes: usize,
    /// Not so before.
    is_late_now: bool,
    /// What it delivers no more, because the ledger has something there.
    arrived: Vec<((Epoch, u64), RecordHash)>,
}

impl Promises {
    fn promise(&self, device: DeviceId, place: (Epoch, u64), hash: RecordHash, now: Instant) -> Answer {
        let mut all = locked(&self.owed);
        let owed = all.entry(device).or_default();
        if let Some(known) = owed.seals.iter().find(|known| known.place == place) {
            return if known.hash == hash { Answer::Known } else { Answer::Contradicts };
        }
        if owed.seals.len() < MOST {
            owed.seals.push_back(Promise { place, hash, waited: Duration::ZERO, looked: now });
        } else if let Some(last) = owed.seals.back_mut().filter(|last| last.place < place) {
            (last.place, last.hash) = (place, hash);
        } else {
            return Answer::Known;
        }
        Answer::New
    }

    /// Looks at what a device owes while it is connected (`held`), or is not.
    fn look(&self, device: DeviceId, held: Option<Progress>, now: Instant) -> Found {
        let mut all = locked(&self.owed);
        let mut arrived = Vec::new();
        let Some(owed) = all.get_mut(&device) else { return Found { owes: 0, is_late_now: false, arrived } };
        if let Some(held) = held {
            let is_held = |seal: &&Promise| seal.place <= (held.epoch, held.position);
            arrived.extend(owed.seals.iter().filter(is_held).map(|seal| (seal.place, seal.hash)));
            owed.seals.retain(|seal| !is_held(&seal));
        }
        for seal in &mut owed.seals {
            if held.is_some() {
                seal.waited += now.saturating_duration_since(seal.looked);
            }
            seal.looked = now;
        }
        let was_late = owed.is_late;
        owed.is_late = owed.seals.iter().any(|seal| seal.waited >= PATIENCE);
        let found = Found { owes: owed.seals.len(), is_late_now: owed.is_late && !was_late, arrived };
        if owed.seals.is_empty() && owed.forked.is_none() && !owed.has_lied {
            all.remove(&device);
        }
        found
    }

    /// Why a device is offered no sale.
    fn objection(&self, device: DeviceId, session: u64, held: Progress) -> Option<Problem> {
        let mut all = locked(&self.owed);
        let owed = all.get_mut(&device)?;
        if owed.forked == Some(session) {
            return Some(forked());
        }
        owed.forked = None;
        let owes = owed.seals.iter().any(|seal| seal.place > (held.epoch, held.position));
        (owed.is_late && owes).then(not_delivering)
    }

    /// What somebody has to look at.
    pub(crate) fn warnings(&self, device: DeviceId) -> BTreeSet<&'static str> {
        let all = locked(&self.owed);
        let Some(owed) = all.get(&device) else { return BTreeSet::new() };
        let late = owed.is_late.then_some("not_delivering");
        let lied = owed.has_lied.then_some("answered_falsely");
        late.into_iter().chain(owed.forked.map(|_| "forked")).chain(lied).collect()
    }

    /// A device's proxy says that a sale is not sealed.
    fn deny(&self, device: DeviceId, sale: PayloadHash, at: Timestamp) {
        let mut denied = locked(&self.denied);
        if denied.len() == DENIED {
            denied.pop_front();
        }
        denied.push_back(Denied { device, sale, at });
    }

    /// It says that it is, after all.
    fn admit(&self, device: DeviceId, sale: PayloadHash) {
        locked(&self.denied).retain(|known| (known.device, known.sale) != (device, sale));
    }

    /// Whether a sale that arrives, sealed at a time, was sealed when it was said that it is not. One that a till sold at the
    /// device itself afterwards is later.
    fn was_false(&self, device: DeviceId, sale: PayloadHash, sealed: Timestamp) -> bool {
        let mut denied = locked(&self.denied);
        let is_it = |known: &Denied| {
            (known.device, known.sale) == (device, sale) && sealed.unix() <= known.at.unix() + ROUNDING
        };
        let Some(at) = denied.iter().position(is_it) else { return false };
        denied.remove(at);
        true
    }
}

/// Whether a device may be offered a sale.
pub(super) fn may_seal(devices: &Devices, link: &Link) -> Result<(), Problem> {
    devices.promises.objection(link.device, link.session, link.held()).map_or(Ok(()), Err)
}

/// A device answered with this record: it is waited for. An error, when there is another one at its position: nothing of it
/// may be believed.
pub(super) async fn answered(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    link: &Arc<Link>,
    sale: PayloadHash,
    (epoch, position, hash): (Epoch, Position, RecordHash),
) -> Result<(), Problem> {
    devices.promises.admit(link.device, sale);
    let place = (epoch, position.value());
    let answer = devices.promises.promise(link.device, place, hash, Instant::now());
    if answer == Answer::Contradicts || differs(app, link, place, hash).await {
        fork(app, devices, link, place).await;
        return Err(Problem::device_outcome_unknown());
    }
    if answer == Answer::New {
        watch(app, devices, link.device, place);
    }
    Ok(())
}

/// Whether the ledger holds another record at a position. What it cannot say now, it will when the record is delivered.
async fn differs(app: &Arc<App>, link: &Link, (epoch, position): (Epoch, u64), hash: RecordHash) -> bool {
    let Some(position) = Position::new(position) else { return true };
    let at = Place { chain: ChainId { outlet: link.outlet, epoch, signer: link.device }, position };
    let known = app.ask(move |store| store.at(at)).await.ok().flatten();
    known.is_some_and(|row| row.read().is_ok_and(|record| record.hash() != hash))
}

/// Looks until what was answered is held.
fn watch(app: &Arc<App>, devices: &Arc<Devices>, device: DeviceId, place: (Epoch, u64)) {
    let (app, devices) = (Arc::downgrade(app), Arc::downgrade(devices));
    tokio::spawn(async move {
        loop {
            sleep(TICK).await;
            let (Some(app), Some(devices)) = (app.upgrade(), devices.upgrade()) else { return };
            let link = locked(&devices.links).get(&device).cloned();
            let found = devices.promises.look(device, link.as_deref().map(Link::held), Instant::now());
            for (place, hash) in found.arrived {
                if let Some(link) = &link
                    && differs(&app, link, place, hash).await
                {
                    fork(&app, &devices, link, place).await;
                }
            }
            if let Some(link) = link.filter(|_| found.is_late_now) {
                tracing::error!(%device, outlet = %link.outlet, cause = "not_delivering", owes = found.owes,
                    "a device answered with seals that it does not deliver: it is offered no more sales until it does");
                alerts::doubted(&app, &link).await;
            }
            // Another answer's task looks on.
            if found.owes == 0 || !devices.promises.is_newest(device, place) {
                return;
            }
        }
    });
}

impl Promises {
    /// Whether nothing was promised after this.
    fn is_newest(&self, device: DeviceId, place: (Epoch, u64)) -> bool {
        let all = locked(&self.owed);
        all.get(&device).and_then(|owed| owed.seals.back()).is_some_and(|last| last.place <= place)
    }
}

async fn fork(app: &Arc<App>, devices: &Devices, link: &Arc<Link>, (epoch, position): (Epoch, u64)) {
    locked(&devices.promises.owed).entry(link.device).or_default().forked = Some(link.session);
    tracing::error!(device = %link.device, outlet = %link.outlet, cause = "forked", epoch = epoch.0, position,
        "a device answered with another record than the one known at its position: it was rolled back or copied");
    alerts::doubted(app, link).await;
}

/// A device's proxy says that a sale is not sealed.
pub(super) fn denied(app: &App, devices: &Devices, link: &Link, sale: PayloadHash) {
    devices.promises.deny(link.device, sale, health::device_time(app, link));
}

/// Sales arrive: which, and when they were sealed.
pub(super) async fn arrived(app: &Arc<App>, link: &Arc<Link>, sales: &[(PayloadHash, Timestamp)]) {
    let Some(devices) = &app.devices else { return };
    let was_false =
        |(sale, time): &&(PayloadHash, Timestamp)| devices.promises.was_false(link.device, *sale, *time);
    let lies: Vec<_> = sales.iter().filter(was_false).map(|(sale, _)| sale.to_string()).collect();
    if !lies.is_empty() {
        locked(&devices.promises.owed).entry(link.device).or_default().has_lied = true;
        tracing::error!(device = %link.device, outlet = %link.outlet, cause = "answered_falsely", sales = ?lies,
            "sales were sealed of which the proxy said that they are not: look at the proxy");
        alerts::doubted(app, link).await;
    }
}

fn not_delivering() -> Problem {
    Problem::away(words(
        "la mémoire fiscale ne livre pas au registre ce qu'elle a scellé : cette vente ne lui a pas été proposée ; \
         vérifiez son boîtier et son réseau, puis renvoyez",
        "the fiscal memory does not deliver to the ledger what it sealed: this sale was not offered to it; check it and \
         its network, then send it again",
    ))
}

fn forked() -> Problem {
    let detail = words(
        "la mémoire fiscale a répondu par une pièce qui contredit le registre : cette vente ne lui a plus été proposée ; \
         appelez un technicien",
        "the fiscal memory answered with a record that contradicts the ledger: this sale was not offered to it again; call \
         a technician",
    );
    Problem::new(Kind::DeviceFailed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceId {
        "DEF-1".parse().unwrap()
    }

    fn held(position: u64) -> Progress {
        Progress { position, ..Progress::default() }
    }

    const A: RecordHash = RecordHash([1; 32]);
    const B: RecordHash = RecordHash([2; 32]);

    #[test]
    fn a_device_that_answers_and_does_not_deliver_is_offered_nothing_until_it_does() {
        let (promises, begun) = (Promises::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        let kind = |held| promises.objection(device(), 1, held).map(|problem| problem.kind());
        assert_eq!(promises.promise(device(), (Epoch(0), 7), A, begun), Answer::New);
        assert_eq!(promises.promise(device(), (Epoch(0), 8), B, begun), Answer::New);
        // A time in which it is away does not count, and is no way out.
        let look = |at: u64, held| {
            let found = promises.look(device(), held, after(at));
            (found.owes, found.is_late_now, found.arrived.len())
        };
        assert_eq!(look(100, Some(held(6))), (2, false, 0));
        assert_eq!(look(900, None), (2, false, 0));
        assert_eq!(look(919, Some(held(6))), (2, false, 0));
        assert_eq!(kind(held(6)), None);
        assert_eq!(look(920, Some(held(6))), (2, true, 0));
        assert_eq!(look(921, Some(held(7))), (1, false, 1), "it is told once");
        assert_eq!(kind(held(7)), Some(Kind::DeviceUnreachable));
        assert!(promises.warnings(device()).contains("not_delivering"));
        assert_eq!(kind(held(8)), None, "at once when it is held");
        assert_eq!(look(922, Some(held(8))), (0, false, 1));
        assert!(promises.warnings(device()).is_empty());
        assert!(locked(&promises.owed).is_empty(), "nothing is kept of it");
    }

    #[test]
    fn no_more_is_kept_of_a_device_than_there_is_room_for_and_its_first_is_not_forgotten() {
        let (promises, now) = (Promises::default(), Instant::now());
        for position in 1..3_000 {
            assert_eq!(promises.promise(device(), (Epoch(0), position), A, now), Answer::New);
        }
        assert_eq!(promises.look(device(), Some(held(0)), now).owes, MOST);
        assert_eq!(promises.look(device(), Some(held(2_998)), now).owes, 1, "the last one is not held");
        assert!(promises.look(device(), Some(held(2_998)), now + PATIENCE).is_late_now);
    }

    #[test]
    fn one_position_has_one_record_and_whoever_shows_two_is_asked_no_more_in_this_session() {
        let (promises, now) = (Promises::default(), Instant::now());
        assert_eq!(promises.promise(device(), (Epoch(0), 7), A, now), Answer::New);
        assert_eq!(promises.promise(device(), (Epoch(0), 7), A, now), Answer::Known, "the same again");
        assert_eq!(promises.promise(device(), (Epoch(0), 7), B, now), Answer::Contradicts);
        locked(&promises.owed).get_mut(&device()).unwrap().forked = Some(1);
        let kind = |session| promises.objection(device(), session, held(7)).map(|problem| problem.kind());
        assert_eq!(kind(1), Some(Kind::DeviceFailed));
        assert!(promises.warnings(device()).contains("forked"));
        assert_eq!(kind(2), None, "it was welcomed anew");
    }

    #[test]
    fn what_was_sealed_when_it_was_said_not_to_be_is_found_and_what_was_sold_later_is_not() {
        let promises = Promises::default();
        let at = |second| Timestamp::from_unix(Timestamp::EARLIEST.unix() + second).unwrap();
        let sale = |number: u64| PayloadHash::of(&number.to_be_bytes());
        for number in 0..DENIED as u64 + 1 {
            promises.deny(device(), sale(number), at(100));
        }
        assert!(!promises.was_false(device(), sale(0), at(99)), "too long ago");
        assert!(promises.was_false(device(), sale(1), at(99)));
        assert!(!promises.was_false(device(), sale(1), at(99)), "it is told once");
        assert!(!promises.was_false(device(), sale(2), at(160)), "a till sold it there afterwards");
        promises.admit(device(), sale(3));
        assert!(!promises.was_false(device(), sale(3), at(99)), "it was answered with its seal");
        assert!(!promises.was_false("DEF-2".parse().unwrap(), sale(4), at(99)), "another device");
    }
}
