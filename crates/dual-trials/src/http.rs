//! As much of HTTP/1.1 as terminals and technicians need: one connection that is kept.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// Asks one server.
pub struct Client {
    address: SocketAddr,
    /// An API key, or a terminal's token.
    bearer: Option<String>,
    patience: Duration,
    stream: Option<BufReader<TcpStream>>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The media type of payloads that are taken byte for byte.
pub(crate) const CANONICAL: &str = "application/vnd.stelala.canonical+json";
const LINE: u64 = 8 * 1024;
const BODY: usize = 4 * 1024 * 1024;

impl Client {
    /// No answer may take longer than `patience`.
    pub const fn new(address: SocketAddr, bearer: Option<String>, patience: Duration) -> Self {
        Self { address, bearer, patience, stream: None }
    }

    /// Where it asks from now on.
    pub fn move_to(&mut self, address: SocketAddr) {
        if self.address != address {
            self.address = address;
            self.stream = None;
        }
    }

    /// Asks for what is at a path.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, &[], "")
    }

    /// Sends JSON.
    pub fn send(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
        self.ask(method, path, &[("Content-Type", "application/json")], &body.to_string())
    }

    /// Offers a canonical payload under a key.
    pub fn offer(&mut self, path: &str, payload: &str, key: Option<&str>) -> io::Result<Answer> {
        let mut headers = vec![("Content-Type", CANONICAL)];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        self.ask("POST", path, &headers, payload)
    }

    /// Asks. After a fault it is not known whether the server obeyed, but after [`io::ErrorKind::ConnectionRefused`].
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if let Some(bearer) = &self.bearer {
            request.push_str(&format!("Authorization: Bearer {bearer}\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address, self.patience)?,
        };
        stream.get_mut().write_all(request.as_bytes())?;
        let (answer, closes) = answer(&mut stream)?;
        self.stream = (!closes).then_some(stream);
        Ok(answer)
    }
}

impl Answer {
    /// As JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().map_or_else(|| format!("status {}", self.status), str::to_owned)
    }

    /// The status and the beginning of the body, for people.
    pub fn words(&self) -> String {
        format!("{} {}", self.status, self.body.chars().take(400).collect::<String>())
    }
}

fn connect(address: SocketAddr, patience: Duration) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

/// An answer, and whether it is the connection's last.
fn answer(stream: &mut BufReader<TcpStream>) -> io::Result<(Answer, bool)> {
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| wrong("this is no answer of HTTP"))?;
    let (mut length, mut closes, mut chunked) = (0, false, false);
    loop {
        let line = line(stream)?.to_ascii_lowercase();
        let Some((name, value)) = line.split_once(':') else { break };
        match (name, value.trim()) {
            ("content-length", value) => length = value.parse().map_err(|_| wrong("Content-Length"))?,
            ("connection", "close") => closes = true,
            ("transfer-encoding", "chunked") => chunked = true,
            _ => {}
        }
    }
    let body = if chunked { chunks(stream)? } else { bytes(stream, length)? };
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((Answer { status, body }, closes))
}

fn chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(line(stream)?.trim(), 16).map_err(io::Error::other)?;
        body.extend(bytes(stream, length)?);
        line(stream)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn bytes(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is too long"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
