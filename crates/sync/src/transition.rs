use crate::{At, JobId, JobState, words::words};

/// A job went from one state to another, or something was found out that a person may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Which job.
    pub job: JobId,
    /// When, by our clock.
    pub at: At,
    /// The state before; none of a job that is new.
    pub from: Option<JobState>,
    /// The state after.
    pub to: JobState,
    /// Why.
    pub cause: Cause,
    /// More of it, for people: a uid, a fault, a code, who did it.
    pub detail: String,
}

words! {
    /// Why a job is in its state: stable words.
    Cause {
        /// The ledger holds a new invoice.
        Sealed "sealed",
        /// Its outlet has no machine.
        NoMachine "no_machine",
        /// It was moved to another machine.
        MachineChanged "machine_changed",
        /// It is not compliant (L6), or elements are missing.
        NonCompliant "non_compliant",
        /// There is no request of it.
        NotTranslated "not_translated",
        /// Its record was erased.
        Erased "erased",
        /// A request goes out.
        Requested "requested",
        /// A request did not come to a uid.
        RequestFailed "request_failed",
        /// Who requested ended before he wrote what came of it.
        RequestLost "request_lost",
        /// The authority refuses it.
        Refused "refused",
        /// Its original has to be synced first.
        WaitsForOriginal "waits_for_original",
        /// Its original will not be synced by itself.
        OriginalStuck "original_stuck",
        /// The totals agree: a confirm goes out.
        Confirming "confirming",
        /// The totals differ by too much: a cancel goes out.
        Differs "differs",
        /// It was cancelled.
        Cancelled "cancelled",
        /// The uid was too old to be confirmed.
        TooOld "too_old",
        /// The confirm was not sent at all.
        NotSent "not_sent",
        /// The authority finalised it.
        Confirmed "confirmed",
        /// Whether a confirm had its effect is not known.
        ConfirmLost "confirm_lost",
        /// Who confirmed ended before he wrote what came of it.
        AgentLost "agent_lost",
        /// The uid is pending still: it is confirmed again.
        StillPending "still_pending",
        /// The uid left the list before it expired: it was finalised.
        GoneInTime "gone_in_time",
        /// The uid left the list, and nobody knows why.
        GoneTooLate "gone_too_late",
        /// The counters leave no room: it was not finalised.
        CountersSayNot "counters_say_not",
        /// The counters say that it was finalised. Written by nobody: a gap may have other causes.
        CountersSay "counters_say",
        /// The counters contradict the list.
        Contradicted "contradicted",
        /// A backup was restored.
        Restored "restored",
        /// A code came for a job that had moved on.
        CodeKept "code_kept",
        /// A second, different code came.
        TwoCodes "two_codes",
        /// A person said that it was finalised.
        SettledByHand "settled_by_hand",
        /// A file that a person gave us says that it was finalised.
        SettledByFile "settled_by_file" | "settled_by_portal",
        /// A person looked in the portal, and it is not there.
        NotThere "not_there",
        /// A person got it in a file, to type it into the authority's portal.
        HandedOut "handed_out",
        /// A person asked for another try.
        RetriedByHand "retried_by_hand",
        /// A person withdrew it.
        Withdrawn "withdrawn",
    }
}
