use def_protocol::{
    Output, TimeSetting,
    reply::{Accepted, TimeSet},
    token::{TimeGrant, TokenFault},
};

use super::order::unfit;
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::Refusal,
};

impl<B: Board> Core<'_, B> {
    /// `CFG|TIME`: sets the clock by the operator's word over a challenge of this device (D8).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn set_time<O: Output>(
        &mut self,
        setting: &TimeSetting,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        self.in_service()?;
        let operator = self.vault.binding()?.activation.operator;
        let factory = self.vault.factory;
        let mut challenges = self.vault.open_challenges().peekable();
        if challenges.peek().is_none() {
            return Err(unfit("the challenge is older than 60 seconds: ask QRY|STATUS for a new one"));
        }
        let signed = challenges.any(|challenge| {
            let grant = TimeGrant {
                realm: factory.realm,
                device: factory.serial,
                timestamp: setting.timestamp,
                challenge,
                newest: setting.newest,
            };
            grant.verify(&operator, &setting.signature).is_ok()
        });
        if !signed {
            return Err(TokenFault::False.into());
        }
        let head = self.vault.state.point.head;
        let back = setting.timestamp < head.time;
        match setting.newest {
            Some(newest) if newest != head.hash => {
                return Err(unfit(
                    "the signature names a record that is not the newest: ask QRY|STATUS again",
                ));
            }
            None if back => {
                return Err(unfit(
                    "the clock would go back before the newest record: have the signature name that record",
                ));
            }
            _ => {}
        }
        self.vault.record_time(setting.timestamp, back)?;
        self.vault.use_challenges();
        let _ = line.send(&TimeSet { status: Accepted::Ok, timestamp: setting.timestamp });
        Ok(())
    }
}
