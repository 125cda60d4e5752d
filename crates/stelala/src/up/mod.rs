//! A cloud on this machine, made from nothing, that sells a day by its own API; a second shop, for which a fiscal memory
//! seals; and a tax authority, simulated, to which all of it goes.

pub(crate) mod authorities;
mod day;
pub(crate) mod def;
mod edef;
pub(crate) mod http;
mod place;
mod till;
mod words;

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use self::{
    day::{AT_THE_PROXY, BY_THE_CLOUD, DAY, OUTLET, Wish},
    def::SecondShop,
    edef::SimulatedAuthority,
    http::Client,
    place::{Holder, Place, SECOND, Site},
    till::Till,
    words::row,
};
use crate::cloud::{Listening, Serving};

/// What is made, and where.
#[derive(Args)]
pub(crate) struct UpCommand {
    /// The folder of the cloud: made if it is not there, gone on with if it is.
    #[arg(long, default_value = "stelala-cloud")]
    dir: PathBuf,
    /// The port on this machine, 8080 the first time; 0 lets the system choose. The proxy beside the fiscal memory takes the
    /// next one, the simulated tax authority the one after.
    #[arg(long)]
    port: Option<u16>,
    /// End when all is sold.
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
        // It ends after the cloud, which has answers of it to write.
        let authority = SimulatedAuthority::open(&place)?;
        let serving = listening.serve(place.config())?;
        let mut out = io::stdout().lock();
        let sold = sell(&place, &serving, authority.as_ref(), &mut out);
        let second = match sold {
            Ok(second) => second,
            Err(fault) => {
                drop(out);
                // Ctrl-C while it sells ends the cloud first.
                serving.stop()?;
                return Err(fault);
            }
        };
        if self.once {
            second.map_or(Ok(()), SecondShop::close)?;
            serving.stop()?;
            return Ok(ExitCode::SUCCESS);
        }
        let next = words::what_next(&place, serving.address(), second.as_ref(), authority.as_ref());
        writeln!(out, "{next}")?;
        drop(out);
        serving.until_interrupted()?;
        second.map_or(Ok(()), SecondShop::close)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Sells the day, and waits until the authority has it.
fn sell(
    place: &Place,
    cloud: &Serving,
    authority: Option<&SimulatedAuthority>,
    out: &mut impl Write,
) -> anyhow::Result<Option<SecondShop>> {
    let (count, second) = sell_at_both(place, cloud.address(), out)?;
    match authority {
        Some(authority) => {
            writeln!(out, "{}", words::to_the_authority(authority))?;
            let arrived = authority.wait(count, || cloud.is_over())?;
            writeln!(out, "{}", words::arrived(place, &arrived))?;
        }
        None => writeln!(out, "{}", words::no_authority(place))?,
    }
    Ok(second)
}

/// Sells the day at the first shop, and some of it at the second. How many invoices there are, and the second shop.
fn sell_at_both(
    place: &Place,
    cloud: SocketAddr,
    out: &mut impl Write,
) -> anyhow::Result<(u64, Option<SecondShop>)> {
    writeln!(out, "{}", words::opening(place, cloud)?)?;
    let till = Till::open(place.folder(), "till", OUTLET, "day")?;
    let mut client = Client::of_cloud(cloud, place.api_key());
    let sold = sell_by(&till, &mut client, DAY, out)?;
    writeln!(out, "{}", words::sold(sold))?;
    if !place.has_device() {
        writeln!(out, "{}", words::no_device(place))?;
        return Ok((all(sold), None));
    }
    writeln!(out, "{}", words::second_shop())?;
    let (second, standing) = SecondShop::open(place, cloud)?;
    writeln!(out, "{}", words::standing(&second, &standing))?;
    let till = Till::open(place.folder(), "till-2", SECOND, "lub")?;
    let mut by_cloud = Client::of_cloud(cloud, &place.key_of(Holder::Merchant)?);
    let first = sell_by(&till, &mut by_cloud, &DAY[BY_THE_CLOUD], out)?;
    // A device that does not hold the line seals for nobody beside it.
    let mut beside = if standing.mode == "def" { Client::of_proxy(second.proxy()) } else { by_cloud };
    let others = sell_by(&till, &mut beside, &DAY[AT_THE_PROXY], out)?;
    writeln!(out, "{}", words::sold([first[0] + others[0], first[1] + others[1]]))?;
    Ok((all(sold) + all(first) + all(others), Some(second)))
}

fn all([sealed, repeated]: [u32; 2]) -> u64 {
    u64::from(sealed) + u64::from(repeated)
}

/// How many were sealed now, and how many before.
fn sell_by(
    till: &Till,
    client: &mut Client,
    wishes: &[Wish],
    out: &mut impl Write,
) -> anyhow::Result<[u32; 2]> {
    let mut count = [0, 0];
    till.sell_all(client, wishes, |sold| {
        count[usize::from(sold.repeated)] += 1;
        Ok(writeln!(out, "{}", row(sold))?)
    })?;
    Ok(count)
}
