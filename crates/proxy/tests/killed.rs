//! `kill -9` at any moment: the spool and the device together know of each sale.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use support::{Running, config, device::SimDevice, entropy, http::Client, payload};

/// Set for the process that this test starts: itself.
const FOLDER: &str = "PROXY_KILLED_FOLDER";
const NAME: &str = "a_proxy_that_is_killed_at_any_moment_seals_each_sale_once";
const LISTENS: &str = "proxy listens at ";

struct Proxy {
    child: Child,
    till: Client,
}

impl Proxy {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", NAME, "--nocapture"]).env(FOLDER, folder);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, address)) = line.split_once(LISTENS) {
                break address.parse().unwrap();
            }
        };
        Self { child, till: Client { address } }
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[allow(clippy::print_stdout, reason = "how the process that is killed says where it listens")]
async fn be_the_proxy(folder: PathBuf) {
    let mut config = config_without_device(&folder);
    config.device.port = Some(folder.join("port").to_str().unwrap().parse().unwrap());
    let proxy = proxy::Proxy::start(config, entropy).unwrap();
    println!("{LISTENS}{}", proxy.local_address());
    proxy.run(std::future::pending()).await;
}

fn config_without_device(folder: &Path) -> proxy::Config {
    let text = "[state]\nfolder = \"proxy\"\n[local]\nlisten = \"127.0.0.1:0\"\n";
    proxy::Config::read(text, folder).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_killed_at_any_moment_seals_each_sale_once() {
    #[allow(clippy::disallowed_methods, reason = "how this test speaks with the process that it starts")]
    if let Ok(folder) = std::env::var(FOLDER) {
        return be_the_proxy(folder.into()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let mut proxy = Proxy::start(folder.path());
    for round in 0..25_u64 {
        let (sale, key) = (payload("POS-01"), format!("key-{round:08}"));
        let (till, text, its_key) = (proxy.till, sale.clone(), key.clone());
        let selling = tokio::spawn(async move { till.sell(&text, Some(&its_key)).await });
        // A sale takes some 20 ms: before it, in the middle of it, and after it.
        tokio::time::sleep(Duration::from_micros(1_300 * round)).await;
        proxy.kill();
        selling.abort();
        drop(selling.await);
        proxy = Proxy::start(folder.path());
        let sold = proxy.till.sell_surely(&sale, &key).await;
        assert!(matches!(sold.status, 200 | 201), "round {round}: {:?}", sold.body);
        assert_eq!(sold.body["invoice_seq"], round + 1, "round {round}");
        assert_eq!(device.sealed(), round + 1, "round {round}");
    }
    proxy.kill();
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let journal = proxy.till.get("/v1/journal").await;
    assert!(journal.body["records"].as_array().unwrap().len() >= 25);
    proxy.stop().await;
}
