//! Whether the proxy runs, now and after the machine's next start, and whether tills may reach it as configured.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
};

use super::{About, Finding, Sight, Told, ask::ask, certificate, plain};
use crate::{
    Config,
    tls::{Certificate, Reach},
};

const UNIT: &str = "stelala-proxy.service";
const UNIT_FOLDERS: [&str; 3] = ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

/// Also what a proxy that runs says of itself.
pub(super) fn examine(config: &Config, sight: &Sight) -> (Option<Told>, Vec<Finding>) {
    let language = sight.language;
    let listen = config.local.listen;
    let mut findings = tills(config, sight);
    // The proxy asks the device first, and a device that says nothing is asked again.
    let told = match ask(&config.local, "GET", "/v1/status", None, language, 4 * sight.patience) {
        Ok(answer) if answer.status == 200 => match serde_json::from_str(&answer.body) {
            Ok(told) => {
                let sentence = say!(
                    language,
                    "le proxy tourne, et répond à {listen}",
                    "the proxy runs, and answers at {listen}"
                );
                findings.push(Finding::good(About::Service, sentence));
                Some(told)
            }
            Err(_) => {
                findings.push(stranger(listen, sight));
                None
            }
        },
        Ok(answer) => {
            let status = answer.status;
            let sentence = say!(
                language,
                "ce qui écoute à {listen} répond {status} à une question sur son état : terminez-le, ou changez local.listen",
                "what listens at {listen} answers {status} when it is asked how it is: end it, or set local.listen"
            );
            findings.push(Finding::bad(About::Service, sentence));
            None
        }
        Err(fault) if fault.kind() == ErrorKind::InvalidData => {
            findings.push(stranger(listen, sight));
            None
        }
        Err(fault) if matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            let sentence = say!(
                language,
                "ce qui écoute à {listen} ne dit pas à temps comment il va : si c'est le proxy, voyez l'appareil, puis \
                 `sudo systemctl restart stelala-proxy`",
                "what listens at {listen} does not say in time how it is: if it is the proxy, look at the device, then \
                 `sudo systemctl restart stelala-proxy`"
            );
            findings.push(Finding::bad(About::Service, sentence));
            Some(Told::default())
        }
        Err(_) => {
            findings.push(not_running(listen, sight));
            None
        }
    };
    findings.push(enabled(sight));
    (told, findings)
}

fn tills(config: &Config, sight: &Sight) -> Vec<Finding> {
    let language = sight.language;
    let reach = match Reach::of(config.local.listen, config.local.tls.clone()) {
        Ok(reach) => reach,
        Err(fault) => {
            let listen = fault.0;
            let sentence = say!(
                language,
                "{listen} est ouvert à d'autres machines : donnez local.tls_certificate et local.tls_key, ou écoutez à 127.0.0.1",
                "{listen} can be reached from other machines: set local.tls_certificate and local.tls_key, or listen at 127.0.0.1"
            );
            return vec![Finding::bad(About::Tills, sentence)];
        }
    };
    let Some(files) = reach.files() else {
        let sentence = say!(
            language,
            "les programmes de cette machine vendent sans appairage",
            "programs on this machine sell without pairing"
        );
        return vec![Finding::good(About::Tills, sentence)];
    };
    match Certificate::read(files) {
        Ok(shown) => {
            let chain = shown.chain();
            let name = files.certificate.display().to_string();
            let validity = chain.first().and_then(|first| certificate::Validity::read(first));
            vec![certificate::finding(About::Tills, &name, validity, sight)]
        }
        Err(fault) => vec![Finding::bad(About::Tills, plain(&fault.to_string()))],
    }
}

fn stranger(listen: SocketAddr, sight: &Sight) -> Finding {
    let sentence = say!(
        sight.language,
        "un autre programme écoute à {listen} : terminez-le, ou changez local.listen",
        "another program listens at {listen}: end it, or set local.listen"
    );
    Finding::bad(About::Service, sentence)
}

/// Nobody answers: a port that is taken all the same is another program's.
fn not_running(listen: SocketAddr, sight: &Sight) -> Finding {
    if TcpListener::bind(listen).is_err_and(|fault| fault.kind() == ErrorKind::AddrInUse) {
        return stranger(listen, sight);
    }
    let sentence = if is_installed(sight) {
        say!(
            sight.language,
            "le proxy ne tourne pas : `sudo systemctl start stelala-proxy`, et s'il s'arrête, `journalctl -u stelala-proxy`",
            "the proxy does not run: `sudo systemctl start stelala-proxy`, and if it ends, `journalctl -u stelala-proxy`"
        )
    } else {
        say!(
            sight.language,
            "le proxy ne tourne pas : `stelala proxy run` le lance",
            "the proxy does not run: `stelala proxy run` starts it"
        )
    };
    Finding::bad(About::Service, sentence)
}

fn enabled(sight: &Sight) -> Finding {
    let language = sight.language;
    if !is_installed(sight) {
        let sentence = say!(
            language,
            "aucun service {UNIT} : le proxy ne redémarre pas avec la machine ; installez le paquet stelala-proxy",
            "there is no {UNIT}: the proxy does not start with the machine; install the package stelala-proxy"
        );
        return Finding::warning(About::Service, sentence);
    }
    let link = sight.root.join("etc/systemd/system/multi-user.target.wants").join(UNIT);
    // A link whose end is elsewhere in a made-up root is one.
    if link.symlink_metadata().is_ok() {
        let sentence =
            say!(language, "le proxy démarre avec la machine", "the proxy starts with the machine");
        Finding::good(About::Service, sentence)
    } else {
        let sentence = say!(
            language,
            "le proxy ne démarre pas avec la machine : `sudo systemctl enable --now stelala-proxy`",
            "the proxy does not start with the machine: `sudo systemctl enable --now stelala-proxy`"
        );
        Finding::bad(About::Service, sentence)
    }
}

pub(super) fn is_installed(sight: &Sight) -> bool {
    UNIT_FOLDERS.iter().any(|folder| sight.root.join(folder).join(UNIT).symlink_metadata().is_ok())
}
