use edef::{CallFault, ErrorCode, Guidance, Words};

use super::{CORRECT, LOOK, MACHINE, RETRY, RETURN, SELL_AGAIN, words};
use crate::{Cause, Doubt, DoubtCause, JobState, Listed, Problem};

const CODE: Words = words(
    "Exportez vos factures du portail de la DGI et importez ce fichier ici ; ou lisez le code de celle-ci sur le portail et saisissez-le ici (« Dire ce qu'il en est »).",
    "Export your invoices from the DGI's portal and import that file here; or read the code of this one on the portal and type it in here (“Say what became of it”).",
);
const ORIGINAL: Words = words(
    "Réglez d'abord ce qu'il en est de la facture d'origine, puis renvoyez l'avoir.",
    "Settle the original invoice first, then send the credit note again.",
);

impl JobState {
    /// What it means for a merchant, whatever led to it.
    pub const fn words(self) -> Words {
        match self {
            Self::Pending => words("Elle attend son tour.", "It waits for its turn."),
            Self::Submitted => words("L'envoi à la DGI est en cours.", "It is being sent to the DGI."),
            Self::Synced => words("La DGI l'a normalisée.", "The DGI has normalised it."),
            Self::Retry => words(
                "L'envoi n'a pas abouti : il est refait de lui-même.",
                "Sending did not succeed: it is done again by itself.",
            ),
            Self::Ambiguous => words(
                "La réponse de la DGI s'est perdue : on ne sait pas si elle a la facture.",
                "The DGI's answer was lost: it is not known whether it has the invoice.",
            ),
            Self::Differs => words(
                "La DGI calcule d'autres montants que la facture : elle y a été annulée.",
                "The DGI computes other amounts than the invoice has: it was cancelled there.",
            ),
            Self::SyncedWithoutCode => words(
                "La DGI l'a normalisée, mais la réponse qui portait son code s'est perdue.",
                "The DGI has normalised it, but the answer that held its code was lost.",
            ),
            Self::Failed => words(
                "Elle est refusée, et n'est pas renvoyée d'elle-même.",
                "It is refused, and is not sent again by itself.",
            ),
            Self::Withdrawn => words(
                "Elle n'est pas envoyée, par décision d'une personne.",
                "It is not sent, by a person's decision.",
            ),
        }
    }

    /// What it means after what led to it.
    const fn words_after(self, cause: Option<Cause>) -> Words {
        match (self, cause) {
            (Self::Pending | Self::Retry, Some(Cause::CountersSayNot | Cause::NotThere)) => {
                words("La DGI ne l'a pas : elle est renvoyée.", "The DGI does not have it: it is sent again.")
            }
            (Self::Pending | Self::Retry, Some(Cause::RequestLost)) => Cause::TooOld.words(),
            (
                Self::Pending | Self::Retry,
                Some(
                    cause @ (Cause::NoMachine
                    | Cause::WaitsForOriginal
                    | Cause::TooOld
                    | Cause::NotTranslated),
                ),
            )
            | (
                Self::Failed,
                Some(
                    cause @ (Cause::Refused
                    | Cause::NonCompliant
                    | Cause::NotTranslated
                    | Cause::Erased
                    | Cause::OriginalStuck),
                ),
            ) => cause.words(),
            _ => self.words(),
        }
    }

    /// What a merchant does about it, if there is something.
    const fn action_after(self, cause: Option<Cause>) -> Option<Words> {
        match (self, cause) {
            (Self::Pending | Self::Retry, Some(Cause::NoMachine)) => Some(MACHINE),
            (Self::Pending | Self::Submitted | Self::Synced | Self::Retry | Self::Withdrawn, _) => None,
            (Self::Ambiguous, _) => Some(LOOK),
            (Self::Differs, _) => Some(CORRECT),
            (Self::SyncedWithoutCode, _) => Some(CODE),
            (Self::Failed, Some(Cause::NonCompliant)) => Some(SELL_AGAIN),
            (Self::Failed, Some(Cause::OriginalStuck)) => Some(ORIGINAL),
            (Self::Failed, _) => Some(RETRY),
        }
    }
}

impl Listed {
    /// What its state means for a merchant.
    pub fn explanation(&self) -> Words {
        let Self { job, .. } = self;
        match (self.guidance(), &job.doubt) {
            (Some(guidance), _) => guidance.merchant,
            (None, Some(doubt)) if job.state == JobState::Ambiguous => doubt.words(),
            _ => job.state.words_after(self.known_cause()),
        }
    }

    /// What a merchant does about it, if there is something.
    pub fn advice(&self) -> Option<Words> {
        let Self { job, .. } = self;
        match (self.guidance(), &job.doubt) {
            // What is refused for a while is sent again by itself, what is failed is not.
            (Some(_), _) if job.state == JobState::Failed && !self.is_refused_for_good() => Some(RETRY),
            (Some(guidance), _) => Some(guidance.action),
            (None, Some(doubt)) if doubt.is_handed_out() && job.state == JobState::Ambiguous => Some(RETURN),
            _ => job.state.action_after(self.known_cause()),
        }
    }

    fn is_refused_for_good(&self) -> bool {
        let code = self.job.error.as_ref().and_then(|error| error.code).map(ErrorCode::new);
        code.is_some_and(|code| {
            !matches!(
                code,
                ErrorCode::TooManyPending
                    | ErrorCode::OriginalNotNow
                    | ErrorCode::UnknownOrFinalised
                    | ErrorCode::Processing
                    | ErrorCode::Other(_)
            )
        })
    }

    /// What the authority's own number, or the fault of a call, means; of what is sent again, or was refused.
    fn guidance(&self) -> Option<Guidance> {
        let is_of_call = matches!(
            self.known_cause(),
            Some(Cause::Refused | Cause::RequestFailed | Cause::NotSent | Cause::Cancelled)
        );
        if is_of_call && matches!(self.job.state, JobState::Retry | JobState::Failed) {
            self.job.error.as_ref()?.guidance()
        } else {
            None
        }
    }
}

impl DoubtCause {
    /// Why it is not known.
    pub const fn words(self) -> Words {
        match self {
            Self::ConfirmLost => Cause::ConfirmLost.words(),
            Self::AgentLost => Cause::AgentLost.words(),
            Self::GoneTooLate => Cause::GoneTooLate.words(),
            Self::Contradicted => Cause::Contradicted.words(),
            Self::Restored => Cause::Restored.words(),
            Self::WithoutCode => JobState::SyncedWithoutCode.words(),
            Self::HandedOut => Cause::HandedOut.words(),
        }
    }
}

impl Doubt {
    /// What an invoice in doubt means for a merchant.
    fn words(&self) -> Words {
        match self.cause {
            cause @ DoubtCause::HandedOut => cause.words(),
            _ if self.probably_finalised => words(
                "La réponse de la DGI s'est perdue ; ses compteurs laissent penser qu'elle a la facture.",
                "The DGI's answer was lost; its counters suggest that it has the invoice.",
            ),
            cause @ (DoubtCause::Restored | DoubtCause::Contradicted) => cause.words(),
            _ => JobState::Ambiguous.words(),
        }
    }

    fn is_handed_out(&self) -> bool {
        self.cause == DoubtCause::HandedOut
    }
}

impl Problem {
    /// What the authority's code means, or the fault of a call, if it is one of these.
    fn guidance(&self) -> Option<Guidance> {
        if let Some(code) = self.code {
            return Some(ErrorCode::new(code).guidance());
        }
        let faults = [
            CallFault::Unreachable,
            CallFault::Timeout,
            CallFault::Broken,
            CallFault::Unauthorized,
            CallFault::Forbidden,
            CallFault::TooMany { retry_after: None },
            CallFault::Server { status: 500, retry_after: None },
            CallFault::Malformed,
            CallFault::WrongStatus { status: 404 },
        ];
        faults.iter().find(|fault| fault.code() == self.word).map(CallFault::guidance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(word: &str, code: Option<u32>) -> Problem {
        Problem { word: word.to_owned(), code, text: String::new() }
    }

    #[test]
    fn the_authoritys_code_of_an_error_is_explained_and_so_is_the_fault_of_a_call() {
        assert_eq!(problem("refused", Some(8)).guidance(), Some(ErrorCode::NoItems.guidance()));
        let timeout = CallFault::Timeout;
        assert_eq!(problem(timeout.code(), None).guidance(), Some(timeout.guidance()));
        assert_eq!(problem("refused", None).guidance(), None);
    }

    #[test]
    fn what_needs_a_person_says_what_to_do_whatever_led_to_it_and_what_goes_on_by_itself_only_where_a_machine_lacks()
     {
        use JobState::{Ambiguous, Differs, Failed, Pending, Retry, SyncedWithoutCode};
        let causes = || Cause::ALL.iter().copied().map(Some).chain([None]);
        for state in JobState::ALL.iter().copied() {
            for cause in causes() {
                let needs_person = matches!(state, Ambiguous | Differs | SyncedWithoutCode | Failed);
                let lacks_machine = matches!(state, Pending | Retry) && cause == Some(Cause::NoMachine);
                let says = state.action_after(cause).is_some();
                assert_eq!(says, needs_person || lacks_machine, "{state} {cause:?}");
            }
        }
    }

    #[test]
    fn what_a_person_types_is_not_told_as_a_lost_answer() {
        let doubt =
            |cause, probably_finalised| Doubt { probably_finalised, ..Doubt::of(cause, crate::At(0)) };
        assert_eq!(doubt(DoubtCause::HandedOut, true).words(), Cause::HandedOut.words());
        assert_eq!(doubt(DoubtCause::ConfirmLost, false).words(), JobState::Ambiguous.words());
        let [lost, likely] = [false, true].map(|likely| doubt(DoubtCause::ConfirmLost, likely).words());
        assert_ne!(lost, likely);
    }
}
