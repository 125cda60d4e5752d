//! What a refusal of the registry is to a client.

use ledger::{ManifestFault, Refusal};
use registry::{DeviceFault, RegistryFault};

use super::{Kind, Problem, words};
use crate::extract::not_found;

impl From<RegistryFault> for Problem {
    fn from(fault: RegistryFault) -> Self {
        match &fault {
            RegistryFault::Store(fault) => Refusal::Store(fault.clone()).into(),
            RegistryFault::NotFound(_) => not_found(),
            RegistryFault::People(fault) => super::people::problem(fault),
            RegistryFault::Manifest(fault) => of_manifest(fault),
            RegistryFault::Device(fault) => of_device(fault),
            _ => Self::new(kind(&fault), words(french(&fault), fault.to_string())),
        }
    }
}

const fn kind(fault: &RegistryFault) -> Kind {
    match fault {
        RegistryFault::Exists(_) => Kind::Exists,
        RegistryFault::PlatformOnly | RegistryFault::WholeMerchant | RegistryFault::BeyondMaker => {
            Kind::Forbidden
        }
        RegistryFault::RoleElsewhere | RegistryFault::ScopeBeyondRole | RegistryFault::Expired => {
            Kind::MemberInvalid
        }
        _ => Kind::Conflict,
    }
}

fn french(fault: &RegistryFault) -> String {
    match fault {
        RegistryFault::Exists(_) => "c'est déjà pris : choisissez autre chose".into(),
        RegistryFault::PlatformOnly => "seul l'exploitant de la plateforme peut le faire : adressez-vous à lui".into(),
        RegistryFault::WholeMerchant => {
            "il faut une clé ou une personne du marchand entier, la vôtre est d'un point de vente : adressez-vous au \
             propriétaire"
                .into()
        }
        RegistryFault::BeyondMaker => {
            "c'est plus que ce que vous pouvez vous-même : choisissez un rôle plus petit ou moins de droits, ou adressez-vous à \
             qui peut autant"
                .into()
        }
        RegistryFault::RoleElsewhere => {
            "l'exploitant est de la plateforme et d'aucun marchand, les autres sont d'un marchand : choisissez un autre \
             rôle"
                .into()
        }
        RegistryFault::ScopeBeyondRole => {
            "les droits sont vides, ou plus que n'en a le rôle : choisissez parmi ceux du rôle".into()
        }
        RegistryFault::Expired => "l'échéance n'est pas à venir : choisissez plus tard, ou aucune".into(),
        RegistryFault::TooManyKeys(count) => {
            format!("il y a déjà {count} clés : révoquez celles dont personne ne se sert")
        }
        RegistryFault::TooManyOutlets(count) => {
            format!("il y a déjà {count} points de vente : adressez-vous à l'exploitant de la plateforme")
        }
        RegistryFault::MerchantStopped => {
            "ce marchand est arrêté : demandez à l'exploitant de la plateforme de le reprendre".into()
        }
        RegistryFault::OutletStopped => "ce point de vente est arrêté : reprenez-le d'abord".into(),
        RegistryFault::NoPrefix => {
            "aucun préfixe semblable n'est libre : donnez-en un, de 4 à 10 lettres capitales et chiffres".into()
        }
        // They were answered before.
        RegistryFault::Store(_)
        | RegistryFault::NotFound(_)
        | RegistryFault::People(_)
        | RegistryFault::Manifest(_)
        | RegistryFault::Device(_) => String::new(),
    }
}

fn of_device(fault: &DeviceFault) -> Problem {
    let (kind, french): (_, String) = match fault {
        DeviceFault::Code | DeviceFault::CodeOver => (
            Kind::Forbidden,
            "ce code d'activation n'est pas bon, ou ne l'est plus : tapez-le comme il a été montré, ou demandez-en un \
             autre"
                .into(),
        ),
        DeviceFault::NotRedeemed(device) => (
            Kind::Forbidden,
            format!(
                "personne n'a montré de code d'activation pour la mémoire {device} : faites-en faire un, et tapez-le à son \
                 boîtier"
            ),
        ),
        DeviceFault::State { device, state } if !state.is_alive() => {
            (Kind::Conflict, format!("la vie de la mémoire {device} a déjà pris fin ({state})"))
        }
        DeviceFault::State { device, state } => (
            Kind::Conflict,
            format!("la mémoire {device} est dans l'état {state}, qui ne mène pas là : voyez d'abord ce qu'il lui faut"),
        ),
        DeviceFault::NotHomologated(device) => (
            Kind::DeviceNotReady,
            format!(
                "la mémoire {device} attend son homologation, et jusque-là le nuage scelle : l'exploitant de la \
                 plateforme doit la confirmer"
            ),
        ),
        DeviceFault::OutletHasDevice(device) => (
            Kind::Conflict,
            format!("le point de vente a une mémoire active, {device} : mettez-la d'abord hors service"),
        ),
        DeviceFault::Elsewhere(device) => (
            Kind::Conflict,
            format!("la mémoire {device} est d'un autre point de vente, pour toujours : enregistrez-en une autre"),
        ),
        DeviceFault::InMode(device) => (
            Kind::Conflict,
            format!(
                "le point de vente scelle avec la mémoire {device} : passez-le d'abord au nuage, ou dites qu'elle est \
                 perdue"
            ),
        ),
        DeviceFault::OtherKey(device) => {
            (Kind::Conflict, format!("la mémoire {device} montre une autre clé qu'avant : faites-la examiner"))
        }
        DeviceFault::TooMany(count) => (
            Kind::Conflict,
            format!("ce point de vente a déjà {count} mémoires : adressez-vous à l'exploitant de la plateforme"),
        ),
        DeviceFault::HealthTooLong(most) => {
            (Kind::MemberInvalid, format!("ce que la mémoire dit d'elle a plus de {most} octets : voyez son boîtier"))
        }
    };
    Problem::new(kind, words(french, fault.to_string()))
}

fn of_manifest(fault: &ManifestFault) -> Problem {
    let english = fault.to_string();
    match fault {
        ManifestFault::Entry { entry, member, .. } => Problem::of_member(
            Kind::MemberInvalid,
            format!("groups[{}].{member}", entry.saturating_sub(1)),
            words(format!("groupe {entry}, {member} : ce membre est erroné, voyez sa forme"), english),
        ),
        ManifestFault::Form(_) | ManifestFault::Empty | ManifestFault::TooLong(_) => Problem::of_member(
            Kind::MemberInvalid,
            "groups",
            words("ce n'est pas une liste de groupes de taxation : écrivez ceux qui valent", english),
        ),
        ManifestFault::NotNext { held, .. } => Problem::new(
            Kind::Conflict,
            words(format!("la version {held} est en vigueur : importez la suivante"), english),
        ),
        ManifestFault::Past { code, day, member } => Problem::new(
            Kind::Conflict,
            words(
                format!(
                    "le groupe {code} changerait ({member}) le {day}, jour commencé ou passé : laissez ses entrées, et \
                     ajoutez-en une qui vaut plus tard"
                ),
                english,
            ),
        ),
    }
}
