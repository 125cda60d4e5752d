use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    thread,
};

use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    // The time in metrics/status.json.
    "2026-02-04T10:15:40".parse().unwrap()
}

fn status_with(changes: Value) -> crate::metrics::Status {
    let mut status: Value = serde_json::from_str(include_str!("../metrics/status.json")).unwrap();
    status["warnings"] = json!([]);
    for (name, value) in changes.as_object().unwrap() {
        status[name] = value.clone();
    }
    serde_json::from_value(status).unwrap()
}

/// A machine without anything, and a proxy's folder on it.
struct Machine {
    folder: tempfile::TempDir,
    config: Config,
    patience: Duration,
}

impl Machine {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for made in ["sys/class/tty", "dev", "proc", "etc/systemd/system", "state"] {
            fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        // Nobody listens at a port that was free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = if text.contains("listen =") { String::new() } else { format!("listen = \"{free}\"\n") };
        let text = format!("[state]\nfolder = \"state\"\n[local]\n{listen}{text}");
        let config = Config::read(&text, folder.path()).unwrap();
        // A busy machine takes its time for a handshake.
        Self { folder, config, patience: Duration::from_secs(10) }
    }

    fn sight(&self, language: Language) -> Sight {
        Sight {
            root: self.folder.path().to_owned(),
            now: now(),
            language,
            patience: self.patience,
            random: 7,
        }
    }

    fn findings(&self, language: Language) -> Vec<Finding> {
        examine(&self.config, &self.sight(language))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// One sentence about this has these words, in this severity.
    #[track_caller]
    fn says(&self, severity: Severity, about: About, words: &str) {
        let findings = self.findings(Language::English);
        let said = |finding: &&Finding| {
            finding.severity == severity && finding.about == about && finding.sentence.contains(words)
        };
        assert!(findings.iter().any(|finding| said(&finding)), "{words}: {findings:#?}");
        let french = self.findings(Language::French);
        assert_eq!(
            french.iter().map(|finding| (finding.severity, finding.about)).collect::<Vec<_>>(),
            findings.iter().map(|finding| (finding.severity, finding.about)).collect::<Vec<_>>(),
        );
        assert!(french.iter().zip(&findings).all(|(french, english)| french.sentence != english.sentence));
    }
}

/// A proxy that answers each question with this.
fn answering(body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("listen = \"{address}\"\n")
}

#[test]
fn an_empty_machine_is_told_what_to_plug_in_and_what_to_start() {
    let machine = Machine::new("");
    machine.says(Severity::Bad, About::Device, "no fiscal memory is plugged in: plug it in");
    machine.says(Severity::Bad, About::Service, "the proxy does not run: `stelala proxy run` starts it");
    machine.says(Severity::Warning, About::Service, "install the package stelala-proxy");
    machine.says(Severity::Warning, About::Cloud, "no cloud is configured");
    machine.says(Severity::Good, About::State, "keeps what is sold");
}

#[test]
fn a_service_that_is_installed_and_not_enabled_is_bad() {
    let machine = Machine::new("");
    machine.write("lib/systemd/system/stelala-proxy.service", "");
    machine.says(Severity::Bad, About::Service, "`sudo systemctl enable --now stelala-proxy`");
    machine.says(Severity::Bad, About::Service, "`sudo systemctl start stelala-proxy`");
    let wants = machine.folder.path().join("etc/systemd/system/multi-user.target.wants");
    fs::create_dir_all(&wants).unwrap();
    symlink("/lib/systemd/system/stelala-proxy.service", wants.join("stelala-proxy.service")).unwrap();
    machine.says(Severity::Good, About::Service, "the proxy starts with the machine");
}

#[test]
fn another_program_at_the_tills_port_is_named_so() {
    let machine = Machine::new(&answering("<html>"));
    machine.says(Severity::Bad, About::Service, "another program listens at 127.0.0.1");
}

#[test]
fn a_proxy_that_does_not_answer_in_time_is_not_taken_for_another_program() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut machine = Machine::new(&format!("listen = \"{}\"\n", listener.local_addr().unwrap()));
    machine.patience = Duration::from_millis(50);
    machine.says(Severity::Bad, About::Service, "does not say in time how it is");
}

#[test]
fn a_proxy_that_runs_tells_of_its_device_its_spool_and_its_tunnel() {
    let told = json!({
        "device": serde_json::to_value(status_with(json!({}))).unwrap(),
        "tunnels": [{"cloud": "http://127.0.0.1:9", "state": "up", "behind": 0}],
        "spool": {"queued": 0, "unresolved": 2, "waiting": 14, "something_new": 1},
    });
    let machine = Machine::new(&answering(&told.to_string()));
    machine.says(Severity::Good, About::Service, "the proxy runs, and answers at 127.0.0.1");
    machine.says(Severity::Good, About::Device, "BONO-USB-001 (firmware 2026.02.17) seals, next number 106");
    machine.says(Severity::Warning, About::State, "14 records wait for the cloud");
    machine.says(Severity::Warning, About::State, "2 sales have no certain answer");
}

#[test]
fn another_device_than_the_configured_one_is_bad_whatever_it_says() {
    let told = json!({"device": serde_json::to_value(status_with(json!({}))).unwrap()});
    let text = format!("{}[device]\nserial = \"DEF-000001\"\n", answering(&told.to_string()));
    let machine = Machine::new(&text);
    machine.says(Severity::Bad, About::Device, "BONO-USB-001 is plugged in and not DEF-000001");
}

#[test]
fn a_device_that_does_not_answer_the_proxy_is_said_with_the_reason_on_one_line() {
    let told =
        json!({"device": null, "device_fault": {"code": "silent", "detail": "asked 4 times\n\u{1b}[31m"}});
    let text = format!("{}[device]\nport = \"/dev/null\"\n", answering(&told.to_string()));
    let machine = Machine::new(&text);
    machine.says(
        Severity::Bad,
        About::Device,
        "does not answer the proxy (asked 4 times\u{fffd}\u{fffd}[31m)",
    );
}

#[test]
fn whatever_a_status_says_is_a_sentence_in_both_languages() {
    for (changes, words) in [
        (json!({"lifecycle": "factory"}), "is not activated: `stelala proxy activate CODE`"),
        (json!({"lifecycle": "revoked"}), "is revoked and seals nothing more: replace it"),
        (json!({"lifecycle": "decommissioned"}), "is decommissioned for good"),
        (json!({"clock": "lost", "time": null}), "lost its time, it seals nothing"),
        (json!({"clock": "behind"}), "is behind its newest record"),
        (json!({"free_memory_bytes": 0}), "is full, it seals nothing more"),
        (json!({"self_test": {"time": null, "failed": "secure_element"}}), "failed (secure_element)"),
        (
            json!({"corrupt": {"sector": 3, "position": null, "reason": "x"}}),
            "the journal of BONO-USB-001 is damaged",
        ),
    ] {
        let status = status_with(changes);
        let [english, french] =
            [Language::English, Language::French].map(|language| examine_status(&status, now(), language));
        assert_eq!(english[0].severity, Severity::Bad, "{words}");
        assert!(english[0].sentence.contains(words), "{words}: {english:?}");
        assert!(french[0].sentence != english[0].sentence && french.len() == english.len(), "{french:?}");
    }
}

#[test]
fn a_device_that_stands_by_is_in_order() {
    let findings = examine_status(&status_with(json!({"handed_over": true})), now(), Language::English);
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].severity == Severity::Good && findings[0].sentence.contains("stands by"),
        "{findings:?}"
    );
}

#[test]
fn each_warning_and_a_clock_that_drifts_are_notes() {
    for (warning, words) in [
        ("flash", "memory is nearly full"),
        ("counter", "few signatures left"),
        ("certificate", "ends in less than 30 days"),
        ("offline", "offline bound"),
        ("totals", "close the day"),
        ("debug", "debug port is open"),
    ] {
        let findings = examine_status(&status_with(json!({"warnings": [warning]})), now(), Language::English);
        assert_eq!(findings[1].severity, Severity::Warning);
        assert!(findings[1].sentence.contains(words), "{findings:?}");
    }
    let later = Timestamp::from_unix(now().unix() + 121).unwrap();
    let findings = examine_status(&status_with(json!({})), later, Language::English);
    assert!(findings[1].sentence.contains("differ by 121 s"), "{findings:?}");
    let soon = Timestamp::from_unix(now().unix() + 120).unwrap();
    assert_eq!(examine_status(&status_with(json!({})), soon, Language::English).len(), 1);
}

#[test]
fn a_port_that_the_service_may_not_use_names_the_rule_and_the_group() {
    let machine = Machine::new("[device]\nport = \"dev/ttyACM0\"\n");
    machine.write("dev/ttyACM0", "");
    fs::set_permissions(machine.folder.path().join("dev/ttyACM0"), fs::Permissions::from_mode(0o600))
        .unwrap();
    machine.write("lib/systemd/system/stelala-proxy.service", "");
    machine.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nstelala-proxy:x:64321:64321::/:/bin/false\n");
    machine.write("etc/group", "root:x:0:\nstelala-proxy:x:64321:\n");
    machine.says(Severity::Bad, About::Device, "60-stelala-def.rules gives it to the group stelala-proxy");
    // And the folder is not the service's either.
    machine.says(Severity::Bad, About::State, "the proxy cannot write in");
}

#[test]
fn a_program_that_has_the_port_is_named() {
    let machine = Machine::new("[device]\nport = \"dev/ttyACM0\"\n");
    machine.write("dev/ttyACM0", "");
    machine.write("proc/812/comm", "ModemManager\n");
    fs::create_dir_all(machine.folder.path().join("proc/812/fd")).unwrap();
    let port = fs::canonicalize(machine.folder.path().join("dev/ttyACM0")).unwrap();
    symlink(port, machine.folder.path().join("proc/812/fd/7")).unwrap();
    machine.says(Severity::Bad, About::Device, "(ModemManager 812): end it");
}

#[test]
fn three_programs_that_have_the_port_are_named_and_the_other_end_of_a_pseudo_terminal_is_none_of_them() {
    let machine = Machine::new("[device]\nport = \"dev/pts/7\"\n");
    machine.write("dev/pts/7", "");
    let port = fs::canonicalize(machine.folder.path().join("dev/pts/7")).unwrap();
    let holds = |id: u32, number: u32| {
        machine.write(&format!("proc/{id}/comm"), "device\n");
        machine.write(&format!("proc/{id}/fdinfo/3"), &format!("flags:\t02\ntty-index:\t{number}\n"));
        let fd = machine.folder.path().join(format!("proc/{id}/fd"));
        fs::create_dir_all(&fd).unwrap();
        symlink("/dev/pts/ptmx", fd.join("3")).unwrap();
        symlink(&port, fd.join("4")).unwrap();
    };
    holds(900, 7);
    let said = machine.findings(Language::English);
    assert!(said.iter().all(|finding| !finding.sentence.contains("another program")), "{said:#?}");
    (901..905).for_each(|id| holds(id, 8));
    machine.says(Severity::Bad, About::Device, "(device 901, device 902, device 903, …): end it");
}

#[test]
fn a_file_that_is_no_port_is_said_to_be_none_whoever_has_it() {
    let machine = Machine::new("[device]\nport = \"/dev/null\"\n");
    machine.says(Severity::Bad, About::Device, "/dev/null is no serial port: set device.port");
}

#[test]
fn one_of_something_is_one() {
    for (count, french, english) in
        [(0, "0 vente", "0 sales"), (1, "1 vente", "1 sale"), (2, "2 ventes", "2 sales")]
    {
        let words = (["vente", "ventes"], ["sale", "sales"]);
        assert_eq!(counted(count, Language::French, words.0, words.1), french);
        assert_eq!(counted(count, Language::English, words.0, words.1), english);
    }
}

#[test]
fn a_technician_who_reads_french_is_told_no_english_sentence() {
    let detail = "no line to the device";
    assert_eq!(why("DEVICE_UNREACHABLE", detail, Language::English), detail);
    assert!(why("DEVICE_UNREACHABLE", detail, Language::French).starts_with("la ligne vers l'appareil"));
    assert_eq!(why("SOMETHING_NEW", "something new", Language::French), "SOMETHING_NEW");
}

#[test]
fn a_proxy_in_a_clouds_place_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 1_024];
            let length = stream.read(&mut asked).unwrap();
            let is_health = asked[..length].starts_with(b"GET /healthz ");
            let status = if is_health { "200 OK" } else { "404 Not Found" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let machine = Machine::new(&format!("[cloud]\nurls = [\"http://{address}\"]\n"));
    machine.says(Severity::Bad, About::Cloud, "is no Stelala cloud in service (HTTP/1.1 404 Not Found)");
}

#[test]
fn a_port_that_is_not_there_or_is_none_is_said_to_be_so() {
    let machine = Machine::new("[device]\nport = \"dev/ttyACM0\"\n");
    machine.says(Severity::Bad, About::Device, "there is no port ");
    machine.write("dev/ttyACM0", "");
    machine.says(Severity::Bad, About::Device, "cannot be opened (this is no serial port)");
}

#[test]
fn a_cloud_that_is_not_reached_is_said_with_the_place_where_it_fails() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let machine = Machine::new(&format!("[cloud]\nurls = [\"http://{nobody}\"]\n"));
    machine.says(Severity::Bad, About::Cloud, "refuses the connection: check the port in cloud.urls");
    let machine = Machine::new("[cloud]\nurls = [\"https://no-such-host.invalid\"]\n");
    machine.says(Severity::Bad, About::Cloud, "the name no-such-host.invalid has no address");
}

/// A cloud, or what stands in its place, at a certificate of its own.
fn tls_server(folder: &Path, name: &str) -> u16 {
    let pair = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    fs::write(folder.join("ca.pem"), pair.cert.pem()).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = tokio_rustls::rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = tokio_rustls::rustls::StreamOwned::new(connection, stream.unwrap());
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    port
}

#[test]
fn a_cloud_with_a_certificate_that_nobody_vouches_for_is_told_from_one_with_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let port = tls_server(folder.path(), "localhost");
    let trusted = format!("ca_file = \"{}\"\n", folder.path().join("ca.pem").display());
    let cloud = |name: &str, more: &str| {
        Machine::new(&format!("[cloud]\nurls = [\"https://{name}:{port}\"]\n{more}"))
    };
    cloud("localhost", &trusted).says(Severity::Good, About::Cloud, "answers");
    cloud("localhost", "").says(Severity::Bad, About::Cloud, "nobody whom this machine trusts signed");
    cloud("127.0.0.1", &trusted).says(Severity::Bad, About::Cloud, "is not for 127.0.0.1");
    let absent = "ca_file = \"no-such.pem\"\n";
    cloud("localhost", absent).says(Severity::Bad, About::Cloud, "cloud.ca_file: ");
}

#[test]
fn a_cloud_that_refuses_the_device_is_bad_and_its_reason_is_said() {
    let cloud = answering("");
    let address = cloud.split('"').nth(1).unwrap();
    let url = format!("http://{address}");
    let told = json!({"tunnels": [{"cloud": url, "state": "refused", "code": "DEVICE_UNKNOWN", "detail": "no such"}]});
    let machine = Machine::new(&format!("{}[cloud]\nurls = [\"{url}\"]\n", answering(&told.to_string())));
    machine.says(Severity::Bad, About::Cloud, "refuses this device (DEVICE_UNKNOWN, no such)");
}

#[test]
fn what_answers_in_a_clouds_place_is_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(b"HTTP/1.1 302 Sign in \x1b[2J first\r\n\r\n");
        }
    });
    let machine = Machine::new(&format!("[cloud]\nurls = [\"http://{address}\"]\n"));
    machine.says(Severity::Bad, About::Cloud, "(HTTP/1.1 302 Sign in \u{fffd}[2J first)");
}

#[test]
fn a_certificate_of_the_device_says_how_many_days_are_left() {
    let machine = Machine::new("");
    let mut parameters = rcgen::CertificateParams::new(["DEF-000001".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    for (year, month, day, severity, words) in [
        (2027, 2, 4, Severity::Good, "is good until 2027-02-04T00:00:00Z"),
        (2026, 2, 20, Severity::Warning, "ends in 15 days: have it renewed"),
        (2026, 2, 1, Severity::Bad, "was good until 2026-02-01T00:00:00Z: have it renewed"),
    ] {
        parameters.not_after = rcgen::date_time_ymd(year, month, day);
        let certificate = parameters.clone().self_signed(&key).unwrap();
        machine.write("state/device.pem", &certificate.pem());
        machine.says(severity, About::Device, words);
    }
    machine.write("state/device.pem", "none");
    machine.says(Severity::Warning, About::Device, "does not say until when it is good");
}

#[test]
fn a_local_network_without_tls_is_refused_in_words() {
    let machine = Machine::new("listen = \"0.0.0.0:1\"\n");
    machine.says(Severity::Bad, About::Tills, "0.0.0.0:1 can be reached from other machines");
}

#[test]
fn a_locale_that_is_french_gets_french_and_any_other_english() {
    for (name, language) in [
        ("fr_CD.UTF-8", Language::French),
        ("fr", Language::French),
        ("fr.UTF-8", Language::French),
        ("fro", Language::English),
        ("C.UTF-8", Language::English),
        ("", Language::English),
    ] {
        assert_eq!(Language::of_locale(name), language, "{name}");
    }
}
