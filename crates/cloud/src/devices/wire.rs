//! A WebSocket as messages of the tunnel.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{Instant, timeout};
use tunnel::{FromCloud, FromProxy, MessageFault, Sentence, Word};

/// One proxy's connection.
pub(super) struct Wire {
    socket: WebSocket,
    /// When something came last: a message, or the answer to a ping.
    pub(super) heard: Instant,
}

/// Why there are no more messages.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the proxy has gone")]
    Gone,
    #[error("the proxy took too long to say what it was asked for")]
    Silent,
    #[error(transparent)]
    Message(#[from] MessageFault),
}

/// Why a session is not wanted, as the proxy hears it.
#[derive(Clone, Debug)]
pub(super) struct Farewell {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Farewell {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl Wire {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket, heard: Instant::now() }
    }

    /// The next message. Dropped before it is over, it has taken nothing.
    pub(super) async fn hear(&mut self) -> Result<FromProxy, Ended> {
        loop {
            let received = self.socket.recv().await;
            self.heard = Instant::now();
            match received {
                Some(Ok(Message::Text(text))) => return Ok(FromProxy::read(text.as_str())?),
                Some(Ok(Message::Binary(_))) => {
                    return Err(MessageFault::Form("a binary frame".to_owned()).into());
                }
                // Pings are answered below this.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Ended::Gone),
            }
        }
    }

    /// The next message, if it comes in time.
    pub(super) async fn hear_within(&mut self, patience: Duration) -> Result<FromProxy, Ended> {
        timeout(patience, self.hear()).await.unwrap_or(Err(Ended::Silent))
    }

    pub(super) async fn say(&mut self, message: &FromCloud) -> Result<(), Ended> {
        self.send(Message::Text(message.write().into())).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Ended> {
        self.send(Message::Ping(Default::default())).await
    }

    /// Says why, and ends.
    pub(super) async fn refuse(mut self, farewell: &Farewell) {
        let message =
            FromCloud::Refused { code: Word::cut(farewell.code), detail: Sentence::cut(&farewell.detail) };
        // It may have gone.
        if self.say(&message).await.is_ok() {
            self.close().await;
        }
    }

    /// Ends in good order.
    pub(super) async fn close(mut self) {
        /// The code for "going away", RFC 6455.
        const AWAY: u16 = 1001;
        let _ = self.send(Message::Close(Some(CloseFrame { code: AWAY, reason: "".into() }))).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        /// Who does not take what is sent in this time is not there.
        const PATIENCE: Duration = Duration::from_secs(20);
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Gone),
        }
    }
}
