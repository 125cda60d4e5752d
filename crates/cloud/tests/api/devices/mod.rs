//! Devices behind their tunnels, as merchants, technicians and tills meet them.

mod ending;
mod guarding;
mod lying;
mod place;
mod proxy;
mod rules;
mod selling;
mod strangers;

pub(crate) use place::{bench, expire, unseen};
pub(crate) use proxy::Proxy;

use fiscal::PublicKey;
use serde_json::json;

use crate::bench::Bench;

/// A device of the outlet in Gombe that is active and connected, and the outlet still with the cloud.
pub(crate) fn active(bench: &Bench, root: PublicKey, serial: &str) -> Proxy {
    let code = bench.register(serial);
    let proxy = Proxy::start(bench.address, bench.folder.path().join(serial), serial, root, Some(code));
    bench.await_device(serial, |device| device["state"] == "pending_homologation");
    bench.homologate(serial);
    bench.await_device(serial, |device| device["state"] == "active" && device["clock"]["state"] == "ok");
    proxy
}

/// The same, with the outlet's line.
pub(crate) fn selling(bench: &Bench, root: PublicKey, serial: &str) -> Proxy {
    let proxy = active(bench, root, serial);
    bench.switched(&json!({ "mode": "def", "device": serial }));
    proxy
}
