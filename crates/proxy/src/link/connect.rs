//! A WebSocket to a cloud.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};
use tunnel::{FromCloud, FromProxy, MAX_MESSAGE, PATH};

use super::Ended;
use crate::CloudUrl;

/// What bytes go over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// The connection, encrypted or not.
pub(super) type Wire = WebSocketStream<Box<dyn Stream>>;

/// A WebSocket that speaks the tunnel's messages.
pub(super) struct Socket(pub(super) Wire);

/// How long each step of a connection may take.
const STEP: Duration = Duration::from_secs(10);

/// Whom to trust.
#[derive(Clone)]
pub(crate) struct Trust(TlsConnector);

/// A certificate that is to be trusted cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TrustFault(pub(crate) String);

impl Trust {
    /// The system's certificates, and those of a file.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, TrustFault> {
        let mut roots = RootCertStore::empty();
        // What of the system's cannot be read is not trusted; the handshake then says what is missing.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = ca_file {
            let fault = |cause: String| TrustFault(cause);
            for certificate in
                CertificateDer::pem_file_iter(file).map_err(|cause| fault(cause.to_string()))?
            {
                let certificate = certificate.map_err(|cause| fault(cause.to_string()))?;
                roots.add(certificate).map_err(|cause| fault(cause.to_string()))?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| TrustFault(cause.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

pub(super) async fn connect(url: &CloudUrl, trust: &Trust) -> Result<Socket, String> {
    let late = |what: &str| format!("{url}: {what} took too long: look at the network");
    let tcp = timeout(STEP, TcpStream::connect((url.host.as_str(), url.port)))
        .await
        .map_err(|_| late("the connection"))?
        .map_err(|cause| format!("{url} cannot be reached: {cause}"))?;
    // Each message is an answer that someone waits for.
    tcp.set_nodelay(true).map_err(|cause| cause.to_string())?;
    let stream: Box<dyn Stream> = if url.tls {
        let name = ServerName::try_from(url.host.clone()).map_err(|cause| cause.to_string())?;
        let tls = timeout(STEP, trust.0.connect(name, tcp)).await.map_err(|_| late("the TLS handshake"))?;
        Box::new(tls.map_err(|cause| {
            format!("{url} is not trusted: {cause}: set cloud.ca_file, or another address")
        })?)
    } else {
        Box::new(tcp)
    };
    let scheme = if url.tls { "wss" } else { "ws" };
    let request = format!("{scheme}://{}{PATH}", url.authority())
        .into_client_request()
        .map_err(|cause| cause.to_string())?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let shaken = timeout(STEP, client_async_with_config(request, stream, Some(config)))
        .await
        .map_err(|_| late("the WebSocket's handshake"))?;
    let (socket, _) = shaken.map_err(|cause| format!("{url} opens no tunnel: {cause}"))?;
    Ok(Socket(socket))
}

impl Socket {
    pub(super) async fn send(&mut self, message: &FromProxy) -> Result<(), Ended> {
        self.0.send(Message::text(message.write())).await.map_err(|cause| Ended::Broken(cause.to_string()))
    }

    /// The next message, in time.
    pub(super) async fn receive(&mut self, patience: Duration) -> Result<FromCloud, Ended> {
        loop {
            let frame = timeout(patience, self.0.next())
                .await
                .map_err(|_| Ended::Broken("the cloud says nothing".to_owned()))?;
            if let Some(message) = read(frame)? {
                return Ok(message);
            }
        }
    }
}

/// A frame's message; none for one that is about the connection itself.
pub(super) fn read(
    frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<FromCloud>, Ended> {
    match frame {
        None | Some(Ok(Message::Close(_))) => Err(Ended::Broken("the cloud closed the tunnel".to_owned())),
        Some(Err(cause)) => Err(Ended::Broken(cause.to_string())),
        Some(Ok(Message::Text(text))) => {
            FromCloud::read(&text).map(Some).map_err(|fault| Ended::Broken(fault.to_string()))
        }
        Some(Ok(Message::Binary(_))) => Err(Ended::Broken("the cloud speaks another protocol".to_owned())),
        Some(Ok(_)) => Ok(None),
    }
}
