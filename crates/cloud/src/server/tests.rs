use std::{num::NonZeroUsize, time::Duration};

use axum::{Extension, Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{connection::Serving, places::Places, *};

/// What a server without a certificate answers to a question for the address that it comes from.
async fn answer(trusted: &[&str], forwarded: &str) -> String {
    let shown =
        |Extension(ClientAddress(address)): Extension<ClientAddress>| async move { address.to_string() };
    let (_stopping, told) = watch::channel(false);
    let serving = Serving {
        router: Router::new().route("/", get(shown)),
        idle: Duration::from_secs(5),
        places: Places::new(NonZeroUsize::MIN),
        stopping: told,
        tls: None,
        proxies: trusted.iter().map(|text| text.parse().unwrap()).collect::<Vec<Network>>().into(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = listener.accept().await.unwrap();
    tokio::spawn(serving.serve(stream, peer.ip()));
    let question =
        format!("GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: {forwarded}\r\nConnection: close\r\n\r\n");
    client.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

#[tokio::test]
async fn each_request_says_where_it_comes_from() {
    assert_eq!(answer(&[], "198.51.100.1").await, "127.0.0.1", "nobody is trusted");
    assert_eq!(answer(&["127.0.0.0/8"], "203.0.113.9, 198.51.100.1").await, "198.51.100.1");
    assert_eq!(answer(&["127.0.0.0/8"], "nonsense").await, "127.0.0.1");
    assert_eq!(answer(&["10.0.0.0/8"], "198.51.100.1").await, "127.0.0.1");
}
