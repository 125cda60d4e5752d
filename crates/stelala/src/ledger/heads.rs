use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::verify::HeadAt;
use clap::Args;

use crate::cloud::{ConfigArgs, existing};

/// The cloud of a configuration.
#[derive(Args)]
pub(crate) struct HeadsCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl HeadsCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        const PAGE: usize = 500;
        let config = self.config.read()?;
        let mut store = existing(&config)?.connect()?;
        let mut out = io::stdout().lock();
        let mut after = None;
        loop {
            let page = store.outlets(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
            after = Some(last.id);
            for outlet in &page {
                let Some(head) = store.head(outlet.id)? else { continue };
                let Some(position) = head.state.position else { continue };
                let line = HeadAt {
                    outlet: outlet.id,
                    signer: head.chain.signer,
                    epoch: head.chain.epoch,
                    position,
                    hash: head.state.hash,
                    time: head.state.time,
                };
                writeln!(out, "{}", line.to_json())?;
            }
        }
    }
}
