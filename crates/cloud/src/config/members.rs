//! Environment variables for the members of the file.

use signing::Passphrase;
use toml::{Table, Value};

use super::{ConfigFault, SecretSource, Secrets};

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    Flag,
    /// Texts with commas between them.
    List,
}

/// Every member that a variable can set: `http.listen` is `STELALA_HTTP_LISTEN`.
pub(crate) const MEMBERS: &[(&str, &str, Form)] = &[
    ("http", "listen", Form::Text),
    ("http", "insecure_listen", Form::Flag),
    ("http", "tls_certificate", Form::Text),
    ("http", "tls_key", Form::Text),
    ("http", "trusted_proxies", Form::List),
    ("http", "connections", Form::Number),
    ("http", "idle_seconds", Form::Number),
    ("http", "body_seconds", Form::Number),
    ("database", "sqlite", Form::Text),
    ("database", "postgres", Form::Text),
    ("database", "password_file", Form::Text),
    ("database", "allow_single_server", Form::Flag),
    ("database", "insecure_network", Form::Flag),
    ("signer", "kind", Form::Text),
    ("signer", "id", Form::Text),
    ("signer", "store", Form::Text),
    ("signer", "passphrase_file", Form::Text),
    ("signer", "module", Form::Text),
    ("signer", "token", Form::Text),
    ("signer", "pin_file", Form::Text),
    ("signer", "workers", Form::Number),
    ("ledger", "heads", Form::Text),
    ("ledger", "queue", Form::Number),
    ("ledger", "writers", Form::Number),
    ("ledger", "readers", Form::Number),
    ("log", "format", Form::Text),
    ("log", "level", Form::Text),
    ("limits", "per_second", Form::Number),
    ("limits", "burst", Form::Number),
    ("limits", "public_per_second", Form::Number),
    ("limits", "public_burst", Form::Number),
    ("access", "secret_file", Form::Text),
    ("webhooks", "allow_private_networks", Form::Flag),
    ("webhooks", "timeout_seconds", Form::Number),
    ("webhooks", "workers", Form::Number),
    ("public", "base_url", Form::Text),
    ("devices", "realm", Form::Text),
    ("devices", "certificates", Form::Text),
    ("devices", "dgi_key", Form::Text),
    ("devices", "offline_days", Form::Number),
    ("devices", "offline_invoices", Form::Number),
    ("authority", "enabled", Form::Flag),
    ("authority", "hosts", Form::List),
    ("authority", "allow_loopback", Form::Flag),
    ("authority", "timeout_seconds", Form::Number),
    ("authority", "tolerance", Form::Text),
    ("authority", "machines", Form::Number),
];

/// Variables of the test suites, which are no settings.
const NOT_OURS: &str = "STELALA_TEST_";

/// One member that a variable sets.
pub(crate) struct Override {
    variable: String,
    section: &'static str,
    member: &'static str,
    value: Value,
}

/// The members that variables set, and the secrets that only they and files may hold.
pub(crate) fn of_environment(
    variables: &[(String, String)],
) -> Result<(Vec<Override>, Secrets), ConfigFault> {
    let mut overrides = Vec::new();
    let mut secrets = Secrets::default();
    for (name, text) in variables {
        match name.as_str() {
            "STELALA_PASSPHRASE" => secrets.passphrase = Passphrase::new(text.clone()),
            "STELALA_PIN" => secrets.pin = Passphrase::new(text.clone()),
            "STELALA_DATABASE_PASSWORD" => secrets.database = Some(SecretSource::Given(text.clone())),
            "STELALA_SECRET" => secrets.access = Some(SecretSource::Given(text.clone())),
            name if name.starts_with(NOT_OURS) => {}
            _ => overrides.push(Override::of(name, text)?),
        }
    }
    Ok((overrides, secrets))
}

impl Override {
    fn of(variable: &str, text: &str) -> Result<Self, ConfigFault> {
        let known = |(section, member, _): &&(&str, &str, Form)| variable == self::variable(section, member);
        let found = MEMBERS.iter().find(known);
        let &(section, member, form) = found.ok_or_else(|| ConfigFault::Variable(variable.to_owned()))?;
        let wrong = |expected: &str| ConfigFault::member(variable, format!("{expected} is expected"));
        let value = match form {
            Form::Text => Value::String(text.to_owned()),
            Form::Number => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
            Form::List => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
            }
            Form::Flag => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        };
        Ok(Self { variable: variable.to_owned(), section, member, value })
    }

    /// Puts it in the place of what the file says.
    pub(crate) fn apply(&self, file: &mut Table) -> Result<(), ConfigFault> {
        let section = file.entry(self.section).or_insert_with(|| Value::Table(Table::new()));
        let section = section.as_table_mut();
        let section =
            section.ok_or_else(|| ConfigFault::member(&self.variable, "its section is no table"))?;
        section.insert(self.member.to_owned(), self.value.clone());
        Ok(())
    }
}

/// The variable that sets a member.
pub(crate) fn variable(section: &str, member: &str) -> String {
    format!("STELALA_{}_{}", section.to_uppercase(), member.to_uppercase())
}
