//! A stream whose reader has to read.

use std::{
    io::{Error, ErrorKind, IoSlice, Result},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// So many bytes that were not sent yet wait in the system at most.
const UNSENT: u32 = 16 * 1024;

/// Has the system hold little of what a client has not taken: with megabytes in it, nothing would go out for minutes
/// while a slow client reads, which would look like one that does not.
pub(super) fn hold_little(stream: &TcpStream) {
    // Where it cannot be said, slow clients have their patience only.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, UNSENT);
}

/// Fails a write that has waited for so long without one byte going out: whoever asks and never reads the answers would
/// keep a place for ever.
pub(super) struct Impatient<S> {
    stream: S,
    patience: Duration,
    /// Since when nothing went out; none while something does.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Impatient<S> {
    pub(super) const fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, waiting: None }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client does not read its answers")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);
    const ANSWER: usize = 6 * 1024 * 1024;

    /// What becomes of a large answer to a client who waits so long after each 64 KiB.
    async fn answered(pause: Duration) -> Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = TcpStream::connect(listener.local_addr()?).await?;
        let (stream, _) = listener.accept().await?;
        hold_little(&stream);
        let reading = tokio::spawn(async move {
            let mut taken = vec![0; 64 * 1024];
            loop {
                sleep(pause).await;
                match client.read(&mut taken).await {
                    Ok(1..) => {}
                    _ => break,
                }
            }
        });
        let mut stream = Impatient::new(stream, PATIENCE);
        let written = async {
            stream.write_all(&vec![0; ANSWER]).await?;
            stream.shutdown().await
        };
        let written = written.await;
        reading.abort();
        written
    }

    #[tokio::test]
    async fn a_slow_client_who_reads_is_not_cut_and_one_who_does_not_is() {
        // Six megabytes at two thirds of one in a second, which takes longer than the patience.
        answered(Duration::from_millis(100)).await.unwrap();
        let fault = answered(Duration::from_secs(600)).await.unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::TimedOut);
    }
}
