use std::os::unix::net::UnixStream;

use super::*;

/// More than the sockets between the two hold.
const MUCH: usize = 2 << 20;

/// The machine's end of the line, and the bridge at the other.
fn line<'s>(test: &str, stop: &'s AtomicBool) -> (UnixStream, Bridge<'s>) {
    let (machine, uart) = UnixStream::pair().unwrap();
    let link = std::env::temp_dir().join(format!("stelala-bridge-{}-{test}", std::process::id()));
    (machine, Bridge::new(Machine::without_power(uart), Terminal::open(link).unwrap(), None, stop))
}

#[test]
fn firmware_that_says_nothing_is_not_waited_for_for_ever() {
    let stop = AtomicBool::new(false);
    let (machine, mut bridge) = line("silent", &stop);
    let fault = bridge.wait_until_ready(Duration::from_millis(50)).unwrap_err().to_string();
    assert!(fault.contains("did not start within"), "{fault}");
    (&machine).write_all(b"\n").unwrap();
    assert!(bridge.wait_until_ready(Duration::from_millis(50)).unwrap());
    stop.store(true, Ordering::Relaxed);
    assert!(!bridge.wait_until_ready(Duration::from_millis(50)).unwrap());
}

#[test]
fn a_machine_that_speaks_before_it_listens_is_told_all() {
    let stop = AtomicBool::new(false);
    let (mut machine, mut bridge) = line("speaks", &stop);
    bridge.unsent = vec![b'h'; MUCH];
    thread::scope(|scope| {
        let speaks_first = scope.spawn(move || {
            machine.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
            machine.write_all(&vec![b'm'; MUCH]).unwrap();
            machine.read_exact(&mut vec![0; MUCH]).unwrap();
        });
        assert_eq!(bridge.tell_all().unwrap(), Power::On);
        assert!(bridge.unsent.is_empty());
        speaks_first.join().unwrap();
    });
}

#[test]
fn a_signal_ends_the_telling_of_a_machine_that_does_not_listen() {
    let stop = AtomicBool::new(false);
    let (_deaf, mut bridge) = line("deaf", &stop);
    bridge.unsent = vec![b'h'; MUCH];
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(100));
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(bridge.tell_all().unwrap(), Power::On);
    });
    assert!(!bridge.unsent.is_empty());
}
