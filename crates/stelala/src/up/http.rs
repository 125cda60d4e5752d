//! As much of HTTP/1.1 as one client of one server needs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, bail};
use registry::ApiKey;
use serde_json::Value;

/// Asks one server, over one connection at a time.
pub(crate) struct Client {
    address: SocketAddr,
    /// Where it offers sales.
    invoices: &'static str,
    /// On loopback a proxy asks for none.
    key: Option<ApiKey>,
    connection: Option<BufReader<TcpStream>>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

const CANONICAL: &str = "application/vnd.stelala.canonical+json";
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest line of a header, in bytes.
const LINE: u64 = 8 * 1024;
/// The longest body, in bytes.
const BODY: usize = 256 * 1024;
/// How often a sale is offered: the cloud may be about to get its signer, or to start.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

impl Client {
    /// Of a cloud.
    pub(crate) fn of_cloud(address: SocketAddr, key: &ApiKey) -> Self {
        Self { address, invoices: "/api/v1/invoices", key: Some(key.clone()), connection: None }
    }

    /// Of a proxy beside a device, on this machine.
    pub(crate) const fn of_proxy(address: SocketAddr) -> Self {
        Self { address, invoices: "/v1/invoices", key: None, connection: None }
    }

    /// Offers a sale until there is an answer that will not change: the same bytes under the same key.
    pub(crate) fn seal(&mut self, idempotency_key: &str, payload: &str) -> anyhow::Result<Answer> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.ask("POST", self.invoices, CANONICAL, Some(idempotency_key), payload) {
                Ok(answer) if answer.status != 429 && answer.status != 503 => return Ok(answer),
                asked => last = Some(asked),
            }
            std::thread::sleep(PAUSE);
        }
        last.context("nothing was offered")?
    }

    /// Asks for what is at a path.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.ask("GET", path, "application/json", None, "")
    }

    /// Sends JSON.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(method, path, "application/json", None, &body.to_string())
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        media_type: &str,
        idempotency_key: Option<&str>,
        body: &str,
    ) -> anyhow::Result<Answer> {
        let key = self
            .key
            .as_ref()
            .map_or_else(String::new, |key| format!("Authorization: Bearer {}\r\n", key.reveal()));
        let idempotency =
            idempotency_key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{key}{idempotency}Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        // One that failed is not used again.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address)?,
        };
        connection.get_mut().write_all(request.as_bytes())?;
        let (answer, closes) = read(&mut connection)?;
        self.connection = (!closes).then_some(connection);
        Ok(answer)
    }
}

impl Answer {
    /// As JSON, if it is what was hoped for.
    pub(crate) fn good(&self, what: &str) -> anyhow::Result<Value> {
        if self.status >= 300 {
            bail!("{what}: the answer was {} {}", self.status, self.body);
        }
        serde_json::from_str(&self.body).with_context(|| format!("{what}: {}", self.body))
    }
}

fn connect(address: SocketAddr) -> anyhow::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("{address} does not answer"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

/// An answer, and whether it is the connection's last.
fn read(connection: &mut BufReader<TcpStream>) -> anyhow::Result<(Answer, bool)> {
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.context("this is no answer of HTTP")?;
    let (mut length, mut closes) = (0, false);
    loop {
        let line = line(connection)?.to_ascii_lowercase();
        let Some((name, value)) = line.split_once(':') else { break };
        match (name, value.trim()) {
            ("content-length", value) => length = value.parse().context("Content-Length")?,
            ("connection", "close") => closes = true,
            _ => {}
        }
    }
    if length > BODY {
        bail!("the answer is too long");
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((Answer { status, body: String::from_utf8(body)? }, closes))
}

fn line(connection: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let mut line = String::new();
    connection.take(LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
        None => bail!("the connection ended before the answer"),
    }
}
