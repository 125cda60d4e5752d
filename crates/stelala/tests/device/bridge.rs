//! A serial server between a host and a device, which may lose what passes.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// What gets lost of a connection in which the clock is set.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    Nothing,
    Answer,
    Request,
}

/// For one host at a time: what comes from a socket goes to the port, and back. Its address.
pub(crate) fn bridge(port: PathBuf, loss: Loss) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&stream.unwrap(), &port, loss);
        }
    });
    address
}

fn serve(mut stream: &TcpStream, port: &Path, loss: Loss) {
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let open = |flags| fs::File::options().read(true).write(true).custom_flags(flags).open(port).unwrap();
    let (mut to_device, mut from_device) = (open(0), open(nonblocking));
    stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    let mut buffer = [0; 4096];
    let mut is_lossy = false;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                is_lossy |= buffer[..read].windows(8).any(|window| window == b"CFG|TIME");
                if !(is_lossy && loss == Loss::Request) {
                    to_device.write_all(&buffer[..read]).unwrap();
                }
            }
            Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        let Ok(read) = from_device.read(&mut buffer) else { continue };
        let is_lost = is_lossy && loss == Loss::Answer;
        if !is_lost && stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
