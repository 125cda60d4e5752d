//! Whatever is killed, unplugged or deleted, each sale is sealed once.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{collections::BTreeSet, time::Duration};

use support::{
    Running,
    cloud::FakeCloud,
    config,
    device::{Mishap, SimDevice},
    payload, until,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_unplugged_is_a_clear_error_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    assert_eq!(proxy.till.sell(&payload("POS-01"), None).await.status, 201);
    device.unplug();
    let sale = payload("POS-01");
    let refused = proxy.till.sell(&sale, Some("key-00000001")).await;
    assert_eq!((refused.status, refused.code()), (503, "DEVICE_UNREACHABLE"), "{:?}", refused.body);
    assert!(refused.head.to_ascii_lowercase().contains("retry-after"));
    device.plug();
    let sold = proxy.till.sell_surely(&sale, "key-00000001").await;
    assert_eq!(sold.number(), "KING-0-00000002");
    assert_eq!(device.sealed(), 2);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_whose_commit_is_lost_gets_its_seal_by_asking_again() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let mishaps =
        [Mishap::CableAfterCommit, Mishap::PowerInCommit, Mishap::PowerAfterCommit, Mishap::CommitLost];
    for (index, mishap) in mishaps.into_iter().enumerate() {
        let (sale, key) = (payload("POS-01"), format!("key-{index:08}"));
        device.go_wrong(mishap);
        if mishap == Mishap::CableAfterCommit {
            let unclear = proxy.till.sell(&sale, Some(&key)).await;
            assert_eq!(unclear.code(), "DEVICE_OUTCOME_UNKNOWN", "{:?}", unclear.body);
            device.plug();
        }
        let sold = proxy.till.sell_surely(&sale, &key).await;
        assert!(matches!(sold.status, 200 | 201), "{mishap:?}: {:?}", sold.body);
        assert_eq!(sold.body["invoice_seq"], index + 1, "{mishap:?}");
        assert_eq!(device.sealed(), index as u64 + 1);
    }
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_was_killed_while_a_commit_was_out_finds_out_what_became_of_it() {
    for mishap in
        [Mishap::PowerInCommit, Mishap::PowerAfterCommit, Mishap::CableAfterCommit, Mishap::CommitLost]
    {
        let folder = tempfile::tempdir().unwrap();
        let device = SimDevice::active(folder.path());
        let proxy = Running::start(config(folder.path(), &device, &[]));
        assert_eq!(proxy.till.sell(&payload("POS-01"), None).await.status, 201);
        device.go_wrong(mishap);
        let sale = payload("POS-01");
        let (till, text) = (proxy.till, sale.clone());
        let selling = tokio::spawn(async move { till.sell(&text, Some("key-00000001")).await.status });
        tokio::time::sleep(Duration::from_millis(30)).await;
        selling.abort();
        proxy.kill().await;
        if mishap == Mishap::CableAfterCommit {
            device.plug();
        }
        let proxy = Running::start(config(folder.path(), &device, &[]));
        let sold = proxy.till.sell_surely(&sale, "key-00000001").await;
        assert!(matches!(sold.status, 200 | 201), "{mishap:?}: {:?}", sold.body);
        assert_eq!(sold.number(), "KING-0-00000002", "{mishap:?}");
        assert_eq!(device.sealed(), 2, "{mishap:?}");
        proxy.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_was_lost_is_filled_again_from_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let urls = [cloud.url.clone()];
    let sales: Vec<String> = (0..40).map(|_| payload("POS-01")).collect();
    let proxy = Running::start(config(folder.path(), &device, &[]));
    for sale in &sales {
        assert_eq!(proxy.till.sell(sale, None).await.status, 201);
    }
    proxy.stop().await;
    std::fs::remove_dir_all(folder.path().join("proxy")).unwrap();
    let proxy = Running::start(config(folder.path(), &device, &urls));
    until("every sale reaches the cloud", || async {
        let held = cloud.held();
        let payloads: BTreeSet<&str> =
            held.values().filter_map(|line| line.payload.as_ref()).map(|text| text.as_str()).collect();
        sales.iter().all(|sale| payloads.contains(sale.as_str()))
    })
    .await;
    assert_eq!(cloud.disorder(), 0);
    let again = proxy.till.sell(&sales[7], Some("key-00000007")).await;
    assert_eq!((again.status, again.number()), (200, "KING-0-00000008"), "{:?}", again.body);
    let old = proxy.till.get("/v1/invoices/KING-0-00000003").await;
    assert_eq!(old.body["payload"], sales[2]);
    assert_eq!(device.sealed(), 40);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_tills_share_the_device_fairly() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let mut tills = tokio::task::JoinSet::new();
    for number in 0..8 {
        let client = proxy.till;
        tills.spawn(async move {
            let mut numbers = Vec::new();
            for sale in 0..12 {
                let key = format!("key-{number}-{sale:06}");
                let sold = client.sell_surely(&payload(&format!("POS-{number}")), &key).await;
                numbers.push(sold.body["invoice_seq"].as_u64().unwrap());
            }
            numbers
        });
    }
    let all = tills.join_all().await;
    let numbers: BTreeSet<u64> = all.iter().flatten().copied().collect();
    assert_eq!(numbers.len(), 96);
    assert_eq!((numbers.first(), numbers.last()), (Some(&1), Some(&96)));
    for till in all {
        let longest = till.windows(2).map(|two| two[1] - two[0]).max().unwrap();
        assert!(longest <= 3 * 8, "a till waited while the others sold {longest} times");
    }
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tills_that_sell_while_everything_breaks_have_each_sale_once() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let urls = [cloud.url.clone()];
    let mut proxy = Running::start(config(folder.path(), &device, &urls));
    let mut numbers = BTreeSet::new();
    let mishaps = [Mishap::PowerInCommit, Mishap::PowerAfterCommit, Mishap::CommitLost];
    for round in 0..12 {
        let (sale, key) = (payload("POS-01"), format!("key-{round:08}"));
        if round % 2 == 0 {
            device.go_wrong(mishaps[round / 2 % 3]);
        }
        if round % 3 == 0 {
            cloud.cut();
        }
        if round % 4 == 1 {
            let (till, text, key) = (proxy.till, sale.clone(), key.clone());
            let selling = tokio::spawn(async move { till.sell(&text, Some(&key)).await.status });
            tokio::time::sleep(Duration::from_millis(5 * round as u64)).await;
            selling.abort();
            proxy.kill().await;
            proxy = Running::start(config(folder.path(), &device, &urls));
        }
        let sold = proxy.till.sell_surely(&sale, &key).await;
        assert!(matches!(sold.status, 200 | 201), "{round}: {:?}", sold.body);
        assert!(numbers.insert(sold.body["invoice_seq"].as_u64().unwrap()));
    }
    assert_eq!((numbers.len() as u64, device.sealed()), (12, 12));
    let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
    until("everything is delivered", || async { cloud.held().len() as u64 >= last }).await;
    assert_eq!(cloud.disorder(), 0);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_device_than_the_configured_one_is_offered_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let mut settings = config(folder.path(), &device, &[]);
    settings.device.serial = Some("DEF-000999".parse().unwrap());
    let proxy = Running::start(settings);
    let refused = proxy.till.sell(&payload("POS-01"), None).await;
    assert_eq!((refused.status, refused.code()), (503, "DEVICE_UNREACHABLE"));
    assert!(refused.body["detail"].as_str().unwrap().contains("DEF-000999"), "{:?}", refused.body);
    assert_eq!(proxy.till.get("/v1/status").await.body["device_fault"]["code"], "DEVICE_UNREACHABLE");
    assert_eq!(device.sealed(), 0);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_has_the_same_answer_after_a_restart_also_without_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let sale = payload("POS-01");
    let sold = proxy.till.sell(&sale, Some("key-00000001")).await;
    assert_eq!(sold.status, 201);
    proxy.stop().await;
    device.unplug();
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let again = proxy.till.sell(&sale, Some("key-00000001")).await;
    assert_eq!((again.status, &again.body), (200, &sold.body));
    let shown = proxy.till.get("/v1/invoices/KING-0-00000001").await;
    assert_eq!(shown.body["payload"], sale);
    let journal = proxy.till.get("/v1/journal").await;
    assert!(!journal.body["records"].as_array().unwrap().is_empty());
    proxy.stop().await;
}
