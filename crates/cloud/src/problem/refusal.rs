//! What a refusal of the ledger is to a client of HTTP.

use std::time::Duration;

use fiscal::{CreditFault, DeviceId, LinkFault};
use ledger::{AuthorityFault, Refusal, ReportFault, StoreFault};

use super::{Kind, Problem, Words, words};

/// After this time a temporary fault may be over.
const LATER: Duration = Duration::from_secs(5);

impl From<Refusal> for Problem {
    /// The problem that a refusal is. What is the operator's to know is in the log and not in it.
    fn from(refusal: Refusal) -> Self {
        if let Refusal::Payload(fault) | Refusal::Credit(CreditFault::Payload(fault)) = &refusal {
            return Self::of_payload(fault);
        }
        // The codes are the ledger's own, so that one table gives their status.
        let kind = Kind::of_code(refusal.code()).unwrap_or(Kind::Internal);
        let mut problem = Self::new(kind, detail(&refusal));
        if matches!(refusal, Refusal::Store(_) | Refusal::Signer(_)) {
            problem = problem.with_cause(refusal.to_string());
        }
        match &refusal {
            Refusal::Busy { retry_after } => problem.with_retry_after(*retry_after),
            _ if refusal.is_temporary() => problem.with_retry_after(LATER),
            _ => problem,
        }
    }
}

/// In both languages. Sentences of a database or a token may name files, hosts and statements, and are not repeated.
fn detail(refusal: &Refusal) -> Words {
    let french: String = match refusal {
        Refusal::Store(fault) => return of_store(fault),
        Refusal::Signer(fault) if fault.is_temporary() => {
            return words(
                "le signataire est injoignable : rien n'a été scellé, renvoyez plus tard",
                "the signer cannot be reached now: nothing was sealed, send it again later",
            );
        }
        Refusal::Signer(_) => {
            return words(
                "le signataire est inutilisable : rien n'a été scellé, l'exploitant doit intervenir",
                "the signer cannot be used: nothing was sealed, the operator has to look",
            );
        }
        Refusal::Link(LinkFault::ClockRollback { behind_seconds }) => {
            return words(
                format!("l'horloge du registre a {behind_seconds} s de retard : l'exploitant doit la régler"),
                format!("the ledger's clock is {behind_seconds} s behind its newest record: the operator has to set it"),
            );
        }
        Refusal::Link(LinkFault::WrongOutlet) | Refusal::WrongOutlet => {
            "aucun point de vente de ce marchand n'a cet identifiant : envoyez la facture d'un point de vente \
             enregistré ici"
                .into()
        }
        Refusal::Link(LinkFault::Exhausted) => {
            "la série n'a plus de numéros : l'exploitant doit en ouvrir une nouvelle".into()
        }
        Refusal::Replay { number, epoch } => {
            format!("cette vente est déjà scellée sous le numéro {number} de la série {epoch} : demandez cette facture")
        }
        Refusal::KeyReused => "cette clé d'idempotence a servi pour une autre facture : donnez une clé à chaque vente".into(),
        Refusal::StampedAhead { seconds } => {
            format!("la facture est datée {seconds} s après l'heure du registre : réglez l'horloge de la caisse")
        }
        Refusal::Credit(fault) => of_credit(fault),
        Refusal::VoucherOut { until } => format!(
            "un bon permet à un autre signataire de créditer cet original jusqu'au {until} : créditez-le là-bas, ou ici \
             une fois ses enregistrements arrivés"
        ),
        Refusal::HandedOver { device } | Refusal::NotClosed { device } | Refusal::NotHolder { device } => {
            of_line(refusal, *device)
        }
        Refusal::ClosureRequired => {
            "il n'y a plus de place dans les totaux depuis la dernière clôture : clôturez la journée (Z), puis renvoyez".into()
        }
        Refusal::NotFound(_) => "il n'y a rien de tel : vérifiez ce que vous demandez".into(),
        Refusal::Report(fault) => of_report(*fault).into(),
        Refusal::Authority(fault) => of_authority(fault),
        Refusal::Busy { retry_after } => format!(
            "trop de ventes attendent d'être scellées : renvoyez dans {} s",
            retry_after.as_secs()
        ),
        Refusal::Held => {
            "un autre processus écrit pour ce point de vente, ou il est en cours de restauration : renvoyez dans \
             quelques secondes"
                .into()
        }
        Refusal::OutcomeUnknown => {
            "la base n'a pas dit si la vente est enregistrée : renvoyez les mêmes octets avec la même clé \
             d'idempotence, la réponse sera le seul sceau"
                .into()
        }
        Refusal::Failed => "le registre s'est arrêté contre toute attente : renvoyez plus tard avec la même clé".into(),
        Refusal::Stopping => "le service s'arrête : renvoyez dans quelques secondes".into(),
        // It was answered above.
        Refusal::Payload(fault) => fault.reason.french().into(),
    };
    words(french, refusal.to_string())
}

/// What is about who holds a line.
fn of_line(refusal: &Refusal, device: DeviceId) -> String {
    match refusal {
        Refusal::HandedOver { .. } => {
            format!("la ligne de ce point de vente est tenue par {device} : faites-y sceller la vente")
        }
        Refusal::NotClosed { .. } => format!(
            "le registre n'a pas l'enregistrement par lequel {device} a quitté la ligne : faites-le quitter et livrer, ou \
             prenez la ligne de force"
        ),
        Refusal::NotHolder { .. } => {
            format!("{device} ne tient pas la ligne de ce point de vente : demandez qui la tient")
        }
        // Others are no such refusals.
        _ => String::new(),
    }
}

fn of_store(fault: &StoreFault) -> Words {
    match fault {
        StoreFault::Unavailable(_) => words(
            "la base de données est injoignable : renvoyez plus tard",
            "the database cannot be reached now: send it again later",
        ),
        StoreFault::Exists(_) => words("cela existe déjà : choisissez autre chose", fault.to_string()),
        StoreFault::Corrupt(_) | StoreFault::Version { .. } | StoreFault::Unsafe(_) => words(
            "la base de données est inutilisable : l'exploitant doit intervenir",
            "the database cannot be used: the operator has to look",
        ),
    }
}

fn of_credit(fault: &CreditFault) -> String {
    match fault {
        CreditFault::OriginalNotFound => {
            "aucune facture de ce numéro et de ce code n'a été scellée ici : relisez-les sur le reçu".into()
        }
        CreditFault::OriginalElsewhere => {
            "l'original est tenu par un autre signataire : demandez un bon au registre et joignez-le à la référence".into()
        }
        CreditFault::AlreadyVoided => "l'original est déjà annulé : il ne reste rien à créditer".into(),
        CreditFault::ExceedsOriginal { group } => {
            format!("tax_groups[{group}] : les avoirs dépassent ensemble ce que l'original a vendu dans ce groupe")
        }
        CreditFault::Payload(fault) => fault.reason.french().into(),
    }
}

fn of_authority(fault: &AuthorityFault) -> String {
    match fault {
        AuthorityFault::NoSuchInvoice => {
            "le registre n'a pas de facture de cette empreinte à cette place : nommez la facture par sa place et son \
             empreinte"
                .into()
        }
        AuthorityFault::TwoCodes { known } => {
            format!("la DGI a déjà donné le code {known} à cette facture : demandez-lui lequel des deux est le sien")
        }
        AuthorityFault::NonCompliant => {
            "cette facture est signalée non conforme et n'est pas pour la DGI : refaites-la, et envoyez la nouvelle".into()
        }
    }
}

const fn of_report(fault: ReportFault) -> &'static str {
    match fault {
        ReportFault::Days => "le dernier jour précède le premier : échangez-les",
        ReportFault::Cursor => "after : envoyez le `next` de la réponse précédente, tel quel",
        ReportFault::Sum => {
            "une somme est plus longue qu'un montant ne peut l'être : demandez moins de jours"
        }
        ReportFault::Erased => {
            "les factures de ces jours ont été effacées après leur conservation légale : demandez des jours plus récents"
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use fiscal::{Epoch, Fault, InvoiceNumber, Reason, Timestamp};
    use signing::SignerFault;

    use super::{super::Language, *};

    const SECRET: &str = "SELECT password FROM secrets at /var/lib";

    fn device() -> DeviceId {
        "DEF-000001".parse().unwrap()
    }

    /// Every refusal with its status, and whether it says when to come again.
    fn table() -> Vec<(Refusal, u16, bool)> {
        let store = |fault| Refusal::Store(fault);
        vec![
            (Refusal::Payload(Fault::whole(Reason::Truncated)), 422, false),
            (Refusal::WrongOutlet, 403, false),
            (Refusal::Replay { epoch: Epoch(0), number: InvoiceNumber::FIRST }, 409, false),
            (Refusal::KeyReused, 409, false),
            (Refusal::StampedAhead { seconds: 700 }, 422, false),
            (Refusal::Credit(CreditFault::OriginalNotFound), 422, false),
            (Refusal::Credit(CreditFault::OriginalElsewhere), 409, false),
            (Refusal::Credit(CreditFault::AlreadyVoided), 409, false),
            (Refusal::Credit(CreditFault::ExceedsOriginal { group: 0 }), 409, false),
            (Refusal::Credit(CreditFault::Payload(Fault::whole(Reason::NoteRate))), 422, false),
            (Refusal::VoucherOut { until: Timestamp::LATEST }, 409, false),
            (Refusal::Link(LinkFault::WrongOutlet), 403, false),
            (Refusal::Link(LinkFault::ClockRollback { behind_seconds: 3_600 }), 503, true),
            (Refusal::Link(LinkFault::Exhausted), 507, false),
            (Refusal::ClosureRequired, 409, false),
            (Refusal::NotFound("nothing"), 404, false),
            (Refusal::Authority(AuthorityFault::NoSuchInvoice), 404, false),
            (
                Refusal::Authority(AuthorityFault::TwoCodes {
                    known: "TESTYKAVRVLAMCF7JNAAHX4K".parse().unwrap(),
                }),
                409,
                false,
            ),
            (Refusal::Authority(AuthorityFault::NonCompliant), 409, false),
            (Refusal::Busy { retry_after: Duration::from_secs(2) }, 429, true),
            (Refusal::Signer(SignerFault::Temporary(SECRET.into())), 503, true),
            (Refusal::Signer(SignerFault::Permanent(SECRET.into())), 503, false),
            (store(StoreFault::Unavailable(SECRET.into())), 503, true),
            (store(StoreFault::Exists("an outlet")), 409, false),
            (store(StoreFault::Corrupt(SECRET.into())), 503, false),
            (store(StoreFault::Version { found: 2, known: 1 }), 503, false),
            (store(StoreFault::Unsafe(SECRET.into())), 503, false),
            (Refusal::OutcomeUnknown, 503, true),
            (Refusal::Stopping, 503, true),
            (Refusal::Held, 503, true),
            (Refusal::Failed, 503, true),
            (Refusal::HandedOver { device: device() }, 409, false),
            (Refusal::NotClosed { device: device() }, 409, false),
            (Refusal::NotHolder { device: device() }, 409, false),
        ]
    }

    #[test]
    fn every_refusal_has_its_status_and_says_when_to_come_again_if_that_helps() {
        for (refusal, status, later) in table() {
            let known = Kind::of_code(refusal.code());
            assert!(known.is_some(), "{} has no kind", refusal.code());
            let (code, temporary) = (refusal.code(), refusal.is_temporary());
            let response = Problem::from(refusal).into_response();
            assert_eq!(response.status().as_u16(), status, "{code}");
            assert_eq!(response.headers().contains_key("retry-after"), later, "{code}");
            assert_eq!(temporary, later, "{code}");
        }
    }

    #[test]
    fn what_a_database_or_a_token_says_stays_inside() {
        for (refusal, ..) in table() {
            let code = refusal.code();
            let problem = Problem::from(refusal);
            for language in [Language::English, Language::French] {
                let json = problem.to_json(language);
                assert!(!json.contains("SELECT") && !json.contains("/var/lib"), "{json}");
                assert!(json.contains(&format!("\"code\":\"{code}\"")), "{json}");
            }
            assert_ne!(
                problem.0.detail.in_language(Language::French),
                problem.0.detail.in_language(Language::English)
            );
        }
    }

    #[test]
    fn a_fault_of_the_payload_names_its_member_in_the_clients_language() {
        let fault = Fault::at(fiscal::Member::Totals, Reason::ObjectExpected);
        let json = Problem::from(Refusal::Payload(fault)).to_json(Language::French);
        let expected = concat!(
            r#"{"type":"urn:stelala:problem:schema-invalid","title":"La facture enfreint une règle","status":422,"#,
            r#""detail":"un objet est attendu","code":"SCHEMA_INVALID","member":"totals","#,
            r#""errors":[{"member":"totals","reason":"object_expected","detail":"un objet est attendu"}]}"#
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn every_kind_has_a_code_of_its_own_and_a_status_that_is_an_error() {
        let codes: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.status().as_u16() >= 400));
    }
}
