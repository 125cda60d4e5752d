use ::sync::{BlockCause, Machine, MachineState};

use super::super::{
    arguments::{OfficeArgs, time, zulu},
    office::at,
};
use crate::cloud::now;

/// A machine in a line, without its token.
pub(in super::super) fn line(machine: &Machine, words: &OfficeArgs) -> String {
    let say = |french: &str, english: &str| words.say(french, english).to_owned();
    let nim = machine.nim.as_ref().map_or("?", edef::Nim::as_str);
    let state = match &machine.state {
        MachineState::Ready => say("en service", "ready"),
        MachineState::Paused { by, since } => {
            format!("{} {} ({by})", say("en pause depuis", "paused since"), time(*since))
        }
        MachineState::Blocked { cause, since } => {
            let cause = match cause {
                BlockCause::Unauthorized => say("le jeton est refusé", "its token is refused"),
                BlockCause::WrongMachine => say("un autre e-MCF y répond", "another e-MCF answers there"),
            };
            format!("{} {}: {cause}", say("bloqué depuis", "blocked since"), time(*since))
        }
        MachineState::Stopped => say("retiré", "removed"),
    };
    let token = match machine.token_expires {
        None => say("jeton sans terme connu", "token without a known end"),
        Some(expires) if expires <= now() => {
            format!("{} {}", say("JETON EXPIRÉ le", "TOKEN EXPIRED"), zulu(expires))
        }
        Some(expires) => format!("{} {}", say("jeton jusqu'au", "token until"), zulu(expires)),
    };
    let breaker = match machine.breaker.open_until.filter(|until| *until > at()) {
        Some(until) => format!(
            "  {} {} ({})",
            say("ne répond pas, réessayé après", "does not answer, tried after"),
            time(until),
            machine.breaker.failures
        ),
        None => String::new(),
    };
    let outlets: Vec<_> = machine.outlets.iter().map(ToString::to_string).collect();
    let outlets =
        if outlets.is_empty() { say("aucun point de vente", "no outlet") } else { outlets.join(", ") };
    let test = if machine.is_test { say("  ESSAI", "  TEST") } else { String::new() };
    let shared = if machine.exclusive { String::new() } else { say("  partagé", "  shared") };
    format!("{}  {nim}  {}  {outlets}  {state}  {token}{breaker}{test}{shared}", machine.id, machine.url)
}
