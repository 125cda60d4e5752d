//! Answers of any media type and length, as they come.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use crate::{bench::bearer, patience::PATIENCE};

/// What was answered.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// Asks with a key, or as nobody.
pub(crate) fn ask(
    address: SocketAddr,
    line: &str,
    number: Option<u8>,
    headers: &[(&str, &str)],
    body: &str,
) -> Raw {
    let mut stream = open(address, line, number, headers, body);
    let mut first = String::new();
    stream.read_line(&mut first).unwrap();
    let status = first.split(' ').nth(1).unwrap().parse().unwrap();
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        head.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut answer = Raw { status, head, body: Vec::new() };
    answer.body = if answer.header("transfer-encoding") == Some("chunked") {
        chunks(&mut stream)
    } else {
        let mut body = Vec::new();
        stream.read_to_end(&mut body).unwrap();
        body
    };
    answer
}

/// The request is sent, and nothing is read.
pub(crate) fn open(
    address: SocketAddr,
    line: &str,
    number: Option<u8>,
    headers: &[(&str, &str)],
    body: &str,
) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = format!("{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    if let Some(number) = number {
        text.push_str(&format!("Authorization: {}\r\n", bearer(number)));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    stream.write_all(text.as_bytes()).unwrap();
    BufReader::new(stream)
}

/// A body in chunks, which has its end or is none.
fn chunks(stream: &mut BufReader<TcpStream>) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut length = String::new();
        stream.read_line(&mut length).unwrap();
        let length = usize::from_str_radix(length.trim_end(), 16).expect("the body broke off");
        let start = body.len();
        body.resize(start + length + 2, 0);
        stream.read_exact(&mut body[start..]).unwrap();
        body.truncate(start + length);
        if length == 0 {
            return body;
        }
    }
}

/// As a part of a query.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}
