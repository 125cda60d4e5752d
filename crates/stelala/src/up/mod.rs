//! A cloud on this machine, made from nothing, that sells a day by its own API.

mod day;
mod http;
mod place;
mod till;
mod words;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use self::{http::Client, place::Site, till::Till, words::row};
use crate::cloud::Listening;

/// What is made, and where.
#[derive(Args)]
pub(crate) struct UpCommand {
    /// The folder of the cloud: made if it is not there, gone on with if it is.
    #[arg(long, default_value = "stelala-cloud")]
    dir: PathBuf,
    /// The port on this machine, 8080 the first time; 0 lets the system choose.
    #[arg(long)]
    port: Option<u16>,
    /// End when the day is sold.
    #[arg(long)]
    once: bool,
}

impl UpCommand {
    /// Makes the cloud, sells the day, and serves.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let site = Site::look(&self.dir, self.port)?;
        // A port in use is told before anything is made.
        let listening = Listening::at(site.listen()).context("another port is set with --port")?;
        let place = site.open()?;
        let serving = listening.serve(place.config())?;
        let address = serving.address();
        let mut out = io::stdout().lock();
        writeln!(out, "{}", words::opening(&place, address)?)?;
        let till = Till::open(place.folder())?;
        let mut client = Client::new(address, place.api_key());
        let (mut sealed, mut repeated) = (0, 0);
        let sold = till.sell_all(&mut client, |answer| {
            *(if answer.repeated { &mut repeated } else { &mut sealed }) += 1;
            Ok(writeln!(out, "{}", row(answer))?)
        });
        if let Err(fault) = sold {
            drop(out);
            // Ctrl-C while it sells ends the cloud first.
            serving.stop()?;
            return Err(fault);
        }
        writeln!(out, "{}", words::sold(sealed, repeated))?;
        if self.once {
            serving.stop()?;
            return Ok(ExitCode::SUCCESS);
        }
        writeln!(out, "{}", words::what_next(&place, address))?;
        drop(out);
        serving.until_interrupted()?;
        Ok(ExitCode::SUCCESS)
    }
}
