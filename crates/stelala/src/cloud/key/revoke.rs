use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use registry::ApiKeyId;

use super::super::{configured::ConfigArgs, desk::Desk};

/// Which key.
#[derive(Args)]
pub(crate) struct RevokeCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// Its id, as `stelala cloud key list` shows it.
    id: ApiKeyId,
}

impl RevokeCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let key = Desk::of_existing(&self.config.read()?, |desk| desk.revoke_key(&self.id))?;
        let revoked = key.revoked.map_or(String::new(), |time| format!(" at {time}Z"));
        writeln!(
            io::stdout().lock(),
            "{}: revoked{revoked}; clouds that run refuse it within seconds",
            key.id
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
