//! What a state means and what to do, in words of a shop.

use edef::{CallFault, ErrorCode, Guidance};
use sync::{Cause, DoubtCause, JobState, Listed};

use crate::problem::{Words, words};

/// What it means.
pub(super) fn explanation(listed: &Listed) -> Words {
    if let Some(guidance) = guidance(listed) {
        return of(guidance.merchant);
    }
    match listed.job.state {
        JobState::Pending | JobState::Retry => waiting(listed),
        JobState::Submitted => words("L'envoi à la DGI est en cours.", "It is being sent to the DGI."),
        JobState::Synced => words("La DGI l'a normalisée.", "The DGI has normalised it."),
        JobState::Ambiguous => ambiguous(listed),
        JobState::Differs => words(
            "La DGI calcule d'autres montants que la facture : elle y a été annulée.",
            "The DGI computes other amounts than the invoice has: it was cancelled there.",
        ),
        JobState::SyncedWithoutCode => words(
            "La DGI l'a normalisée, mais la réponse qui portait son code s'est perdue.",
            "The DGI has normalised it, but the answer that held its code was lost.",
        ),
        JobState::Failed => failed(listed),
        JobState::Withdrawn => words(
            "Elle n'est pas envoyée, par décision d'une personne.",
            "It is not sent, by a person's decision.",
        ),
    }
}

/// What to do, if there is something.
pub(super) fn advice(listed: &Listed) -> Option<Words> {
    if let Some(guidance) = guidance(listed) {
        return Some(of(guidance.action));
    }
    match (listed.job.state, listed.known_cause()) {
        (JobState::Pending | JobState::Retry, Some(Cause::NoMachine)) => Some(words(
            "Enregistrez l'e-MCF du point de vente et son jeton.",
            "Enter the outlet's e-MCF and its token.",
        )),
        (JobState::Ambiguous, _) => Some(words(
            "Cherchez-la sur le portail de la DGI, puis dites ce que vous y avez vu. D'ici là, rien n'est renvoyé.",
            "Look for it on the DGI's portal, then say what you saw. Nothing is sent again until then.",
        )),
        (JobState::Differs, _) => Some(words(
            "Faites un avoir d'annulation et une nouvelle vente, puis choisissez « Ne pas envoyer » pour celle-ci.",
            "Make a credit note that cancels it and a new sale, then choose “Do not send” for this one.",
        )),
        (JobState::SyncedWithoutCode, _) => Some(words(
            "Exportez vos factures du portail de la DGI et reprenez le fichier ici, ou copiez le code à la main.",
            "Export your invoices from the DGI's portal and import the file here, or copy the code by hand.",
        )),
        (JobState::Failed, Some(Cause::NonCompliant)) => Some(words(
            "Refaites la vente : la nouvelle facture est envoyée à sa place.",
            "Reissue the sale: the new invoice is sent in its place.",
        )),
        (JobState::Failed, Some(Cause::OriginalStuck)) => Some(words(
            "Réglez d'abord ce qu'il en est de la facture d'origine, puis renvoyez l'avoir.",
            "Settle the original invoice first, then send the credit note again.",
        )),
        (JobState::Failed, _) => Some(words(
            "Corrigez la cause, puis renvoyez-la ; sinon, faites un avoir d'annulation et une nouvelle vente.",
            "Mend the cause, then send it again; otherwise make a credit note that cancels it and a new sale.",
        )),
        _ => None,
    }
}

/// What the authority's own number, or the fault of a call, means; of what is sent, or was refused.
fn guidance(listed: &Listed) -> Option<Guidance> {
    if !matches!(listed.job.state, JobState::Retry | JobState::Failed) {
        return None;
    }
    let problem = listed.job.error.as_ref()?;
    let is_of_call = matches!(
        listed.known_cause(),
        Some(Cause::Refused | Cause::RequestFailed | Cause::NotSent | Cause::Cancelled)
    );
    if !is_of_call {
        return None;
    }
    if let Some(code) = problem.code {
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
    faults.iter().find(|fault| fault.code() == problem.word).map(CallFault::guidance)
}

fn waiting(listed: &Listed) -> Words {
    match listed.known_cause() {
        Some(Cause::NoMachine) => words(
            "Son point de vente n'a pas de machine de la DGI : elle attend.",
            "Its outlet has no machine of the DGI: it waits.",
        ),
        Some(Cause::WaitsForOriginal) => words(
            "L'avoir attend que sa facture d'origine soit à la DGI.",
            "The credit note waits until its original is at the DGI.",
        ),
        Some(Cause::CountersSayNot | Cause::NotThere) => {
            words("La DGI ne l'a pas : elle est renvoyée.", "The DGI does not have it: it is sent again.")
        }
        Some(Cause::TooOld | Cause::RequestLost) => words(
            "Le délai de la DGI est passé avant la confirmation : elle est renvoyée.",
            "The DGI's time was over before it was confirmed: it is sent again.",
        ),
        _ if listed.job.state == JobState::Retry => words(
            "L'envoi n'a pas abouti : il est refait de lui-même.",
            "Sending did not succeed: it is done again by itself.",
        ),
        _ => words("Elle attend son tour.", "It waits for its turn."),
    }
}

fn ambiguous(listed: &Listed) -> Words {
    let doubt = listed.job.doubt.as_ref();
    if doubt.is_some_and(|doubt| doubt.probably_finalised) {
        return words(
            "La réponse de la DGI s'est perdue ; ses compteurs laissent penser qu'elle a la facture.",
            "The DGI's answer was lost; its counters suggest that it has the invoice.",
        );
    }
    match doubt.map(|doubt| doubt.cause) {
        Some(DoubtCause::Restored) => words(
            "Une sauvegarde a été restaurée : elle a peut-être été envoyée entre-temps.",
            "A backup was restored: it may have been sent meanwhile.",
        ),
        Some(DoubtCause::Contradicted) => words(
            "Les compteurs de la DGI contredisent ce qui était conclu : on ne sait pas si elle a la facture.",
            "The DGI's counters contradict what was concluded: it is not known whether it has the invoice.",
        ),
        _ => words(
            "La réponse de la DGI s'est perdue : on ne sait pas si elle a la facture.",
            "The DGI's answer was lost: it is not known whether it has the invoice.",
        ),
    }
}

fn failed(listed: &Listed) -> Words {
    match listed.known_cause() {
        Some(Cause::NonCompliant) => {
            words("Elle enfreint une règle et n'est pas envoyée.", "It breaks a rule and is not sent.")
        }
        Some(Cause::Erased) => words(
            "Son contenu est effacé : il n'y a plus rien à envoyer.",
            "Its content was erased: there is nothing left to send.",
        ),
        Some(Cause::OriginalStuck) => words(
            "La facture d'origine n'est pas à la DGI et n'y arrivera pas d'elle-même.",
            "The original is not at the DGI and will not get there by itself.",
        ),
        _ => words("La DGI la refuse.", "The DGI refuses it."),
    }
}

fn of(words: edef::Words) -> Words {
    crate::problem::words(words.french, words.english)
}
