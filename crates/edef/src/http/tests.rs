//! A server of a few lines, and what the client says of each of its answers.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};

use super::{HttpAuthority, HttpClient, Patience};
use crate::{ApiUrl, Authority, CallFault, ConfirmCase, Dialect, ErrorCode, Finalising, Hosts, Token, Uid};

const SECRET: &str = "s3cr3t-s3cr3t-s3cr3t";
const CONFIRMED: &str = r#"{"dateTime":"2026-02-04T11:15:31","qrCode":"F;CD01002345-1","codeDEFDGI":"TESTFEW73TJMEJCGFOCXPDOX","counters":"1/1 FV","nim":"CD01002345-1"}"#;

/// What a server does with one request.
#[derive(Clone)]
enum Turn {
    /// Writes this and keeps the connection.
    Answer(String),
    /// Writes this and closes.
    Last(String),
    /// Says nothing until the client has gone.
    Silence,
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A server that takes one turn for each request, in order, over all connections; what was asked is told.
struct Server {
    port: u16,
    asked: mpsc::Receiver<String>,
}

impl Server {
    fn new(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            let mut turns = turns.into_iter().peekable();
            while turns.peek().is_some() {
                let Ok((stream, _)) = listener.accept() else { return };
                serve(&stream, &stream, &mut turns, &tell);
            }
        });
        Self { port, asked }
    }

    fn authority(&self) -> HttpAuthority {
        self.with(Dialect::default())
    }

    fn with(&self, dialect: Dialect) -> HttpAuthority {
        authority(&format!("http://127.0.0.1:{}", self.port), &client(&[]), dialect)
    }
}

/// Serves one connection until it ends.
fn serve(
    from: impl Read,
    mut to: impl Write,
    turns: &mut impl Iterator<Item = Turn>,
    tell: &mpsc::Sender<String>,
) {
    let mut from = BufReader::new(from);
    while let Some(request) = next_request(&mut from) {
        let Some(turn) = turns.next() else { return };
        let _ = tell.send(request);
        match turn {
            Turn::Answer(text) => to.write_all(text.as_bytes()).unwrap(),
            Turn::Last(text) => return to.write_all(text.as_bytes()).unwrap(),
            Turn::Silence => drop(from.read_to_end(&mut Vec::new())),
        }
    }
}

fn next_request(from: &mut impl BufRead) -> Option<String> {
    let mut request = String::new();
    let mut length = 0;
    while !request.ends_with("\r\n\r\n") {
        let mut line = String::new();
        from.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some(request + &String::from_utf8(body).unwrap())
}

/// Waits longer than any test takes, whatever else the machine does.
fn client(roots: &[Vec<u8>]) -> HttpClient {
    HttpClient::new(Patience { connect: Duration::from_secs(20), whole: Duration::from_secs(20) }, roots)
}

/// Gives a connection this long, and an answer twice as long.
fn hasty() -> HttpClient {
    let connect = Duration::from_secs(2);
    HttpClient::new(Patience { connect, whole: connect * 2 }, &[])
}

fn authority(url: &str, client: &HttpClient, dialect: Dialect) -> HttpAuthority {
    let hosts = Hosts::new(["127.0.0.1", "localhost", "nowhere.invalid"].map(String::from), true);
    HttpAuthority::new(client, ApiUrl::read(url, &hosts).unwrap(), SECRET.parse::<Token>().unwrap(), dialect)
}

fn uid() -> Uid {
    "u-1".parse().unwrap()
}

fn totals() -> Finalising {
    Finalising { total: "126".parse().unwrap(), vtotal: "16".parse().unwrap() }
}

/// What the client makes of an answer to a confirm.
fn confirm(turn: Turn) -> CallFault {
    let server = Server::new(vec![turn]);
    let fault = server.authority().confirm(&uid(), &totals()).unwrap_err();
    assert!(server.asked.try_recv().is_ok());
    fault
}

/// The same, by a client that does not wait long.
fn hasty_confirm(turn: Turn) -> CallFault {
    let server = Server::new(vec![turn]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let fault = authority(&url, &hasty(), Dialect::default()).confirm(&uid(), &totals()).unwrap_err();
    assert!(server.asked.try_recv().is_ok());
    fault
}

#[test]
fn a_confirm_is_sent_once_with_the_token_and_the_totals() {
    let server = Server::new(vec![Turn::Answer(answer("200 OK", CONFIRMED))]);
    let confirmed = server.authority().confirm(&uid(), &totals()).unwrap();
    assert_eq!(confirmed.code.as_str(), "TESTFEW73TJMEJCGFOCXPDOX");
    let asked = server.asked.recv().unwrap();
    let lower = asked.to_ascii_lowercase();
    assert!(asked.starts_with("PUT /api/invoice/u-1/confirm HTTP/1.1\r\n"), "{asked}");
    assert!(lower.contains(&format!("authorization: bearer {SECRET}\r\n")), "{asked}");
    assert!(lower.contains("content-type: application/json\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"total\":126.00,\"vtotal\":16.00}"), "{asked}");
}

#[test]
fn each_call_has_its_method_and_path() {
    let turns = vec![Turn::Answer(answer("200 OK", "{}")); 6];
    let server = Server::new(turns);
    let upper = server.with(Dialect { confirm: ConfirmCase::Upper, ..Dialect::default() });
    assert!(upper.status().is_ok());
    assert!(upper.pending(&uid()).is_ok());
    assert_eq!(upper.cancel(&uid(), &totals()), Ok(()));
    assert_eq!(upper.confirm(&uid(), &totals()), Err(CallFault::Malformed));
    assert_eq!(upper.tax_groups(), Err(CallFault::Malformed));
    assert_eq!(upper.currency_rates(), Err(CallFault::Malformed));
    let asked: Vec<String> =
        server.asked.try_iter().map(|asked| asked.split(" HTTP").next().unwrap().to_owned()).collect();
    assert_eq!(
        asked,
        [
            "GET /api/invoice",
            "GET /api/invoice/u-1",
            "PUT /api/invoice/u-1/CANCEL",
            "PUT /api/invoice/u-1/CONFIRM",
            "GET /api/info/taxGroups",
            "GET /api/info/currencyRates",
        ]
    );
}

#[test]
fn nothing_listens_there() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for scheme in ["http", "https"] {
        let authority = authority(&format!("{scheme}://127.0.0.1:{port}"), &client(&[]), Dialect::default());
        assert_eq!(authority.confirm(&uid(), &totals()), Err(CallFault::Unreachable), "{scheme}");
    }
}

#[test]
fn the_name_is_not_known() {
    let authority = authority("https://nowhere.invalid", &client(&[]), Dialect::default());
    assert_eq!(authority.confirm(&uid(), &totals()), Err(CallFault::Unreachable));
}

#[test]
fn a_handshake_that_fails_or_never_ends_sent_nothing_of_the_request() {
    for keeps_open in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            if keeps_open {
                let _ = stream.read_to_end(&mut seen);
            }
            seen
        });
        let authority = authority(&format!("https://127.0.0.1:{port}"), &hasty(), Dialect::default());
        assert_eq!(authority.confirm(&uid(), &totals()), Err(CallFault::Unreachable), "{keeps_open}");
        let seen = server.join().unwrap();
        assert!(!String::from_utf8_lossy(&seen).contains("confirm"));
    }
}

#[test]
fn a_server_that_says_nothing_may_have_done_it() {
    assert_eq!(hasty_confirm(Turn::Silence), CallFault::Timeout);
    assert_eq!(
        hasty_confirm(Turn::Answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"code".to_owned())),
        CallFault::Timeout
    );
}

#[test]
fn a_connection_that_ends_early_may_have_done_it() {
    for text in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"code"] {
        assert_eq!(confirm(Turn::Last(text.to_owned())), CallFault::Broken, "{text}");
    }
}

#[test]
fn what_is_no_answer_of_the_authority_is_malformed() {
    assert_eq!(confirm(Turn::Last("SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned())), CallFault::Malformed);
    for body in ["", "<html></html>", "[]", r#"{"codeDEFDGI":"short"}"#] {
        assert_eq!(confirm(Turn::Answer(answer("200 OK", body))), CallFault::Malformed, "{body}");
    }
    let long_header =
        format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 2\r\n\r\n{{}}", "x".repeat(17 * 1024));
    assert_eq!(confirm(Turn::Answer(long_header)), CallFault::Malformed);
}

#[test]
fn an_answer_of_more_than_a_mebibyte_is_malformed() {
    let padded = |length: usize| format!("{CONFIRMED}{}", " ".repeat(length - CONFIRMED.len()));
    let server = Server::new(vec![
        Turn::Answer(answer("200 OK", &padded(1024 * 1024))),
        Turn::Last(answer("200 OK", &padded(1024 * 1024 + 1))),
    ]);
    let authority = server.authority();
    assert!(authority.confirm(&uid(), &totals()).is_ok());
    assert_eq!(authority.confirm(&uid(), &totals()), Err(CallFault::Malformed));
}

#[test]
fn each_status_is_its_own_fault() {
    let refusal = r#"{"errorCode":4,"errorDesc":"Référence absente"}"#;
    let of = |status: &str, body: &str| confirm(Turn::Answer(answer(status, body)));
    let wait = |seconds: &str, status: &str| {
        confirm(Turn::Answer(format!(
            "HTTP/1.1 {status}\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n"
        )))
    };
    let refused =
        CallFault::Refused { code: ErrorCode::ReferenceMissing, text: "Référence absente".to_owned() };
    for (fault, expected) in [
        (of("401 Unauthorized", refusal), CallFault::Unauthorized),
        (of("403 Forbidden", ""), CallFault::Forbidden),
        (of("429 Too Many Requests", ""), CallFault::TooMany { retry_after: None }),
        (wait("7", "429 Slow"), CallFault::TooMany { retry_after: Some(7) }),
        (wait("99999999999999999999999", "429 Slow"), CallFault::TooMany { retry_after: Some(3_600) }),
        (wait("Wed, 21 Oct 2026 07:28:00 GMT", "429 Slow"), CallFault::TooMany { retry_after: None }),
        (wait("7", "503 Busy"), CallFault::Server { status: 503, retry_after: Some(7) }),
        (of("500 Error", refusal), refused.clone()),
        (of("500 Error", "<html>"), CallFault::Server { status: 500, retry_after: None }),
        (of("200 OK", refusal), refused.clone()),
        (of("400 Bad Request", refusal), refused),
        (of("400 Bad Request", "{}"), CallFault::WrongStatus { status: 400 }),
        (of("404 Not Found", "<html>"), CallFault::WrongStatus { status: 404 }),
    ] {
        assert_eq!(fault, expected);
    }
}

#[test]
fn why_a_request_could_not_be_read_is_told_in_the_authoritys_words() {
    let body = r#"{"title":"Invalid.","status":400,"errors":{"Items[0].Price":["Requis"]}}"#;
    let text = r#"Invalid. {"Items[0].Price":["Requis"]}"#.to_owned();
    let fault = confirm(Turn::Answer(answer("400 Bad Request", body)));
    assert_eq!(fault, CallFault::Refused { code: ErrorCode::Other(400), text });
    let body = format!(r#"{{"title":"jeton {SECRET} lu"}}"#);
    let fault = confirm(Turn::Answer(answer("422 Unprocessable", &body)));
    assert_eq!(fault, CallFault::Refused { code: ErrorCode::Other(422), text: "jeton …".to_owned() });
}

#[test]
fn a_code_is_kept_whatever_the_status() {
    for status in ["400 Bad Request", "401 Unauthorized", "409 Conflict", "500 Error", "503 Busy"] {
        let server = Server::new(vec![Turn::Answer(answer(status, CONFIRMED))]);
        let confirmed = server.authority().confirm(&uid(), &totals()).unwrap();
        assert_eq!(confirmed.code.as_str(), "TESTFEW73TJMEJCGFOCXPDOX", "{status}");
    }
    let server = Server::new(vec![Turn::Answer(answer("500 Error", ""))]);
    let cancelled = server.authority().cancel(&uid(), &totals());
    assert_eq!(cancelled, Err(CallFault::Server { status: 500, retry_after: None }));
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::new(vec![Turn::Answer(answer("200 OK", CONFIRMED))]);
    for status in ["301 Moved", "307 Temporary", "308 Permanent"] {
        let location = format!("http://127.0.0.1:{}/api/invoice/u-1/confirm", other.port);
        let turn = format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let CallFault::WrongStatus { status: told } = confirm(Turn::Last(turn)) else { panic!("{status}") };
        assert!(status.starts_with(&told.to_string()));
    }
    assert!(other.asked.try_recv().is_err());
}

#[test]
fn a_kept_connection_that_dies_is_broken_and_nothing_is_sent_twice() {
    let server = Server::new(vec![
        Turn::Answer(answer("200 OK", CONFIRMED)),
        Turn::Last(String::new()),
        Turn::Answer(answer("200 OK", CONFIRMED)),
    ]);
    let authority = server.authority();
    assert!(authority.confirm(&uid(), &totals()).is_ok());
    assert_eq!(authority.confirm(&uid(), &totals()), Err(CallFault::Broken));
    assert_eq!(server.asked.try_iter().count(), 2);
    assert!(authority.confirm(&uid(), &totals()).is_ok());
    assert_eq!(server.asked.try_iter().count(), 1);
}

#[test]
fn a_call_that_sent_nothing_is_not_told_by_the_one_before() {
    let server = Server::new(vec![Turn::Last(answer("200 OK", CONFIRMED))]);
    let authority = server.authority();
    assert!(authority.confirm(&uid(), &totals()).is_ok());
    // The server has left with its last turn: whether that is seen before or while sending, nothing is concluded wrongly.
    let fault = authority.confirm(&uid(), &totals()).unwrap_err();
    assert!(matches!(fault, CallFault::Unreachable | CallFault::Broken), "{fault:?}");
    assert!(server.asked.try_iter().count() <= 1);
}

/// A server with a certificate of its own authority, which takes one turn.
fn secure(turn: Turn) -> (u16, Vec<u8>, mpsc::Receiver<String>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config =
        Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = mpsc::channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut tls: StreamOwned<ServerConnection, TcpStream> =
            StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let request = next_request(&mut BufReader::new(&mut tls));
        if let Some(request) = request {
            tell.send(request).unwrap();
            if let Turn::Answer(text) | Turn::Last(text) = turn {
                tls.write_all(text.as_bytes()).unwrap();
            }
        }
    });
    (port, certificate.to_vec(), asked)
}

#[test]
fn over_tls_a_lost_answer_is_broken_and_a_wrong_certificate_sent_nothing() {
    let (port, root, asked) = secure(Turn::Answer(answer("200 OK", CONFIRMED)));
    let url = format!("https://localhost:{port}");
    assert!(authority(&url, &client(&[root]), Dialect::default()).confirm(&uid(), &totals()).is_ok());
    assert!(asked.recv().unwrap().starts_with("PUT /api/invoice/u-1/confirm"));

    let (port, root, asked) = secure(Turn::Last(String::new()));
    let url = format!("https://localhost:{port}");
    let fault = authority(&url, &client(&[root]), Dialect::default()).confirm(&uid(), &totals());
    assert_eq!(fault, Err(CallFault::Broken));
    assert!(asked.recv().is_ok());

    let (port, _, asked) = secure(Turn::Answer(answer("200 OK", CONFIRMED)));
    let url = format!("https://localhost:{port}");
    let fault = authority(&url, &client(&[]), Dialect::default()).confirm(&uid(), &totals());
    assert_eq!(fault, Err(CallFault::Unreachable));
    assert!(asked.recv().is_err());
}

#[test]
fn no_text_of_the_client_holds_the_token() {
    // Even a server that sends the token back does not bring it into a fault.
    let echo = format!(r#"{{"errorCode":"{SECRET}","errorDesc":"Bearer {SECRET}"}}"#);
    let named = format!(r#"{{"errorCode":4,"errorDesc":"Bearer \u0073{}"}}"#, &SECRET[1..]);
    let turns = [
        answer("200 OK", &named),
        answer("400 Bad Request", &named),
        answer("200 OK", &echo),
        answer("404 Not Found", &echo),
        answer("500 Error", &echo),
        format!("HTTP/1.1 {SECRET}\r\n\r\n"),
    ];
    for turn in turns {
        let server = Server::new(vec![Turn::Last(turn)]);
        let authority = server.authority();
        let fault = authority.confirm(&uid(), &totals()).unwrap_err();
        for text in
            [format!("{authority:?}"), format!("{authority:#?}"), format!("{fault:?}"), fault.to_string()]
        {
            assert!(!text.contains("s3cr3t"), "{text}");
        }
    }
}
