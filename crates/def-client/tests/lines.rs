//! Real lines: a pseudo-terminal and a socket, with someone or no one at the other end.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use def_client::{Address, Answer, Host, HostFault, HostPace, Line, Lost, Port};
use def_protocol::Request;
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

const SHORT: Duration = Duration::from_millis(300);

/// A terminal: the end of the device and the path of the till's.
fn terminal() -> (File, PathBuf) {
    let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    (ours.into(), path.into())
}

fn port(path: &Path) -> Port {
    Port::new(&Address::Serial(path.into()))
}

/// Answers each request with its own correlation.
fn answer<L: Read + Write>(mut line: L, requests: usize) -> L {
    for _ in 0..requests {
        let mut frame = Vec::new();
        let mut byte = [0];
        while line.read_exact(&mut byte).is_ok() {
            frame.push(byte[0]);
            if byte[0] == 3 {
                break;
            }
        }
        let text = String::from_utf8_lossy(&frame);
        let Some((_, rest)) = text.split_once('@') else { break };
        let correlation = &rest[..16];
        write!(line, "\u{2}@{correlation} {{\"status\":\"OK\",\"text\":\"é\"}}\u{3}").unwrap();
    }
    // An end that is closed takes what was not read with it.
    line
}

#[test]
fn a_serial_port_carries_every_byte_as_it_is() {
    let (mut device, path) = terminal();
    let mut line = port(&path);
    line.open().unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    line.send(&bytes).unwrap();
    let mut there = vec![0; bytes.len()];
    device.read_exact(&mut there).unwrap();
    assert_eq!(there, bytes);
    device.write_all(&bytes).unwrap();
    let mut back = Vec::new();
    while back.len() < bytes.len() {
        let mut buffer = [0; 64];
        let received = line.receive(&mut buffer, SHORT).unwrap();
        assert!(received > 0, "the rest is missing");
        back.extend_from_slice(&buffer[..received]);
    }
    assert_eq!(back, bytes);
}

#[test]
fn a_serial_port_is_one_programs_until_it_lets_go() {
    let (_device, path) = terminal();
    let (mut first, mut second) = (port(&path), port(&path));
    first.open().unwrap();
    assert_eq!(second.open().unwrap_err().kind(), ErrorKind::ResourceBusy);
    first.close();
    second.open().unwrap();
}

#[test]
fn what_is_no_serial_port_is_not_opened() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for path in [file.path(), Path::new("/dev/null")] {
        assert_eq!(port(path).open().unwrap_err().kind(), ErrorKind::InvalidInput);
        // And nobody waits for it to become one.
        let fault = Host::new(port(path), HostPace::start(), 1).tell_json(Request::Status, &mut |_| {});
        assert_eq!(fault.unwrap_err().code(), "no_line");
    }
    assert_eq!(port(Path::new("/nowhere/port")).open().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_port_that_goes_away_is_an_error_and_not_silence() {
    let (device, path) = terminal();
    let mut line = port(&path);
    line.open().unwrap();
    drop(device);
    assert!(line.receive(&mut [0; 16], SHORT).is_err());
}

#[test]
fn what_a_port_had_for_someone_else_is_not_read() {
    let (mut device, path) = terminal();
    let held = File::open(&path).unwrap();
    let mut settings = tcgetattr(&held).unwrap();
    settings.make_raw();
    tcsetattr(&held, OptionalActions::Now, &settings).unwrap();
    device.write_all(b"late").unwrap();
    thread::sleep(Duration::from_millis(50));
    let mut line = port(&path);
    line.open().unwrap();
    assert_eq!(line.receive(&mut [0; 16], Duration::from_millis(100)).unwrap(), 0);
}

#[test]
fn a_host_asks_over_a_serial_port() {
    let (device, path) = terminal();
    // While nobody has the port open, the device's end of a terminal reads as failed.
    let _held = File::open(&path).unwrap();
    let mut host = Host::new(port(&path), HostPace::start(), 1);
    let device = thread::spawn(move || answer(device, 2));
    for _ in 0..2 {
        let answer = host.ask(Request::Status, &mut |_| {}).unwrap();
        assert_eq!(answer, Answer::Done(r#"{"status":"OK","text":"é"}"#.into()));
    }
    drop(device.join().unwrap());
}

#[test]
fn a_host_asks_over_a_socket_and_connects_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: Address = format!("tcp://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            drop(answer(stream, 1));
        }
    });
    let mut host = Host::new(Port::new(&address), HostPace::start(), 1);
    assert!(host.ask(Request::Status, &mut |_| {}).is_ok());
    // The server hung up: the first question is lost, the next one has a new connection.
    assert!(matches!(host.ask(Request::Status, &mut |_| {}), Err(Lost::Broken(_))));
    assert!(host.ask(Request::Status, &mut |_| {}).is_ok());
    server.join().unwrap();
}

#[test]
fn a_port_that_is_not_there_is_looked_for_as_long_as_one_wants() {
    let mut host = Host::new(port(Path::new("/nowhere/port")), HostPace::start(), 1);
    host.set_patience(SHORT);
    let fault = host.tell_json(Request::Status, &mut |_| {}).unwrap_err();
    assert_eq!(fault.code(), "no_line");
    assert!(matches!(fault, HostFault::NoLine { cause } if cause.kind() == ErrorKind::NotFound));
}
