//! A simulated device over a pseudo-terminal, whose power and port fail when a test wants it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

use def_engine::{Device, Memory};
use def_protocol::{Addressed, FRAME_BYTES, FrameReader, Output, Request};
use def_sim::{StateDirectory, Terminal};
use def_trials::Authority;
use serde_json::Value;

use super::now;

pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(bytes)
}

const FLASH: u64 = 2 * 1024 * 1024;
/// How long a device takes to come back.
const BOOT: Duration = Duration::from_millis(150);
/// A record's content has longer programs than anything else.
const CONTENT: usize = 16;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The power fails in the middle of writing the next record: it does not exist.
    PowerInCommit,
    /// The power fails when the record is durable and nobody heard of it.
    PowerAfterCommit,
    /// The cable comes out when the record is durable and nobody heard of it.
    CableAfterCommit,
    /// The answer to the next COMMIT is lost.
    CommitLost,
}

enum Command {
    Ask(String, Sender<Value>),
    Mishap(Mishap),
    Unplug(Sender<()>),
    Plug(Sender<()>),
}

/// A device.
pub(crate) struct SimDevice {
    commands: Option<Sender<Command>>,
    link: PathBuf,
    thread: Option<JoinHandle<()>>,
    searched: Arc<AtomicU64>,
    pub(crate) authority: Authority,
}

impl SimDevice {
    /// One that sells for the shop of the trials, with its clock set.
    pub(crate) fn active(folder: &Path) -> Self {
        let device = Self::factory(folder);
        assert_eq!(device.ask(&device.authority.initialisation())["status"], "OK");
        device.set_time();
        device
    }

    /// One of which nobody has the key yet.
    pub(crate) fn factory(folder: &Path) -> Self {
        let authority = Authority::default();
        let factory = authority.factory();
        let (commands, obeyed) = mpsc::channel();
        let (state, link) = (folder.join("device"), folder.join("port"));
        let path = link.clone();
        let searched = Arc::new(AtomicU64::new(0));
        let logs = searched.clone();
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let directory = StateDirectory::open(state).unwrap();
            let mut is_plugged = true;
            loop {
                let parts = directory.parts(FLASH).unwrap();
                let power = parts.flash.power();
                let mut memory = Box::new(Memory::new());
                let device = Device::start(parts, factory, &mut memory);
                let mut desk = Desk {
                    device,
                    power,
                    terminal: is_plugged.then(|| Terminal::open(&path).unwrap()),
                    path: path.clone(),
                    requests: FrameReader::new(vec![0; FRAME_BYTES].into_boxed_slice()),
                    mishap: None,
                    searched: logs.clone(),
                };
                let _ = ready.send(());
                if desk.serve(&obeyed) {
                    return;
                }
                is_plugged = desk.terminal.is_some();
                drop(desk);
                std::thread::sleep(BOOT);
            }
        });
        is_ready.recv().unwrap();
        Self { commands: Some(commands), link, thread: Some(thread), searched, authority }
    }

    fn commands(&self) -> &Sender<Command> {
        self.commands.as_ref().unwrap()
    }

    pub(crate) fn link(&self) -> &Path {
        &self.link
    }

    /// Asks beside the port.
    pub(crate) fn ask(&self, request: &str) -> Value {
        let (tell, told) = mpsc::channel();
        self.commands().send(Command::Ask(request.to_owned(), tell)).unwrap();
        told.recv().unwrap()
    }

    pub(crate) fn set_time(&self) {
        let challenge = self.ask("QRY|STATUS")["challenge"].as_str().unwrap().parse().unwrap();
        let time = now();
        let signature = self.authority.time(time, challenge, None);
        let signature = base64url(signature.as_bytes());
        let set: Value = self.ask(&format!(r#"CFG|TIME {{"timestamp":"{time}","signature":"{signature}"}}"#));
        assert_eq!(set["status"], "OK", "{set}");
    }

    /// Has the day closed and everything acknowledged; the authority's order to begin an epoch then.
    pub(crate) fn closed_for(&self, epoch: u32) -> String {
        let date = now().date_at(fiscal::UtcOffset::KINSHASA);
        assert_eq!(self.ask(&format!(r#"RPT|Z {{"date":"{date}"}}"#))["status"], "OK");
        let status = self.ask("QRY|STATUS");
        let number = status["next_invoice_seq"].as_u64().unwrap() - 1;
        let newest = self.ask(&format!("QRY|LOG {number}"));
        let hash = newest["log_entry"]["sealed"]["record_hash"].as_str().unwrap();
        let newest = def_protocol::token::Newest {
            epoch: fiscal::Epoch(status["epoch"].as_u64().unwrap().try_into().unwrap()),
            number: fiscal::InvoiceNumber::new(number).unwrap(),
            hash: fiscal::RecordHash::from_hex(hash).unwrap(),
        };
        let token = self.authority.acknowledgement(newest, now());
        let held = self.ask(&format!(r#"CFG|ACK {{"token":"{token}"}}"#));
        assert_eq!(held["status"], "OK", "{held}");
        self.authority.reset(epoch, Some(newest))
    }

    /// Begins an epoch beside the port.
    pub(crate) fn reset(&self, epoch: u32) {
        let token = self.closed_for(epoch);
        let reset = self.ask(&format!(r#"ADM|RESET {{"dgi_authorization":"{token}"}}"#));
        assert_eq!(reset["status"], "OK", "{reset}");
    }

    pub(crate) fn go_wrong(&self, mishap: Mishap) {
        self.commands().send(Command::Mishap(mishap)).unwrap();
    }

    pub(crate) fn unplug(&self) {
        let (tell, told) = mpsc::channel();
        self.commands().send(Command::Unplug(tell)).unwrap();
        told.recv().unwrap();
    }

    pub(crate) fn plug(&self) {
        let (tell, told) = mpsc::channel();
        self.commands().send(Command::Plug(tell)).unwrap();
        told.recv().unwrap();
    }

    /// How often it was asked through its port for an invoice of its journal.
    pub(crate) fn searched(&self) -> u64 {
        self.searched.load(Ordering::SeqCst)
    }

    /// How many invoices it sealed.
    pub(crate) fn sealed(&self) -> u64 {
        self.ask("QRY|STATUS")["next_invoice_seq"].as_u64().unwrap() - 1
    }
}

impl Drop for SimDevice {
    fn drop(&mut self) {
        drop(self.commands.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

struct Desk<'m> {
    device: Device<'m, StateDirectory>,
    power: def_sim::Power,
    terminal: Option<Terminal>,
    path: PathBuf,
    requests: FrameReader<Box<[u8]>>,
    mishap: Option<Mishap>,
    searched: Arc<AtomicU64>,
}

struct Sent(Vec<u8>);

impl Output for Sent {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl Desk<'_> {
    /// Serves until the test ends, or the power fails: then it says no.
    fn serve(&mut self, commands: &Receiver<Command>) -> bool {
        let mut buffer = vec![0; 32 * 1024];
        loop {
            match commands.try_recv() {
                Ok(command) => self.obey(command),
                Err(mpsc::TryRecvError::Disconnected) => return true,
                Err(mpsc::TryRecvError::Empty) => {}
            }
            let Some(terminal) = &mut self.terminal else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            let received = terminal.receive(&mut buffer, Duration::from_millis(2)).unwrap_or(0);
            if received > 0 && !self.pass(&buffer[..received]) {
                return false;
            }
            self.device.idle();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Ask(request, tell) => {
                let mut sent = Sent(Vec::new());
                self.device.receive(format!("\u{2}{request}\u{3}").as_bytes(), &mut sent);
                let text = String::from_utf8(sent.0).unwrap();
                let last = text.rsplit('\u{2}').next().unwrap().trim_end_matches('\u{3}');
                drop(tell.send(serde_json::from_str(last).unwrap()));
            }
            Command::Mishap(mishap) => self.mishap = Some(mishap),
            Command::Unplug(tell) => {
                self.terminal = None;
                let _ = tell.send(());
            }
            Command::Plug(tell) => {
                self.terminal = Some(Terminal::open(&self.path).unwrap());
                let _ = tell.send(());
            }
        }
    }

    /// Says whether the power is still there.
    fn pass(&mut self, bytes: &[u8]) -> bool {
        let mut sent = Sent(Vec::new());
        for byte in bytes {
            let is_commit = self.requests.push(*byte) == Some(Ok(()))
                && Addressed::read(self.requests.content()).is_ok_and(|addressed| {
                    if let Request::Log(_) = addressed.request {
                        self.searched.fetch_add(1, Ordering::SeqCst);
                    }
                    matches!(addressed.request, Request::Commit(_))
                });
            let Some(mishap) = self.mishap.filter(|_| is_commit) else {
                self.device.receive(&[*byte], &mut sent);
                continue;
            };
            self.mishap = None;
            if mishap == Mishap::PowerInCommit {
                self.power.fail_within(CONTENT);
            }
            self.device.receive(&[*byte], &mut Sent(Vec::new()));
            match mishap {
                Mishap::PowerInCommit | Mishap::PowerAfterCommit => return false,
                Mishap::CableAfterCommit => {
                    self.terminal = None;
                    return true;
                }
                Mishap::CommitLost => return true,
            }
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.send(&sent.0);
        }
        true
    }
}
