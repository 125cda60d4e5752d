mod ask;
mod certificate;

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
};

use ledger::Clock;

use super::Finding;
use crate::{config::Config, server::Certificate};

const ABOUT: &str = "address";

pub(super) fn examine(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let listen = config.http.listen;
    let Some(files) = &config.http.tls else { return vec![address(listen, false, None)] };
    let (certificate, found) = certificate::examine(files, clock.now());
    [address(listen, true, certificate.as_ref())].into_iter().chain(found).collect()
}

fn address(listen: SocketAddr, encrypted: bool, certificate: Option<&Certificate>) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) if listen.ip().is_loopback() => {
            Finding::good(ABOUT, format!("{listen} is free, for this machine only"))
        }
        Ok(_) if encrypted => Finding::good(ABOUT, format!("{listen} is free, for TLS")),
        Ok(_) => Finding::warning(
            ABOUT,
            format!(
                "{listen} is free; keys and sales come without encryption: set http.tls_certificate and http.tls_key, or \
                 have a proxy on this machine end TLS"
            ),
        ),
        Err(fault) if fault.kind() == ErrorKind::AddrInUse && ask::is_cloud(listen, certificate) => {
            Finding::good(ABOUT, format!("a cloud is serving at {listen}"))
        }
        Err(fault) if fault.kind() == ErrorKind::AddrInUse => Finding::bad(
            ABOUT,
            format!("another program listens at {listen}: end it, or set http.listen to another port"),
        ),
        Err(fault) => {
            Finding::bad(ABOUT, format!("{listen}: {fault}: set http.listen to an address of this machine"))
        }
    }
}
