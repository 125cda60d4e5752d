use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::ApiKey;
use clap::{Args, Subcommand};
use fiscal::OutletId;

use crate::random;

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes an API key, and shows it once.
    New(NewCommand),
}

/// What the key is good for.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct NewCommand {
    /// Selling and asking for one outlet.
    #[arg(long)]
    outlet: Option<OutletId>,
    /// All outlets.
    #[arg(long)]
    operator: bool,
}

impl KeyCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::New(new) = self;
        new.run()
    }
}

impl NewCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let (key, lines) = api_key(self.outlet);
        // The key alone is on the standard output, so that it can go where it is kept.
        writeln!(io::stdout().lock(), "{}", key.reveal())?;
        eprintln!(
            "It is shown this once. Add these lines to the configuration, and start the cloud again:\n\n{lines}"
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// A new key, of an outlet or the operator's, and the lines by which a configuration knows it.
pub(crate) fn api_key(outlet: Option<OutletId>) -> (ApiKey, String) {
    let mut bytes = [0; 32];
    random::fill(&mut bytes);
    let key = ApiKey::new(bytes);
    let grant = outlet.map_or("operator = true".to_owned(), |outlet| format!("outlet = \"{outlet}\""));
    let lines = format!("[[api_keys]]\nhash = \"{}\"\n{grant}\n", key.hash());
    (key, lines)
}
