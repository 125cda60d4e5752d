//! What a refusal about people is to a client.

use std::time::Duration;

use registry::{PeopleFault, SignInFault};

use super::{Kind, Problem, words};

impl From<SignInFault> for Problem {
    fn from(fault: SignInFault) -> Self {
        let english = fault.to_string();
        match fault {
            SignInFault::Wrong => Self::new(
                Kind::Unauthenticated,
                words(
                    "personne de connu n'a cette adresse avec ce mot de passe et ce code : réessayez, ou demandez une \
                     nouvelle invitation",
                    english,
                ),
            ),
            SignInFault::TooMany { retry_after } => Self::new(
                Kind::RateLimited,
                words(format!("c'était faux trop souvent : réessayez dans {retry_after} secondes"), english),
            )
            .with_retry_after(Duration::from_secs(retry_after)),
            SignInFault::Registry(fault) => fault.into(),
        }
    }
}

pub(super) fn problem(fault: &PeopleFault) -> Problem {
    let detail = words(french(*fault), fault.to_string());
    match fault {
        PeopleFault::Password(_) => Problem::of_member(Kind::MemberInvalid, "password", detail),
        PeopleFault::WrongCode => Problem::of_member(Kind::MemberInvalid, "code", detail),
        PeopleFault::OwnerOfOutlet => Problem::of_member(Kind::MemberInvalid, "role", detail),
        PeopleFault::Vault(cause) => Problem::new(Kind::Internal, detail).with_cause(cause.to_string()),
        PeopleFault::PersonNeeded => Problem::new(Kind::Forbidden, detail),
        PeopleFault::InvitationOver
        | PeopleFault::LastOwner
        | PeopleFault::TooMany(_)
        | PeopleFault::Oneself
        | PeopleFault::Stopped
        | PeopleFault::HasSecondFactor
        | PeopleFault::NotBegun => Problem::new(Kind::Conflict, detail),
    }
}

const fn french(fault: PeopleFault) -> &'static str {
    match fault {
        PeopleFault::InvitationOver => {
            "cette invitation a servi, a été remplacée, ou est échue : demandez-en une autre"
        }
        PeopleFault::LastOwner => {
            "personne d'autre ne pourrait ce que peut cette personne : invitez d'abord quelqu'un avec ce rôle, et \
             qu'il se connecte"
        }
        PeopleFault::OwnerOfOutlet => {
            "un propriétaire a tout le marchand et aucun point de vente : choisissez manager, ou aucun point de vente"
        }
        PeopleFault::Oneself => {
            "on ne se réinvite pas soi-même : changez votre mot de passe, ou demandez à quelqu'un d'autre"
        }
        PeopleFault::PersonNeeded => {
            "aucune clé d'API ne prend le mot de passe et le second facteur d'un propriétaire ou d'un exploitant : \
             connectez-vous, ou adressez-vous à l'exploitant de la plateforme"
        }
        PeopleFault::TooMany(_) => {
            "il y a déjà autant de personnes qui peuvent se connecter qu'on peut en avoir : arrêtez celles qui sont parties"
        }
        PeopleFault::Stopped => "cette personne est arrêtée : reprenez-la d'abord",
        PeopleFault::HasSecondFactor => {
            "il y a déjà un second facteur : pour le remplacer, demandez une nouvelle invitation"
        }
        PeopleFault::NotBegun => {
            "aucun second facteur n'est en cours : commencez-en un et montrez son code à une application"
        }
        PeopleFault::WrongCode => {
            "ce n'est pas le code que l'application montre : attendez le suivant, et réglez l'heure du téléphone"
        }
        PeopleFault::Password(_) => {
            "un mot de passe a de 10 à 128 caractères, n'est pas votre adresse ni un mot connu : choisissez-en un autre"
        }
        PeopleFault::Vault(_) => "un secret gardé ici ne peut être lu : l'exploitant doit intervenir",
    }
}
