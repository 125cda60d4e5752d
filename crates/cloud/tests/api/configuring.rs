use std::{num::NonZeroUsize, path::Path, time::Duration};

use cloud::{Config, ConfigFault, DatabaseConfig, EXAMPLE, SignerConfig};

fn read(text: &str) -> Result<Config, ConfigFault> {
    Config::read(text, Path::new("/srv/stelala"), &[])
}

fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigFault> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(text, Path::new("/srv/stelala"), &variables)
}

#[test]
fn an_empty_file_runs_on_this_machine_with_sqlite_and_software_keys() {
    let config = read("").unwrap();
    assert_eq!(config.http.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.http.idle, Duration::from_secs(30));
    let DatabaseConfig::Sqlite(path) = &config.database else { panic!("{config:?}") };
    assert_eq!(path, Path::new("/srv/stelala/ledger.sqlite"));
    let SignerConfig::Software { id, store, .. } = &config.signer else { panic!("{config:?}") };
    assert_eq!((id.as_str(), store.as_path()), ("CLOUD-01", Path::new("/srv/stelala/keys.json")));
    assert_eq!(config.ledger.queue.get(), 4_096);
}

#[test]
fn the_example_says_what_holds_without_it_and_all_of_it_can_be_said() {
    let silent = format!("{:?}", read(EXAMPLE).unwrap());
    assert_eq!(silent, format!("{:?}", read("").unwrap()));
    // Each member that is commented out is known, and its value is the one without it.
    let mut section = String::new();
    let mut shown = 0;
    for line in EXAMPLE.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        let Some(member) = line
            .strip_prefix("# ")
            .filter(|line| line.contains(" = ") && line.starts_with(char::is_lowercase))
        else {
            continue;
        };
        assert!(!section.is_empty(), "{member} stands before the first section");
        shown += 1;
        match read(&format!("{section}\n{member}")) {
            Ok(_) => {}
            // Those of the other kind of signer, and more writers than SQLite has.
            Err(ConfigFault::Member { .. }) => {}
            Err(fault) => panic!("{section} {member}: {fault}"),
        }
    }
    assert!(shown >= 20, "{shown}");
}

#[test]
fn an_unknown_member_is_an_error_that_names_its_line() {
    for (text, line, word) in [
        ("[http]\nlisten = \"127.0.0.1:80\"\nlissten = 1", "line 3", "lissten"),
        ("[htp]\n", "line 1", "htp"),
        ("[log]\nlevel = 3", "line 2", "string"),
        ("[http\n", "line 1", ""),
        ("[[api_keys]]\nhash = \"sha256:00\"", "line 1", "api_keys"),
    ] {
        let fault = read(text).unwrap_err();
        let said = fault.to_string();
        assert!(said.contains(line) && said.contains(word), "{said}");
        assert_eq!(fault.code(), "CONFIG_SYNTAX");
    }
}

#[test]
fn a_value_that_cannot_be_is_told_what_is_expected() {
    for (text, word) in [
        ("[http]\nlisten = \"everywhere\"", "127.0.0.1:8080"),
        ("[http]\nlisten = \"0.0.0.0:8080\"", "insecure_listen"),
        ("[http]\nidle_seconds = 0", "1 to 600"),
        ("[database]\nsqlite = \"a\"\npostgres = \"postgres://b\"", "keep one"),
        ("[database]\npostgres = \"mysql://b\"", "postgres://"),
        ("[ledger]\nwriters = 2", "SQLite has one writer"),
        ("[signer]\nkind = \"paper\"", "software or pkcs11"),
        ("[signer]\nid = \"two words\"", "signer.id"),
        ("[signer]\nmodule = \"x.so\"", "kind = \"pkcs11\""),
        ("[signer]\nkind = \"pkcs11\"", "signer.module"),
        ("[signer]\nkind = \"pkcs11\"\nmodule = \"x.so\"", "signer.token"),
        ("[signer]\nworkers = 0", "1 to 64"),
        ("[log]\nlevel = \"loud\"", "debug"),
        ("[log]\nformat = \"xml\"", "json"),
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.to_string().contains(word), "{fault}");
        assert_eq!(fault.code(), "CONFIG_MEMBER");
    }
    assert!(read("[http]\nlisten = \"0.0.0.0:8080\"\ninsecure_listen = true").is_ok());
}

#[test]
fn secrets_are_refused_in_the_file_and_never_repeated() {
    for text in [
        "[signer]\npassphrase = \"hunter2\"",
        "[signer]\npin = \"hunter2\"",
        "[database]\npassword = \"hunter2\"",
        "[database]\npostgres = \"postgres://stelala:hunter2@db/stelala\"",
        "[database]\npostgres = \"postgres://db/stelala?password=hunter2\"",
    ] {
        let fault = read(text).unwrap_err();
        assert_eq!(fault.code(), "CONFIG_SECRET", "{fault}");
        assert!(fault.to_string().contains("STELALA_") && !fault.to_string().contains("hunter2"), "{fault}");
    }
    let variables = [("STELALA_PASSPHRASE", "hunter2"), ("STELALA_DATABASE_PASSWORD", "hunter2")];
    let config = with("[database]\npostgres = \"postgres://stelala@db/stelala\"", &variables).unwrap();
    assert!(config.secrets.passphrase.is_some());
    let debug = format!("{config:?}");
    assert!(!debug.contains("hunter2"), "{debug}");
}

#[test]
fn a_variable_wins_over_the_file() {
    let file = "[http]\nlisten = \"127.0.0.1:1\"\n[ledger]\nqueue = 7";
    let variables = [
        ("STELALA_HTTP_LISTEN", "127.0.0.1:2"),
        ("STELALA_HTTP_CONNECTIONS", "9"),
        ("STELALA_DATABASE_SQLITE", "other.sqlite"),
        ("STELALA_SIGNER_ID", "CLOUD-KIN"),
        ("STELALA_TEST_POSTGRES", "not ours"),
    ];
    let config = with(file, &variables).unwrap();
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(config.http.connections, NonZeroUsize::new(9).unwrap());
    assert_eq!(config.signer.id().as_str(), "CLOUD-KIN");
    assert_eq!(config.ledger.queue.get(), 7, "what no variable sets stays");
    let DatabaseConfig::Sqlite(path) = &config.database else { panic!("{config:?}") };
    assert_eq!(path, Path::new("/srv/stelala/other.sqlite"));
}

#[test]
fn a_variable_that_is_no_setting_or_has_no_value_is_told() {
    for (name, value, code, word) in [
        ("STELALA_HTTP_LISTENN", "x", "CONFIG_VARIABLE", "STELALA_HTTP_LISTENN"),
        ("STELALA_HTTP_CONNECTIONS", "many", "CONFIG_MEMBER", "whole number"),
        ("STELALA_HTTP_INSECURE_LISTEN", "yes", "CONFIG_MEMBER", "true or false"),
        ("STELALA_HTTP_CONNECTIONS", "0", "CONFIG_MEMBER", "environment"),
    ] {
        let fault = with("", &[(name, value)]).unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert!(fault.to_string().contains(word), "{fault}");
    }
}

#[test]
fn the_file_of_heads_is_no_other_file_of_the_configuration() {
    let pkcs11 = "[signer]\nkind = \"pkcs11\"\nmodule = \"x.so\"\ntoken = \"t\"\npin_file = \"pin\"";
    let postgres = "[database]\npostgres = \"postgres://stelala@db/stelala\"\npassword_file = \"secret\"";
    for (heads, more, whose) in [
        ("ledger.sqlite", "", "database.sqlite"),
        ("./ledger.sqlite", "", "database.sqlite"),
        ("../stelala//x/../ledger.sqlite", "", "database.sqlite"),
        ("/srv/stelala/ledger.sqlite", "", "database.sqlite"),
        ("ledger.sqlite-wal", "", "database.sqlite"),
        ("keys.json", "", "signer.store"),
        ("p", "[signer]\npassphrase_file = \"p\"", "signer.passphrase_file"),
        ("pin", pkcs11, "signer.pin_file"),
        ("secret", postgres, "database.password_file"),
    ] {
        let fault = read(&format!("[ledger]\nheads = \"{heads}\"\n{more}")).unwrap_err();
        assert_eq!(fault.code(), "CONFIG_MEMBER", "{fault}");
        assert!(fault.to_string().contains("ledger.heads") && fault.to_string().contains(whose), "{fault}");
    }
    assert!(read("[ledger]\nheads = \"heads/ledger.sqlite\"").is_ok());
}
