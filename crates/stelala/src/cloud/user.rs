use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::Config;
use anyhow::Context;
use clap::{Args, Subcommand};
use fiscal::{Nif, OutletId};
use registry::{Email, Label, NewPerson, Role};

use super::{configured::ConfigArgs, desk::Desk};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Invites somebody, and shows the invitation once.
    Invite(InviteCommand),
}

/// Who, and what he will be.
#[derive(Args)]
#[group(id = "whose", required = true, multiple = false, args = ["operator", "merchant"])]
pub(crate) struct InviteCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// With which he will sign in.
    #[arg(long)]
    email: Email,
    /// What people call him.
    #[arg(long)]
    name: Label,
    /// He runs the platform.
    #[arg(long, conflicts_with_all = ["role", "outlet"])]
    operator: bool,
    /// He is a person of the merchant with this NIF.
    #[arg(long, value_name = "NIF", requires = "role")]
    merchant: Option<Nif>,
    /// What he is to the merchant: owner, manager, supervisor, cashier or auditor.
    #[arg(long)]
    role: Option<Role>,
    /// The only outlet that he reaches.
    #[arg(long, value_name = "ID")]
    outlet: Option<OutletId>,
}

impl UserCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Invite(invite) = self;
        invite.run()
    }
}

impl InviteCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let invited = Desk::of(&config, |desk| {
            let merchant = self.merchant.map(|nif| desk.merchant(nif)).transpose()?;
            desk.invite(&NewPerson {
                email: self.email.clone(),
                name: self.name.clone(),
                merchant: merchant.map(|merchant| merchant.id),
                outlet: self.outlet,
                role: self.role.unwrap_or(Role::Operator),
            })
        })?;
        let person = &invited.person;
        // The invitation alone is on the standard output, so that it can go where it is kept.
        writeln!(io::stdout().lock(), "{}", invited.token.reveal()).with_context(|| {
            format!("{} is invited and the invitation could not be shown: the API makes another", person.id)
        })?;
        let (address, email) = (address(&config), &person.email);
        let json = "-H 'Content-Type: application/json' \\\n    -d";
        let of =
            person.merchant.as_ref().map_or_else(String::new, |id| format!("\"merchant_id\": \"{id}\", "));
        eprintln!(
            "{}: {email} is invited as {}. The invitation is shown this once and good until {}Z. It is accepted with a \
             password of one's own, and then one signs in:\n\n  \
             curl -i {address}/api/v1/invitations/accept {json} '{{\"invitation\": \"INVITATION\", \"password\": \"PASSWORD\"}}'\n  \
             curl -s {address}/api/v1/sessions {json} '{{{of}\"email\": \"{email}\", \"password\": \"PASSWORD\"}}'\n",
            person.id,
            person.role.name(),
            invited.expires,
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Where others find the cloud.
fn address(config: &Config) -> String {
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    config.public.base_url.clone().unwrap_or_else(|| format!("{scheme}://{}", config.http.listen))
}
