//! The port: hosts come and go, and find it as new.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{FileTypeExt, OpenOptionsExt, symlink},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use def_engine::board::Ticks;
use def_sim::{HostTicks, Terminal};

const SOON: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::from_millis(20);

/// A host that changes no settings of the port: it has to be raw by itself.
fn host(link: &Path) -> File {
    // O_NOCTTY, so that the port does not become the test's terminal.
    OpenOptions::new().read(true).write(true).custom_flags(0o400).open(link).unwrap()
}

fn receive(terminal: &mut Terminal, length: usize) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1024]);
    while bytes.len() < length {
        let taken = terminal.receive(&mut buffer, SOON).unwrap();
        assert!(taken > 0, "only {} of {length} bytes came", bytes.len());
        bytes.extend(&buffer[..taken]);
    }
    bytes
}

fn read(host: &mut File, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    host.read_exact(&mut bytes).unwrap();
    bytes
}

fn all_bytes() -> Vec<u8> {
    (0..=255).collect()
}

#[test]
fn two_hosts_one_after_the_other_send_and_receive_every_byte_value() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    for _ in 0..2 {
        assert_eq!(terminal.receive(&mut [0; 8], NOW).unwrap(), 0, "no host, no error");
        let mut host = host(terminal.link());
        host.write_all(&all_bytes()).unwrap();
        assert_eq!(receive(&mut terminal, 256), all_bytes());
        terminal.send(&all_bytes());
        assert_eq!(read(&mut host, 256), all_bytes());
    }
}

#[test]
fn what_a_host_wrote_before_it_left_is_received() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    host(terminal.link()).write_all(b"left").unwrap();
    assert_eq!(receive(&mut terminal, 4), b"left");
}

#[test]
fn what_one_host_did_not_read_is_not_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    for length in [5, 4096, 30_000] {
        let mut first = host(terminal.link());
        first.write_all(b"?").unwrap();
        receive(&mut terminal, 1);
        terminal.set_patience(NOW);
        terminal.send(&vec![b'x'; length]);
        drop(first);
        assert_eq!(terminal.receive(&mut [0; 8], NOW).unwrap(), 0);
        let mut second = host(terminal.link());
        terminal.send(b"fresh");
        assert_eq!(read(&mut second, 5), b"fresh", "after {length} bytes");
    }
}

#[test]
fn a_host_that_does_not_read_is_waited_for_once_and_then_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    terminal.set_patience(Duration::from_millis(200));
    let _host = host(terminal.link());
    let mut ticks = HostTicks::start();
    terminal.send(&vec![b'x'; 1 << 20]);
    let waited = ticks.milliseconds();
    assert!((200..5000).contains(&waited), "{waited} ms");
    (0..100).for_each(|_| terminal.send(&[b'y'; 100]));
    assert!(ticks.milliseconds() - waited < 2000, "not again for each piece");
}

#[test]
fn a_host_that_reads_again_is_waited_for_again() {
    const LONG: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    terminal.set_patience(NOW);
    let mut host = host(terminal.link());
    terminal.send(&vec![b'x'; LONG]);
    terminal.set_patience(SOON);
    let (caught_up, is_caught_up) = mpsc::channel();
    let reader = thread::spawn(move || {
        let (mut x, mut y, mut buffer) = (0, 0, [0; 4096]);
        while y < LONG {
            let taken = host.read(&mut buffer).unwrap();
            x += buffer[..taken].iter().filter(|byte| **byte == b'x').count();
            y += buffer[..taken].iter().filter(|byte| **byte == b'y').count();
            if buffer[..taken].ends_with(b"!") {
                caught_up.send(()).unwrap();
            }
            thread::sleep(Duration::from_micros(200));
        }
        x
    });
    // Until there is room for one byte again, the host is deaf.
    while is_caught_up.try_recv().is_err() {
        terminal.send(b"!");
        thread::sleep(Duration::from_millis(5));
    }
    terminal.send(&vec![b'y'; LONG]);
    let mut ticks = HostTicks::start();
    while !reader.is_finished() {
        assert!(ticks.milliseconds() < 5000, "the long answer did not come whole");
        thread::sleep(NOW);
    }
    assert!(reader.join().unwrap() < LONG);
}

#[test]
fn without_a_host_nothing_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    terminal.set_patience(Duration::from_secs(60));
    let mut ticks = HostTicks::start();
    terminal.send(&vec![b'x'; 1 << 20]);
    assert!(ticks.milliseconds() < 5000);
}

#[test]
fn a_slow_host_gets_a_long_answer_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    let answer: Vec<u8> = (0..400_000u32).map(|index| (index % 251) as u8).collect();
    let mut host = host(terminal.link());
    let length = answer.len();
    let reader = thread::spawn(move || {
        let mut seen = Vec::<u8>::new();
        while seen.len() < length {
            let mut buffer = [0; 3000];
            let taken = host.read(&mut buffer).unwrap();
            seen.extend(&buffer[..taken]);
            if seen.len().is_multiple_of(7) {
                thread::sleep(Duration::from_millis(3));
            }
        }
        seen
    });
    answer.chunks(1000).for_each(|chunk| terminal.send(chunk));
    assert!(reader.join().unwrap() == answer);
}

#[test]
fn a_wait_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path().join("port")).unwrap();
    let _host = host(terminal.link());
    let mut ticks = HostTicks::start();
    assert_eq!(terminal.receive(&mut [0; 8], Duration::from_millis(150)).unwrap(), 0);
    let waited = ticks.milliseconds();
    assert!((150..5000).contains(&waited), "{waited} ms");
}

#[test]
fn a_stale_link_is_replaced_and_the_own_one_is_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("port");
    symlink("/dev/pts/99999", &path).unwrap();
    let terminal = Terminal::open(&path).unwrap();
    assert_eq!(fs::read_link(&path).unwrap(), terminal.device());
    assert!(fs::metadata(&path).unwrap().file_type().is_char_device());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    drop(terminal);
    assert!(fs::symlink_metadata(&path).is_err());
}

#[test]
fn the_link_of_a_later_simulator_stays_when_an_earlier_one_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("port");
    let earlier = Terminal::open(&path).unwrap();
    let later = Terminal::open(&path).unwrap();
    drop(earlier);
    assert_eq!(fs::read_link(&path).unwrap(), later.device());
}

#[test]
fn what_is_no_link_of_a_simulator_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "precious").unwrap();
    symlink("file", &link).unwrap();
    for path in [&file, &link] {
        assert_eq!(Terminal::open(path).unwrap_err().code(), "SIM_PORT_TAKEN");
        assert_eq!(fs::read_to_string(path).unwrap(), "precious");
    }
}
