use registry::Reach;
use webhooks::{Random, Vault};

use super::{
    find::{found, reached},
    keep::{end_token_alerts, keep, keep_token, note, sealed, serve},
    rules::{check_kind, check_outlets, check_token, is_taken, tell_test},
};
use crate::{
    Breaker, Machine, MachineId, MachineState,
    desk::{Asked, Desk, DeskFault, MachineChange, Owner},
};

impl Desk<'_> {
    /// Changes a machine. What counters said before counts no more when the address is another one.
    pub fn change_machine(
        &mut self,
        id: &MachineId,
        change: &MachineChange,
        owner: Owner<'_>,
        vault: &dyn Vault,
        random: Random<'_>,
        asked: Asked<'_>,
    ) -> Result<Machine, DeskFault> {
        if let Some(token) = &change.token {
            check_token(token, asked)?;
        }
        if let Some(outlets) = &change.outlets {
            check_outlets(outlets, owner)?;
        }
        self.change(|statements| {
            let before = reached(statements, &Reach::Merchant(owner.merchant.clone()), id)?;
            if before.state == MachineState::Stopped {
                return Err(DeskFault::MachineStopped);
            }
            let after = changed(&before, change, asked);
            // What a test finalised is no real invoice, and the other way round: they are two machines.
            if after.url.is_test() != before.url.is_test() {
                return Err(DeskFault::OtherKind);
            }
            // A token is shown only to the server for which somebody entered it.
            if !after.url.is_at(&before.url) && change.token.is_none() {
                return Err(DeskFault::TokenNeeded);
            }
            let has_more = after.outlets.iter().any(|outlet| !before.outlets.contains(outlet));
            if has_more {
                check_kind(statements, &after, owner)?;
            }
            if after == before && change.token.is_none() {
                return Ok(before);
            }
            if after.url != before.url && is_taken(statements, &after)? {
                return Err(DeskFault::MachineTaken);
            }
            keep(statements, &after)?;
            if let Some(token) = &change.token {
                let sealed = sealed(id, token, vault, random);
                keep_token(statements, id, &sealed)?;
                end_token_alerts(statements, id, asked)?;
            }
            if after.outlets != before.outlets {
                serve(statements, &after, asked.now)?;
            }
            if has_more {
                tell_test(statements, &after, asked)?;
            }
            note(statements, "machine.change", &after, asked)?;
            found(statements, id)
        })
    }
}

fn changed(before: &Machine, change: &MachineChange, asked: Asked<'_>) -> Machine {
    let mut after = before.clone();
    if let Some(url) = change.url.as_ref().filter(|url| **url != before.url) {
        after.url = url.clone();
        after.baseline = None;
    }
    after.isf = change.isf.clone().unwrap_or(after.isf);
    after.dialect = change.dialect.clone().unwrap_or(after.dialect);
    if let Some(exclusive) = change.exclusive.filter(|exclusive| *exclusive != before.exclusive) {
        after.exclusive = exclusive;
        // What others did in the meantime is not explained by what we did.
        after.baseline = None;
    }
    if let Some(outlets) = &change.outlets {
        after.outlets = outlets.clone();
        after.outlets.sort();
        after.outlets.dedup();
    }
    if let Some(token) = &change.token {
        after.token_expires = token.expires();
    }
    let is_new = change.token.is_some() || after.url != before.url;
    if is_new {
        after.generation += 1;
        after.breaker = Breaker::default();
    }
    after.state = match (&before.state, change.paused) {
        (MachineState::Paused { .. }, Some(true)) => before.state.clone(),
        (_, Some(true)) => MachineState::Paused { by: asked.by.actor.to_string(), since: asked.now },
        (_, Some(false)) => MachineState::Ready,
        (MachineState::Blocked { .. }, None) if is_new => MachineState::Ready,
        (state, None) => state.clone(),
    };
    after
}
