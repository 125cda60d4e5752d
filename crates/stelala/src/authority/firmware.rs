use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;
use def_protocol::token::FirmwareOrder;
use sha2::{Digest, Sha256};

use super::issue::{IssuerArgs, ValidityArgs};

/// For how long an order may be delivered.
const DAYS: u64 = 30;

/// A newer firmware.
#[derive(Args)]
pub(crate) struct FirmwareCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The firmware's image.
    #[arg(long, value_name = "IMAGE.bin")]
    image: PathBuf,
    /// Its place in the line of all firmwares: a device takes a higher one than its own only.
    #[arg(long)]
    build: u32,
    /// Its version, at most 64 bytes.
    #[arg(long, value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl FirmwareCommand {
    /// The order.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let image = fs::read(&self.image).with_context(|| self.image.display().to_string())?;
        let length = u32::try_from(image.len()).context("the image is larger than any device")?;
        let digest = Sha256::digest(&image).into();
        let body = FirmwareOrder { build: self.build, length, digest, version: &self.version };
        self.issuer.token(&self.issuer.authority()?.operator, &self.validity, DAYS, &body)
    }
}
