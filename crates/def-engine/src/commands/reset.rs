use def_protocol::{
    ErrorCode, Output,
    token::{Body, Newest, Reset},
};
use fiscal::EventKind;

use super::order::{Whose, believe_of_newest, unfit};
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::{Detail, Refusal},
    state::{Command, Told},
    vault::Trouble,
};

const MESSAGE: &str = "Counters reset to zero";

impl<B: Board> Core<'_, B> {
    /// `ADM|RESET`: opens a new epoch by the authority's word, and gives the acknowledged records free (D9).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn reset<O: Output>(&mut self, token: &str, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        if let Some(trouble) = self.vault.trouble
            && !matches!(trouble, Trouble::Counter { .. })
        {
            return Err(trouble.refusal());
        }
        if self.repeat(Command::Reset, token, MESSAGE, line)? {
            return Ok(());
        }
        let mut buffer = [0; Reset::MAX_BYTES];
        let order = believe_of_newest::<_, Reset>(&mut self.vault, token, &mut buffer, Whose::Authority)?;
        self.check_reset(order.body())?;
        // A record of its own, if there is one, is the last of the old epoch.
        self.vault.account_for_counts()?;
        let head = self.vault.state.point;
        let told = Told::with_token(token);
        let from = told.opened(EventKind::Epoch, &head);
        let from = from.map_err(|reason| Refusal::new(ErrorCode::SchemaInvalid, reason))?;
        self.vault.write_epoch(token)?;
        let done = self.vault.seal_written(EventKind::Epoch, Some(from))?;
        self.vault.trouble = self.vault.found_wanting();
        self.pool.clear();
        self.obeyed(done.place, MESSAGE, line)
    }

    fn check_reset(&mut self, order: &Reset) -> Result<(), Refusal> {
        let state = &self.vault.state;
        if state.ended.is_some() {
            return Err(Refusal::new(
                ErrorCode::DeviceRevoked,
                "a revoked device begins no epoch: replace it",
            ));
        }
        if order.epoch <= state.point.epoch {
            return Err(unfit(Detail::EpochsRise { order: order.epoch, own: state.point.epoch }));
        }
        // A journal that was restored is closed no more: nothing is sealed on it but the new epoch (D11).
        let can_close = self.vault.trouble.is_none() && !self.vault.journal.is_down_to_the_very_last();
        if state.counted.session.sales.count > 0 && can_close {
            return Err(Refusal::new(ErrorCode::ClosureRequired, "close with RPT|Z before the reset"));
        }
        let newest = state.newest;
        if order.newest != newest {
            return Err(unfit(
                "the order does not name the newest invoice: ask QRY|STATUS and have it issued anew",
            ));
        }
        let held =
            state.acknowledged.map(|held| Newest { epoch: held.epoch, number: held.number, hash: held.hash });
        if newest.is_some() && held != newest {
            return Err(Refusal::new(
                ErrorCode::SyncRequired,
                "the ledger has not acknowledged the newest invoice: deliver its acknowledgement with CFG|ACK first",
            ));
        }
        Ok(())
    }
}
