use super::{Broken, LATE_PACKETS, Move, Rules};
use crate::{At, Baseline, Cause, DoubtCause, Era, Job, JobId, JobState, Machine, Theirs};

/// A confirm whose answer we have, with the counters in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whose.
    pub job: JobId,
    /// How many invoices of all types the machine has finalised.
    pub total: u64,
    /// What the authority's clock showed before the confirm was sent: it was not sent earlier.
    pub sent: Option<Theirs>,
}

/// What counters say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The machine with its new baseline.
    pub machine: Machine,
    /// What becomes of doubted jobs.
    pub moves: Vec<Move>,
}

/// What the counters of a known confirm say of the jobs that are doubted. `open` are all of which something may be out
/// or unknown, or `complete` is false.
///
/// The baseline counts what no answer of ours explains since its era began, and each doubted job names the era in which
/// its first confirm was intended. As long as nothing in that era is unexplained, none of its doubted jobs was finalised.
/// That one was finalised is never concluded from a gap alone: what a restored backup forgot leaves one, too.
pub fn judge(
    mut machine: Machine,
    known: Known,
    open: &[Job],
    complete: bool,
    rules: Rules,
    now: At,
) -> Judgement {
    let Some(before) = machine.baseline.filter(|before| known.total > before.total) else {
        // The first of its kind, or one that did not rise: another machine's, or an older answer. What was is not known.
        let moves = if rules.breaks(Broken::CountersAfterChange) {
            open.iter().filter(|job| is_past(job, known)).map(|job| release(job.clone(), now)).collect()
        } else {
            Vec::new()
        };
        begin(&mut machine, known.total, now);
        return Judgement { machine, moves };
    };
    let unexplained = before.unexplained + (known.total - before.total - 1);
    machine.baseline = Some(Baseline { total: known.total, unexplained, at: now, ..before });

    let others = || open.iter().filter(|job| job.id != known.job && job.may_be_finalised());
    let of_era: Vec<&Job> = others().filter(|job| era_of(job) == Some(before.era)).collect();
    let past_late_packets =
        |job: &&Job| is_past(job, known) || (rules.breaks(Broken::NoLatePackets) && job.doubt.is_some());
    let past: Vec<&Job> = of_era.iter().copied().filter(past_late_packets).collect();
    let listed = past.iter().filter(|job| job.state == JobState::SyncedWithoutCode).count() as u64;

    let moves: Vec<Move> = if unexplained < listed {
        let (listed, unsure): (Vec<&Job>, Vec<&Job>) =
            past.iter().copied().partition(|job| job.state == JobState::SyncedWithoutCode);
        let released = unsure.into_iter().filter(|_| unexplained == 0).map(|job| release(job.clone(), now));
        listed.into_iter().map(|job| contradict(job.clone(), now)).chain(released).collect()
    } else if unexplained == 0 {
        past.iter().map(|job| release((*job).clone(), now)).collect()
    } else if complete && machine.exclusive && listed == unexplained && past.len() == others().count() {
        // The gap is what the list said: nothing more is to be explained.
        let counted = past.iter().map(|job| counted((*job).clone())).collect();
        begin(&mut machine, known.total, now);
        counted
    } else {
        if complete && of_era.is_empty() {
            begin(&mut machine, known.total, now);
        }
        past.iter().filter_map(|job| hint((*job).clone())).collect()
    };
    Judgement { machine, moves }
}

/// The address, the token or the NIM changed: counters say nothing until a new baseline, and never anything of what was
/// doubted before.
pub fn machine_changed(mut machine: Machine) -> Machine {
    machine.baseline = None;
    machine.generation += 1;
    machine
}

fn begin(machine: &mut Machine, total: u64, now: At) {
    machine.era = Era(machine.era.0 + 1);
    machine.baseline = Some(Baseline { total, unexplained: 0, era: machine.era, at: now });
}

fn era_of(job: &Job) -> Option<Era> {
    match &job.doubt {
        Some(doubt) => doubt.era,
        None => job.intent.as_ref()?.era,
    }
}

/// Whether nothing of the job can have been on its way when the confirm was sent.
fn is_past(job: &Job, known: Known) -> bool {
    let Some(doubt) = &job.doubt else { return false };
    let decidable = matches!(job.state, JobState::Ambiguous | JobState::SyncedWithoutCode);
    let gone = doubt.gone.filter(|gone| gone.twice && decidable && doubt.cause != DoubtCause::Contradicted);
    let (Some(gone), Some(sent)) = (gone, known.sent) else { return false };
    sent >= gone.first.plus(LATE_PACKETS)
}

fn release(mut job: Job, now: At) -> Move {
    (job.doubt, job.intent, job.due) = (None, None, now);
    Move::to(job, JobState::Retry, Cause::CountersSayNot, "", now)
}

fn contradict(mut job: Job, now: At) -> Move {
    if let Some(doubt) = &mut job.doubt {
        (doubt.cause, doubt.era) = (DoubtCause::Contradicted, None);
    }
    Move::to(job, JobState::Ambiguous, Cause::Contradicted, "", now)
}

/// Counters have nothing more to say of it.
fn counted(mut job: Job) -> Move {
    if let Some(doubt) = &mut job.doubt {
        doubt.era = None;
    }
    Move::quiet(job)
}

fn hint(mut job: Job) -> Option<Move> {
    let doubt = job.doubt.as_mut().filter(|doubt| !doubt.probably_finalised)?;
    doubt.probably_finalised = true;
    Some(Move::quiet(job))
}
