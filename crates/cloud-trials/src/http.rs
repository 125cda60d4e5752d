//! As much of HTTP/1.1 as a till needs: one connection that is kept, requests and answers apart.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A connection that is kept.
pub struct Connection {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
    api_key: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

const LINE: u64 = 8 * 1024;
const BODY: usize = 256 * 1024;

impl Connection {
    /// Connects; no answer may take longer than `patience`.
    pub fn open(address: SocketAddr, api_key: &str, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: address, api_key: api_key.to_owned() })
    }

    /// Offers a sale.
    pub fn offer(&mut self, payload: &str, key: Option<&str>) -> io::Result<()> {
        let key = key.map_or(String::new(), |key| format!("Idempotency-Key: {key}\r\n"));
        let request = format!(
            "POST /api/v1/invoices HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{key}\
             Content-Type: application/vnd.stelala.canonical+json\r\nContent-Length: {}\r\n\r\n{payload}",
            self.host,
            self.api_key,
            payload.len(),
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// Sends JSON with a method to a path.
    pub fn send(&mut self, method: &str, path: &str, body: &serde_json::Value) -> io::Result<()> {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.api_key,
            body.len(),
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// Asks for what is at a path.
    pub fn ask(&mut self, path: &str) -> io::Result<()> {
        let Self { host, api_key, .. } = self;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {api_key}\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// The answer to what was sent first.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| wrong("this is no answer of HTTP"))?;
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else { break };
            if name == "content-length" {
                length = value.trim().parse().map_err(|_| wrong("Content-Length"))?;
            }
        }
        if length > BODY {
            return Err(wrong("the answer is too long"));
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.stream).take(LINE).read_line(&mut line)?;
        match line.strip_suffix('\n') {
            Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Answer {
    /// The stable code of a problem.
    pub fn code(&self) -> String {
        let problem: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let code = problem.as_ref().and_then(|problem| problem.get("code")?.as_str());
        code.map_or_else(|| format!("status {}", self.status), str::to_owned)
    }

    /// The fiscal numbers in a list of invoices.
    pub fn found(&self) -> Option<Vec<String>> {
        let list: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let number = |invoice: &serde_json::Value| Some(invoice.get("fiscal_number")?.as_str()?.to_owned());
        list.get("invoices")?.as_array()?.iter().map(number).collect()
    }

    /// A member of a problem, or of a seal.
    pub fn member(&self, name: &str) -> Option<String> {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(problem.get(name)?.as_str()?.to_owned())
    }
}
