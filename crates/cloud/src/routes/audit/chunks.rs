//! From a thread that writes to a client that reads: at the client's pace, in a memory that does not grow.

use std::{
    io::{self, ErrorKind, Write},
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

/// So many pieces wait for the client at most.
const WAITING: usize = 2;

/// What is written, for a client. Who stops writing without an end has said nothing whole: the answer breaks off.
pub(super) struct Chunks(mpsc::Receiver<Piece>);

/// Where it is written, by a thread that may wait.
pub(super) struct Pipe(mpsc::Sender<Piece>);

enum Piece {
    Of(Bytes),
    /// All was written.
    End,
}

/// Both ends.
pub(super) fn pipe() -> (Pipe, Chunks) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Pipe(sender), Chunks(receiver))
}

impl Pipe {
    /// All was written.
    pub(super) fn end(self) -> io::Result<()> {
        self.send(Piece::End)
    }

    fn send(&self, piece: Piece) -> io::Result<()> {
        self.0.blocking_send(piece).map_err(|_| io::Error::new(ErrorKind::BrokenPipe, "the client has gone"))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(Piece::Of(Bytes::copy_from_slice(bytes)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(cx).map(|piece| match piece {
            Some(Piece::Of(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Piece::End) => None,
            None => Some(Err(io::Error::new(ErrorKind::UnexpectedEof, "the export broke off"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_was_written_to_its_end_is_read_and_what_broke_off_is_a_fault() {
        for whole in [true, false] {
            let (mut pipe, chunks) = pipe();
            let writing = tokio::task::spawn_blocking(move || {
                for _ in 0..10 {
                    pipe.write_all(b"0123456789").unwrap();
                }
                if whole {
                    pipe.end().unwrap();
                }
            });
            let read = chunks.collect().await;
            writing.await.unwrap();
            assert_eq!(read.map(|read| read.to_bytes().len()).ok(), whole.then_some(100));
        }
    }

    #[tokio::test]
    async fn who_writes_hears_that_the_client_has_gone() {
        let (mut pipe, chunks) = pipe();
        let writing = tokio::task::spawn_blocking(move || {
            loop {
                if let Err(fault) = pipe.write_all(&[0; 1_000]) {
                    return fault.kind();
                }
            }
        });
        drop(chunks);
        assert_eq!(writing.await.unwrap(), ErrorKind::BrokenPipe);
    }
}
