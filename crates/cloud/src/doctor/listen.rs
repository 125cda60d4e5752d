use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use super::Finding;
use crate::config::Config;

const ABOUT: &str = "address";
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn examine(config: &Config) -> Finding {
    let listen = config.http.listen;
    let loopback = listen.ip().is_loopback();
    match TcpListener::bind(listen) {
        Ok(_) if loopback => Finding::good(ABOUT, format!("{listen} is free, for this machine only")),
        Ok(_) => Finding::warning(
            ABOUT,
            format!(
                "{listen} is free; keys and sales come without encryption: have a proxy on this machine end TLS"
            ),
        ),
        Err(fault) if fault.kind() == ErrorKind::AddrInUse && is_cloud(listen) => {
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

fn is_cloud(listen: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&listen, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4_096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(r#"{"status":"alive"}"#))
}
