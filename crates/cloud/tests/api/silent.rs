//! Clients that ask and do not read, or that only keep their connections.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use crate::{
    bench::{Bench, Client},
    patience::{PATIENCE, until},
};

const ASKED: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n";

/// Asks and asks until its connection ends, and reads nothing.
struct Silent {
    done: Arc<AtomicBool>,
    asking: thread::JoinHandle<()>,
}

impl Silent {
    fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&done);
        let questions = ASKED.repeat(100);
        let asking = thread::spawn(move || {
            let mut at = 0;
            while !told.load(Ordering::Relaxed) {
                match stream.write(&questions[at..]) {
                    Ok(length) => at = (at + length) % questions.len(),
                    Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => {
                        told.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            }
        });
        Self { done, asking }
    }

    fn has_ended(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    fn end(self) {
        self.done.store(true, Ordering::Relaxed);
        self.asking.join().unwrap();
    }
}

#[test]
fn clients_that_do_not_read_their_answers_lose_their_places() {
    let bench = Bench::with("[http]\nconnections = 4\nidle_seconds = 1");
    let silent: Vec<_> = (0..4).map(|_| Silent::connect(bench.address)).collect();
    until("their places are free", || silent.iter().all(Silent::has_ended));
    assert_eq!(bench.client().get("/healthz", 1).status, 200, "others are served");
    silent.into_iter().for_each(Silent::end);
}

#[test]
fn a_stop_does_not_wait_for_clients_that_do_not_read_or_do_not_ask() {
    let mut bench = Bench::with("[http]\nconnections = 4\nidle_seconds = 600\nbody_seconds = 600");
    let silent: Vec<_> = (0..2).map(|_| Silent::connect(bench.address)).collect();
    let mut slow = bench.client();
    slow.send(b"GET /healthz HTTP/1.1\r\nHost:");
    // Until no answer fits into what the system holds for them.
    thread::sleep(Duration::from_secs(3));
    bench.begin_stop();
    let (told, stopped) = mpsc::channel();
    thread::spawn(move || {
        bench.stopped();
        told.send(())
    });
    assert!(stopped.recv_timeout(PATIENCE).is_ok(), "it still waits for them");
    silent.into_iter().for_each(Silent::end);
}

#[test]
fn while_few_places_are_free_a_connection_is_not_kept() {
    let bench = Bench::with("[http]\nconnections = 16");
    let kept = |client: &mut Client| client.get("/healthz", 1).header("connection") != Some("close");
    // Two are free when fourteen are taken.
    let mut clients: Vec<_> = (0..14).map(|_| bench.client()).collect();
    for client in &mut clients {
        assert!(kept(client));
    }
    let mut one_more = bench.client();
    assert!(!kept(&mut one_more) && one_more.is_closed());
    clients.truncate(4);
    until("places are free again", || kept(&mut bench.client()));
}
