//! As much of HTTP/1.1 as one client of one server needs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, bail};
use registry::ApiKey;

/// Asks one cloud, over one connection at a time.
pub(super) struct Client {
    address: SocketAddr,
    key: ApiKey,
    connection: Option<BufReader<TcpStream>>,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

const PATIENCE: Duration = Duration::from_secs(30);
/// The longest line of a header, in bytes.
const LINE: u64 = 8 * 1024;
/// The longest body, in bytes.
const BODY: usize = 256 * 1024;
/// How often a sale is offered: the cloud may be about to get its signer, or to start.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

impl Client {
    pub(super) fn new(address: SocketAddr, key: &ApiKey) -> Self {
        Self { address, key: key.clone(), connection: None }
    }

    /// Offers a sale until there is an answer that will not change: the same bytes under the same key.
    pub(super) fn seal(&mut self, idempotency_key: &str, payload: &str) -> anyhow::Result<Answer> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.offer(idempotency_key, payload) {
                Ok(answer) if answer.status != 429 && answer.status != 503 => return Ok(answer),
                Ok(answer) => last = Some(Ok(answer)),
                Err(fault) => {
                    self.connection = None;
                    last = Some(Err(fault));
                }
            }
            std::thread::sleep(PAUSE);
        }
        last.context("nothing was offered")?
    }

    fn offer(&mut self, idempotency_key: &str, payload: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "POST /api/v1/invoices HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {idempotency_key}\r\n\
             Content-Type: application/vnd.stelala.canonical+json\r\nContent-Length: {}\r\n\r\n{payload}",
            self.address,
            self.key.reveal(),
            payload.len(),
        );
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(connect(self.address)?),
        };
        connection.get_mut().write_all(request.as_bytes())?;
        let (answer, closes) = read(connection)?;
        if closes {
            self.connection = None;
        }
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> anyhow::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).context("the cloud does not answer")?;
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
