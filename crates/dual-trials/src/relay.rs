//! A little relay of TCP between two ends, which loses what it is told to lose.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From who connected to who listens.
    Up,
    /// Back.
    Down,
}

/// Listens at a port that stays, and passes on to an address that may change.
pub struct Relay {
    address: SocketAddr,
    control: Arc<Control>,
}

struct Control {
    target: Mutex<SocketAddr>,
    /// Nothing passes, and nobody is told.
    silent: AtomicBool,
    /// Connections of before are broken, and new ones while it is odd.
    broken: AtomicU64,
    /// So many times, what goes this way is lost with its connection.
    losses: [AtomicU64; 2],
    /// How often that was.
    lost: AtomicU64,
    over: AtomicBool,
}

/// What is read at once.
const BUFFER: usize = 32 * 1024;
/// How often orders are looked at.
const STEP: Duration = Duration::from_millis(20);
/// What is shorter says only that its sender lives: a ping, or a frame that asks for one.
const SAYS_SOMETHING: usize = 150;

impl Relay {
    /// Towards an address.
    pub fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let control = Arc::new(Control {
            target: Mutex::new(target),
            silent: AtomicBool::new(false),
            broken: AtomicU64::new(0),
            losses: [AtomicU64::new(0), AtomicU64::new(0)],
            lost: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let shared = control.clone();
        thread::Builder::new().name("relay".into()).spawn(move || accept(&listener, &shared))?;
        Ok(Self { address, control })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections from now on go there.
    pub fn retarget(&self, target: SocketAddr) {
        *self.control.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// From now on nothing passes: silently, or with each connection broken.
    pub fn cut(&self, silently: bool) {
        if silently {
            self.control.silent.store(true, Ordering::SeqCst);
        } else {
            self.control.broken.fetch_or(1, Ordering::SeqCst);
        }
    }

    /// All passes again.
    pub fn heal(&self) {
        self.control.silent.store(false, Ordering::SeqCst);
        let broken = self.control.broken.load(Ordering::SeqCst);
        self.control.broken.store((broken + 1) & !1, Ordering::SeqCst);
        self.control.losses.iter().for_each(|losses| losses.store(0, Ordering::SeqCst));
    }

    /// The next that is said this way is lost, and its connection with it.
    pub fn lose(&self, way: Way) {
        self.control.losses[way as usize].fetch_add(1, Ordering::SeqCst);
    }

    /// How often something was lost so.
    pub fn lost(&self) -> u64 {
        self.control.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.control.over.store(true, Ordering::SeqCst);
    }
}

impl Control {
    fn takes_loss(&self, way: Way) -> bool {
        let taken = self.losses[way as usize]
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
        taken.is_ok()
    }
}

fn accept(listener: &TcpListener, control: &Arc<Control>) {
    while !control.over.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(STEP / 4);
            continue;
        };
        let born = control.broken.load(Ordering::SeqCst);
        if born & 1 == 1 {
            continue;
        }
        let control = control.clone();
        // What cannot be connected is closed, as by a network without a way.
        thread::spawn(move || _ = connect(stream, &control, born));
    }
}

fn connect(client: TcpStream, control: &Arc<Control>, born: u64) -> std::io::Result<()> {
    client.set_nonblocking(false)?;
    let target = *control.target.lock().unwrap_or_else(PoisonError::into_inner);
    let server = TcpStream::connect_timeout(&target, Duration::from_secs(2))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STEP))?;
    }
    let (from, to, shared) = (client.try_clone()?, server.try_clone()?, control.clone());
    let up = thread::spawn(move || pass(from, to, Way::Up, &shared, born));
    pass(server, client, Way::Down, control, born);
    // It ends with this one.
    let _ = up.join();
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, way: Way, control: &Control, born: u64) {
    let mut buffer = vec![0; BUFFER];
    loop {
        if control.over.load(Ordering::SeqCst) || control.broken.load(Ordering::SeqCst) != born {
            break;
        }
        if control.silent.load(Ordering::SeqCst) {
            thread::sleep(STEP);
            continue;
        }
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(fault) if matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        if length >= SAYS_SOMETHING && control.takes_loss(way) {
            break;
        }
        // What was read before silence began is held back until it ends.
        while control.silent.load(Ordering::SeqCst) && !control.over.load(Ordering::SeqCst) {
            thread::sleep(STEP);
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Either may be gone already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while let Ok(length) = stream.read(&mut buffer) {
                        if length == 0 || stream.write_all(&buffer[..length]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        address
    }

    fn ask(relay: &Relay, patience: u64) -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(relay.address())?;
        stream.set_read_timeout(Some(Duration::from_millis(patience)))?;
        stream.write_all(&[7; 400])?;
        let mut buffer = [0; 1024];
        stream.read(&mut buffer)
    }

    #[test]
    fn what_is_said_passes_until_it_is_cut_lost_or_held_and_again_when_it_is_healed() {
        let relay = Relay::start(echo()).unwrap();
        assert_eq!(ask(&relay, 5_000).unwrap(), 400);
        relay.lose(Way::Down);
        assert_eq!(ask(&relay, 5_000).unwrap_or(0), 0, "the answer is lost");
        assert_eq!((relay.lost(), ask(&relay, 5_000).unwrap()), (1, 400), "once");
        relay.cut(false);
        assert_eq!(ask(&relay, 5_000).unwrap_or(0), 0);
        relay.heal();
        assert_eq!(ask(&relay, 5_000).unwrap(), 400);
        relay.cut(true);
        assert_eq!(ask(&relay, 300).unwrap_err().kind(), ErrorKind::WouldBlock, "nobody is told");
        relay.heal();
        assert_eq!(ask(&relay, 5_000).unwrap(), 400);
    }
}
