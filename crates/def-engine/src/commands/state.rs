use def_protocol::{
    Output,
    token::{Body, StateChange},
};
use fiscal::EventKind;

use super::order::{Whose, believe};
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::Refusal,
    state::{Command, EventBody},
};

const MESSAGE: &str = "state changed";

impl<B: Board> Core<'_, B> {
    /// `CFG|STATE`: revokes or decommissions the device, by the authority's or the operator's word (D7).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn change_state<O: Output>(
        &mut self,
        token: &str,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        if self.repeat(Command::State, token, MESSAGE, line)? {
            return Ok(());
        }
        self.in_service()?;
        let mut buffer = [0; StateChange::MAX_BYTES];
        believe::<_, StateChange<'_>>(&mut self.vault, token, &mut buffer, Whose::Either)?;
        let done = self.vault.seal_event(EventKind::State, &EventBody::State { token })?;
        self.pool.clear();
        self.obeyed(done.place, MESSAGE, line)
    }
}
