//! What the desk of the sync refuses, in both languages.

use std::time::Duration;

use edef::{IdFault, Nim, TokenFault, UrlFault};
use ledger::Refusal;
use sync::{DeskFault, SheetFault, course::SettleFault};

use super::{Kind, Problem, words};
use crate::extract::not_found;

impl From<DeskFault> for Problem {
    fn from(fault: DeskFault) -> Self {
        let english = fault.to_string();
        if let Some((member, french)) = of_member(&fault) {
            return Self::of_member(Kind::MemberInvalid, member, words(french, english));
        }
        match fault {
            DeskFault::Store(fault) => Refusal::Store(fault).into(),
            DeskFault::NotFound(_) => not_found(),
            DeskFault::CodeReused => Self::of_member(
                Kind::CodeReused,
                "code",
                words(
                    "une autre facture a ce code de la DGI : copiez du portail le code de celle-ci",
                    english,
                ),
            ),
            DeskFault::MachineTaken => Self::new(
                Kind::Exists,
                words(
                    "un e-MCF de cette adresse et de ce NIM est déjà enregistré : modifiez celui-là, ou demandez à l'exploitant",
                    english,
                ),
            ),
            DeskFault::NotHandedOut(state) => Self::of_member(
                Kind::RequestInvalid,
                "state",
                words(
                    format!(
                        "une facture {state} n'est pas remise à une personne : seules PENDING, RETRY, FAILED et DIFFERS le sont"
                    ),
                    english,
                ),
            ),
            DeskFault::Sheet(fault) => of_sheet(&fault, english),
            DeskFault::Unwritten(cause) => unwritten(cause),
            DeskFault::Settle(SettleFault::TooSoon(minutes)) => Self::new(
                Kind::Conflict,
                words(
                    format!(
                        "un envoi de cette facture peut encore avoir son effet : regardez à nouveau sur le portail dans \
                         {minutes} min, puis dites-le"
                    ),
                    english,
                ),
            )
            .with_retry_after(Duration::from_secs(minutes.saturating_mul(60))),
            other => Self::new(Kind::Conflict, words(of_conflict(&other), english)),
        }
    }
}

/// Nobody knows to which e-MCF it was sent.
pub(crate) const UNKNOWN_MACHINE: &str = "ce NIM n'est pas celui d'un e-MCF où cette facture a pu aller : vérifiez-le, \
     ou enregistrez l'e-MCF de son point de vente";
/// What was said or stands in a row is no time.
pub(crate) const TIME_FORM: &str =
    "l'heure de la DGI n'est pas lisible : copiez-la comme 14/03/2026 09:32:10, ou laissez-la vide";

/// What is wrong with one member of what was said: its name, and the French of it.
fn of_member(fault: &DeskFault) -> Option<(&'static str, String)> {
    let (member, french) = match fault {
        DeskFault::NifNotYours => (
            "nif",
            "ce NIF n'est pas celui du marchand : un e-MCF ne prend que les factures de son contribuable".into(),
        ),
        DeskFault::TokenExpired => {
            ("token", "ce jeton a expiré : faites-en faire un nouveau par le portail de la DGI".into())
        }
        DeskFault::TokenNeeded => (
            "token",
            "l'adresse est celle d'un autre serveur, auquel le jeton n'est pas montré sans qu'on le demande : saisissez le \
             jeton avec l'adresse"
                .into(),
        ),
        DeskFault::OtherMachine(nims) => ("nim", only_by(nims)),
        DeskFault::UnknownMachine => ("nim", UNKNOWN_MACHINE.into()),
        DeskFault::QrDiffers => (
            "qr",
            "le texte du code QR ne contient pas ce code, ce NIM et le NIF : c'est celui d'une autre facture".into(),
        ),
        DeskFault::TimeForm => ("date_time", TIME_FORM.into()),
        DeskFault::TimeOutside(sealed) => (
            "date_time",
            format!(
                "l'heure de la DGI est plus d'un jour avant le scellement de la facture ({sealed}Z), ou plus d'un jour dans \
                 l'avenir : copiez celle de cette facture"
            ),
        ),
        _ => return None,
    };
    Some((member, french))
}

/// The e-MCFs that can have finalised an invoice.
pub(crate) fn only_by(nims: &[Nim]) -> String {
    let nims: Vec<&str> = nims.iter().map(Nim::as_str).collect();
    format!("seul l'e-MCF {} a pu normaliser cette facture : vérifiez le NIM", nims.join(", "))
}

fn unwritten(cause: String) -> Problem {
    let detail = words(
        "le fichier n'a pu être fait : exportez moins de factures à la fois",
        "the file could not be made: export fewer invoices at a time",
    );
    Problem::new(Kind::Internal, detail).with_cause(cause)
}

fn of_conflict(fault: &DeskFault) -> String {
    match fault {
        DeskFault::OutletTaken(outlet) => {
            format!("le point de vente {outlet} a déjà un e-MCF : retirez-le d'abord de celui-là")
        }
        DeskFault::OtherKind => {
            "les e-MCF d'un marchand sont tous réels ou tous d'un service d'essai, et aucun ne devient l'autre : demandez à l'exploitant".into()
        }
        DeskFault::MachineStopped => {
            "cet e-MCF a été retiré : enregistrez-le de nouveau avec un jeton".into()
        }
        DeskFault::TooManyMachines(most) => {
            format!("un marchand a au plus {most} e-MCF : retirez-en un qui ne sert pas")
        }
        DeskFault::NotRetried(state) => {
            format!(
                "une facture {state} n'est pas renvoyée à la main : seules RETRY, FAILED et DIFFERS le sont"
            )
        }
        DeskFault::NotSettled(state) => {
            format!(
                "une facture {state} n'est pas réglée par une personne : seules AMBIGUOUS et SYNCED_WITHOUT_CODE le sont"
            )
        }
        DeskFault::Settle(SettleFault::State(state)) => {
            format!("cela ne se dit pas d'une facture {state} : voyez ce qu'elle attend")
        }
        DeskFault::Settle(_) => {
            "seule une facture que la DGI n'a pas est retirée de l'envoi, avec l'avoir qui l'annule en entier (RAN)".into()
        }
        DeskFault::NotClosed(kind) => {
            format!("une alerte {kind} ne se ferme pas à la main : faites ce qu'elle demande, et elle finit d'elle-même")
        }
        DeskFault::ToldAgain => {
            "l'alerte a été redite depuis : lisez-la d'abord, puis fermez-la telle qu'elle est".into()
        }
        DeskFault::TwoRecords { number, .. } => {
            format!("plusieurs enregistrements ont le numéro {number} : l'exploitant le dit de l'un d'eux, par son empreinte (`stelala edef settle --record`)")
        }
        DeskFault::InFlight => {
            "un envoi de cette facture est en cours, et sa réponse est attendue : redites-le dans quelques minutes".into()
        }
        DeskFault::OtherCode => {
            "cette facture a déjà un autre code de la DGI : comparez les deux sur le portail, et dites-le à l'exploitant".into()
        }
        _ => "la facture ou l'e-MCF a changé au même moment : regardez-la de nouveau".into(),
    }
}

fn of_sheet(fault: &SheetFault, english: String) -> Problem {
    let french = match fault {
        SheetFault::TooLarge => "le fichier est trop grand : exportez moins de factures à la fois".into(),
        SheetFault::TooLong => "le fichier a trop de lignes ou de colonnes : exportez moins de factures à la fois".into(),
        SheetFault::Unreadable(_) => {
            "le fichier n'est ni un CSV ni un XLSX lisible : enregistrez-le de nouveau sous l'une de ces formes, sans mot de passe".into()
        }
        SheetFault::NoColumn(column) => {
            format!("aucune feuille du fichier n'a de colonne {column} : sa première ligne nomme les colonnes, comme dans notre export")
        }
        SheetFault::Twice(first, second) => {
            format!("les colonnes « {first} » et « {second} » disent la même chose : supprimez-en une")
        }
    };
    let kind = if *fault == SheetFault::TooLarge { Kind::PayloadTooLarge } else { Kind::SheetInvalid };
    Problem::new(kind, words(french, english))
}

impl From<UrlFault> for Problem {
    fn from(fault: UrlFault) -> Self {
        let french = match fault {
            UrlFault::Form => {
                "ce n'est pas une adresse de la DGI : https://, un hôte et un chemin, sans requête"
            }
            UrlFault::Long => "l'adresse de la DGI a au plus 256 octets : raccourcissez-la",
            UrlFault::NotSecure => {
                "l'adresse de la DGI commence par https:// : http:// est pour un simulateur sur cette machine"
            }
            UrlFault::User => "l'adresse de la DGI ne nomme pas d'utilisateur : le jeton dit qui demande",
            UrlFault::Host => {
                "cet hôte n'est pas de la DGI : l'exploitant le nomme dans [authority] hosts de la configuration"
            }
        };
        Self::of_member(Kind::MemberInvalid, "url", words(french, fault.to_string()))
    }
}

impl From<TokenFault> for Problem {
    fn from(fault: TokenFault) -> Self {
        let french = match fault {
            TokenFault::Length => {
                "un jeton a de 16 à 8192 caractères : copiez-le en entier du portail de la DGI"
            }
            TokenFault::Form => {
                "un jeton a des lettres, des chiffres et -._~+/= sans espace : copiez-le sans le mot Bearer et sans guillemets"
            }
        };
        Self::of_member(Kind::MemberInvalid, "token", words(french, fault.to_string()))
    }
}

impl From<IdFault> for Problem {
    fn from(fault: IdFault) -> Self {
        let (member, french) = match fault {
            IdFault::Uid => {
                ("uid", "un uid a de 1 à 64 lettres, chiffres, points, soulignés et traits d'union")
            }
            IdFault::Nim => (
                "nim",
                "un NIM a de 4 à 20 capitales, chiffres et traits d'union, comme CD01234567-1 : lisez-le sur le portail",
            ),
            IdFault::Code => (
                "code",
                "le code de la DGI a 24 lettres et chiffres, avec ou sans traits d'union : copiez-le en entier",
            ),
            IdFault::Isf => (
                "isf",
                "un ISF a de 1 à 64 lettres, chiffres, espaces et -._/ : copiez-le du certificat d'homologation",
            ),
            IdFault::Counters => {
                ("counters", "les compteurs se lisent 64/64 FV : ceux du type, de tous, le type")
            }
        };
        Self::of_member(Kind::MemberInvalid, member, words(french, fault.to_string()))
    }
}

impl Problem {
    /// Nothing is sent to the authority from here.
    pub(crate) fn no_authority() -> Self {
        Self::new(
            Kind::Conflict,
            words(
                "ce serveur n'envoie rien à la DGI : l'exploitant met enabled = true dans [authority] de la configuration",
                "this cloud sends nothing to the authority: its operator sets enabled = true in [authority] of the configuration",
            ),
        )
    }
}
