//! A device that lies: a simulator's answers, changed on their way.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use def_protocol::{FrameReader, FrameWriter, Output, REPLY_BYTES, reply::Sent};
use serde_json::Value;

/// Where a device answers that does as the simulator at the port, but for what `lie` makes of each answer.
pub(crate) fn liar(port: PathBuf, lie: impl Fn(&str, &mut Value) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = serve(stream.unwrap(), &port, &lie);
        }
    });
    address
}

struct Frame(Vec<u8>);

impl Output for Frame {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn serve(mut stream: TcpStream, port: &Path, lie: &impl Fn(&str, &mut Value)) -> std::io::Result<()> {
    let mut device = fs::File::options().read(true).write(true).open(port)?;
    let (mut requests, mut replies) = (reader(), reader());
    loop {
        let raw = frame(&mut stream, &mut requests)?;
        let request = String::from_utf8_lossy(requests.content()).into_owned();
        device.write_all(&raw)?;
        frame(&mut device, &mut replies)?;
        let sent = Sent::read(replies.content()).unwrap();
        let mut json: Value = serde_json::from_str(sent.json).unwrap();
        if json["status"] != "WAIT" {
            lie(&request, &mut json);
        }
        let mut out = Frame(Vec::new());
        let mut frame = FrameWriter::begin(&mut out, sent.correlation, replies.checksum());
        frame.bytes(json.to_string().as_bytes());
        frame.finish();
        stream.write_all(&out.0)?;
    }
}

fn reader() -> FrameReader<Box<[u8]>> {
    FrameReader::new(vec![0; REPLY_BYTES].into_boxed_slice())
}

/// The bytes of one frame, which is then in the reader.
fn frame(from: &mut impl Read, reader: &mut FrameReader<Box<[u8]>>) -> std::io::Result<Vec<u8>> {
    let (mut raw, mut byte) = (Vec::new(), [0]);
    loop {
        from.read_exact(&mut byte)?;
        raw.push(byte[0]);
        if reader.push(byte[0]) == Some(Ok(())) {
            return Ok(raw);
        }
    }
}
