//! The same HTTP stack without anything behind it.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use axum::{Router, body::Bytes, routing::post, serve::ListenerExt};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// Answers each request with its body.
pub(super) struct Echo {
    runtime: Runtime,
    address: SocketAddr,
}

impl Echo {
    /// On as many threads as a cloud has.
    pub(super) fn start() -> anyhow::Result<Self> {
        // Named, so that a profile tells it from the cloud.
        let runtime = Builder::new_multi_thread().enable_all().thread_name("echo").build();
        let runtime = runtime.context("the system gives no threads")?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            // As the cloud does.
            let _ = stream.set_nodelay(true);
        });
        let router = Router::new().route(super::sales::PATH, post(|body: Bytes| async move { body }));
        runtime.spawn(async move {
            // It ends with its runtime.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { runtime, address })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn stop(self) {
        self.runtime.shutdown_background();
    }
}
