//! The device's end of the TCP connections.

mod exported;

use std::{
    io::{self, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle},
};

use self::exported::Exported;
use crate::{
    Controller, Stop,
    wire::{
        BUS_ID_BYTES, Command, OP_REP_DEVLIST, OP_REP_IMPORT, OP_REQ_DEVLIST, OP_REQ_IMPORT, Reply,
        ST_DEV_BUSY, ST_NODEV, ST_OK, VERSION,
    },
};

/// The one device's place, as a client names it.
pub const BUS_ID: &str = "1-1";

/// Offers one device to hosts, to one at a time.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    controller: Controller,
    exported: Exported,
    stop: Stop,
    /// Of the host that has the device.
    attached: Mutex<Option<TcpStream>>,
}

impl Server {
    /// Looks at the device's descriptors and listens.
    pub fn start(address: &str, controller: &Controller) -> io::Result<Self> {
        let exported = Exported::read(controller)?;
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            controller: controller.clone(),
            exported,
            stop: Stop::default(),
            attached: Mutex::new(None),
        });
        let accepting = shared.clone();
        let thread =
            thread::Builder::new().name("usbip".into()).spawn(move || accept(&listener, &accepting))?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.set();
        if let Some(stream) = self.shared.attached().take() {
            // One that is closed already is what we want.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // So that it looks.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn attached(&self) -> std::sync::MutexGuard<'_, Option<TcpStream>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stop.is_set() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = shared.clone();
        // A connection that fails is closed; there is no one to tell.
        let serve = move || drop(serve(stream, &shared));
        let _ = thread::Builder::new().name("usbip host".into()).spawn(serve);
    }
}

/// One connection: a question about devices, and after an import the device's cable.
fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut request = [0; 8];
        stream.read_exact(&mut request)?;
        match u16::from_be_bytes([request[2], request[3]]) {
            OP_REQ_DEVLIST => {
                let mut reply = operation(OP_REP_DEVLIST, ST_OK);
                reply.extend(1_u32.to_be_bytes());
                reply.extend(shared.exported.device());
                reply.extend(shared.exported.interfaces());
                stream.write_all(&reply)?;
            }
            OP_REQ_IMPORT => {
                let mut bus_id = [0; BUS_ID_BYTES];
                stream.read_exact(&mut bus_id)?;
                let (sender, replies) = mpsc::channel();
                let status = if !is_ours(&bus_id) {
                    ST_NODEV
                } else if shared.controller.plug(sender) {
                    let attached = attach(&stream, shared, replies);
                    shared.controller.unplug();
                    shared.attached().take();
                    return attached;
                } else {
                    ST_DEV_BUSY
                };
                stream.write_all(&operation(OP_REP_IMPORT, status))?;
            }
            _ => return Ok(()),
        }
    }
}

/// The host has the device until the connection ends.
fn attach(stream: &TcpStream, shared: &Shared, replies: Receiver<Reply>) -> io::Result<()> {
    *shared.attached() = Some(stream.try_clone()?);
    let mut reply = operation(OP_REP_IMPORT, ST_OK);
    reply.extend(shared.exported.device());
    let mut writer = stream.try_clone()?;
    writer.write_all(&reply)?;
    thread::Builder::new().name("usbip replies".into()).spawn(move || send(&mut writer, &replies))?;
    let mut reader = BufReader::new(stream);
    while !shared.stop.is_set() {
        match Command::read(&mut reader)? {
            Command::Submit(urb) => shared.controller.submit(urb),
            Command::Unlink { seqnum, target } => shared.controller.unlink(seqnum, target),
        }
    }
    Ok(())
}

/// Ends when the plug is pulled, and pulls it when the host takes nothing any more.
fn send(stream: &mut TcpStream, replies: &Receiver<Reply>) {
    for reply in replies {
        if reply.write(stream).is_err() {
            break;
        }
    }
    // The other thread sees that; one that is closed already is what we want.
    let _ = stream.shutdown(Shutdown::Both);
}

fn is_ours(bus_id: &[u8; BUS_ID_BYTES]) -> bool {
    bus_id.split(|byte| *byte == 0).next() == Some(BUS_ID.as_bytes())
}

fn operation(code: u16, status: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend(code.to_be_bytes());
    bytes.extend(status.to_be_bytes());
    bytes
}
