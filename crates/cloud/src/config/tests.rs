use def_protocol::token::{Policy, Realm};
use fiscal::Amount;
use std::{fs, num::NonZeroUsize, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use tempfile::TempDir;

use super::*;

fn read(text: &str) -> Result<Config, ConfigFault> {
    Config::read(text, Path::new("/srv/stelala"), &[])
}

fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigFault> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read("", Path::new("/srv/stelala"), &variables)
}

fn numbers(allowance: Allowance) -> (u32, u32) {
    (allowance.limit_per_second.get(), allowance.burst.get())
}

#[test]
fn without_a_word_limits_are_those_that_are_published_and_nobody_is_trusted() {
    let config = read("").unwrap();
    assert_eq!((numbers(config.limits.key), numbers(config.limits.public)), ((100, 200), (5, 20)));
    assert!(config.http.trusted_proxies.is_empty() && config.http.tls.is_none());
    assert_eq!(config.access_secret, None);
    let webhooks = WebhooksConfig {
        allow_private_networks: false,
        timeout: Duration::from_secs(10),
        workers: NonZeroUsize::new(4).unwrap(),
    };
    assert_eq!((config.webhooks, config.public.base_url), (webhooks, None));
}

#[test]
fn limits_are_read_and_a_variable_wins_over_the_file() {
    let text = "[limits]\nper_second = 1\nburst = 2\npublic_per_second = 3\npublic_burst = 1000000";
    let config = read(text).unwrap();
    assert_eq!((numbers(config.limits.key), numbers(config.limits.public)), ((1, 2), (3, 1_000_000)));
    let config = with(&[("STELALA_LIMITS_BURST", "7"), ("STELALA_LIMITS_PUBLIC_PER_SECOND", "8")]).unwrap();
    assert_eq!((numbers(config.limits.key), numbers(config.limits.public)), ((100, 7), (8, 20)));
}

#[test]
fn no_limit_is_nothing_or_without_end() {
    for member in ["per_second", "burst", "public_per_second", "public_burst"] {
        for number in ["0", "1000001"] {
            let fault = read(&format!("[limits]\n{member} = {number}")).unwrap_err();
            let said = format!("limits.{member}: 1 to 1000000 are expected");
            assert_eq!((fault.to_string(), fault.code()), (said, "CONFIG_MEMBER"));
        }
        assert!(read(&format!("[limits]\n{member} = -1")).is_err());
    }
}

#[test]
fn proxies_are_named_in_the_file_or_by_a_variable_with_commas() {
    let expected: Vec<Network> = ["127.0.0.1", "10.0.0.0/8"].map(|text| text.parse().unwrap()).into();
    let config = read("[http]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]").unwrap();
    assert_eq!(config.http.trusted_proxies, expected);
    let config = with(&[("STELALA_HTTP_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")]).unwrap();
    assert_eq!(config.http.trusted_proxies, expected);
    assert!(with(&[("STELALA_HTTP_TRUSTED_PROXIES", "")]).unwrap().http.trusted_proxies.is_empty());
    let fault = read("[http]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.1/8\"]").unwrap_err();
    assert!(fault.to_string().starts_with("http.trusted_proxies[1]: "), "{fault}");
}

#[test]
fn the_secret_of_access_is_64_digits_in_a_file_of_ones_own_or_in_a_variable() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret");
    let config = Config::read("[access]\nsecret_file = \"secret\"", folder.path(), &[]).unwrap();
    let source = config.access_secret.unwrap();
    assert_eq!(source, SecretSource::File(path.clone()));
    let digits = "0123456789abcdef".repeat(4);
    for (text, mode, said) in [
        (format!("{digits}\n"), 0o600, None),
        (digits.clone(), 0o400, None),
        (digits.clone(), 0o644, Some("chmod 600")),
        (digits[1..].to_owned(), 0o600, Some("64 hexadecimal digits")),
        (String::new(), 0o600, Some("64 hexadecimal digits")),
    ] {
        let _ = fs::remove_file(&path);
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        match (source.key(), said) {
            (Ok(key), None) => assert_eq!(key[..2], [0x01, 0x23]),
            (Err(fault), Some(said)) => {
                let fault = fault.to_string();
                assert!(fault.contains(said) && (text.is_empty() || !fault.contains(&text)), "{fault}");
            }
            (key, said) => panic!("{key:?} {said:?}"),
        }
    }
    let given = with(&[("STELALA_SECRET", &digits), ("STELALA_ACCESS_SECRET_FILE", "secret")]).unwrap();
    assert!(given.access_secret.as_ref().unwrap().key().is_ok(), "the environment wins");
    assert!(!format!("{given:?}").contains(&digits));
    let fault = read(&format!("[access]\nsecret = \"{digits}\"")).unwrap_err();
    assert!(fault.code() == "CONFIG_SECRET" && !fault.to_string().contains(&digits), "{fault}");
}

#[test]
fn the_file_of_heads_is_none_of_the_files_that_are_shown_or_kept_secret() {
    let tls = "[http]\ntls_certificate = \"cert\"\ntls_key = \"key\"";
    for (heads, more, whose) in [
        ("cert", tls, "http.tls_certificate"),
        ("./key", tls, "http.tls_key"),
        ("secret", "[access]\nsecret_file = \"secret\"", "access.secret_file"),
    ] {
        let fault = read(&format!("[ledger]\nheads = \"{heads}\"\n{more}")).unwrap_err();
        assert!(fault.to_string().contains(whose), "{fault}");
    }
}

#[test]
fn webhooks_and_the_public_address_are_read_and_checked() {
    let text = "[webhooks]\nallow_private_networks = true\ntimeout_seconds = 3\nworkers = 2\n[public]\n\
                base_url = \"https://fiscal.example.cd/\"";
    let config = read(text).unwrap();
    assert!(config.webhooks.allow_private_networks);
    assert_eq!((config.webhooks.timeout, config.webhooks.workers.get()), (Duration::from_secs(3), 2));
    assert_eq!(config.public.base_url.as_deref(), Some("https://fiscal.example.cd"));
    for (text, member) in [
        ("[webhooks]\ntimeout_seconds = 0", "webhooks.timeout_seconds"),
        ("[webhooks]\ntimeout_seconds = 61", "webhooks.timeout_seconds"),
        ("[webhooks]\nworkers = 65", "webhooks.workers"),
        ("[public]\nbase_url = \"fiscal.example.cd\"", "public.base_url"),
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.to_string().starts_with(member), "{fault}");
    }
    assert!(read("[webhooks]\nworkers = 0").is_err());
}

#[test]
fn devices_are_there_when_something_is_said_of_them() {
    assert_eq!(read("").unwrap().devices, None);
    let config = read("[devices]\nrealm = \"development\"\ndgi_key = \"dgi.pem\"").unwrap();
    let expected = DevicesConfig {
        realm: Realm::Development,
        certificates: "/srv/stelala/certificates".into(),
        dgi_key: "/srv/stelala/dgi.pem".into(),
        policy: Policy { days: 10, invoices: 20_000, cdf: Amount::ZERO },
    };
    assert_eq!(config.devices, Some(expected));
    let bounds =
        "[devices]\nrealm = \"development\"\ndgi_key = \"dgi.pem\"\noffline_days = 3\noffline_invoices = 500";
    let policy = read(bounds).unwrap().devices.unwrap().policy;
    assert_eq!((policy.days, policy.invoices), (3, 500));
    for (text, member) in [
        ("realm = \"test\"", "devices.realm"),
        ("realm = \"production\"", "devices.dgi_key"),
        ("dgi_key = \"dgi.pem\"", "devices.realm"),
        ("offline_days = 3", "devices.realm"),
        ("realm = \"development\"\ndgi_key = \"dgi.pem\"\noffline_days = 0", "devices.offline_days"),
        ("realm = \"development\"\ndgi_key = \"dgi.pem\"\noffline_days = 367", "devices.offline_days"),
        ("realm = \"development\"\ndgi_key = \"dgi.pem\"\noffline_invoices = 0", "devices.offline_invoices"),
    ] {
        let fault = read(&format!("[devices]\n{text}")).unwrap_err();
        assert!(fault.to_string().starts_with(member), "{fault}");
    }
}

#[test]
fn nothing_is_sent_to_the_authority_until_it_is_said_and_then_to_its_service_alone() {
    assert_eq!(read("").unwrap().authority, None);
    assert_eq!(read("[authority]\ntimeout_seconds = 5").unwrap().authority, None);
    let expected = AuthorityConfig {
        hosts: vec!["edef.dgirdc.cd".to_owned()],
        allow_loopback: false,
        timeout: Duration::from_secs(20),
        tolerance: "0.01".parse().unwrap(),
        machines: NonZeroUsize::new(64).unwrap(),
    };
    assert_eq!(read("[authority]\nenabled = true").unwrap().authority, Some(expected.clone()));
    let hosts = ("STELALA_AUTHORITY_HOSTS", "developper.dgirdc.cd, edef.dgirdc.cd");
    let said = with(&[("STELALA_AUTHORITY_ENABLED", "true"), hosts]).unwrap().authority.unwrap();
    assert_eq!(said.hosts, ["developper.dgirdc.cd", "edef.dgirdc.cd"]);
    for (text, is_right) in [
        ("timeout_seconds = 0", false),
        ("timeout_seconds = 1", true),
        ("timeout_seconds = 60", true),
        ("timeout_seconds = 61", false),
        ("tolerance = \"-0.01\"", false),
        ("tolerance = \"0.00\"", true),
        ("tolerance = \"0.05\"", true),
        ("tolerance = \"0.06\"", false),
        ("tolerance = \"little\"", false),
        ("machines = 0", false),
        ("machines = 1024", true),
        ("machines = 1025", false),
        ("hosts = []", true),
        ("hosts = [\"https://edef.dgirdc.cd\"]", false),
        ("hosts = [\"edef.dgirdc.cd/edef\"]", false),
        ("hosts = [\"\"]", false),
    ] {
        let found = read(&format!("[authority]\nenabled = true\n{text}"));
        assert_eq!(found.is_ok(), is_right, "{text}: {found:?}");
    }
}
