//! A device that begins an epoch counts positions from 1 again.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{
    Running,
    cloud::FakeCloud,
    config,
    device::{Mishap, SimDevice},
    payload, until,
};
use tunnel::{OrderCommand, Outcome, Place, Text, Work};

/// Everything that the device has in an epoch is held.
async fn delivered(cloud: &FakeCloud, device: &SimDevice, epoch: u32) {
    until("the epoch is delivered", || async {
        let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
        (1..=last).all(|position| cloud.held().contains_key(&Place { epoch, position }))
    })
    .await;
}

async fn fate(cloud: &FakeCloud, payload: &str) -> Option<Outcome> {
    let payload_hash = fiscal::PayloadHash::of(payload.as_bytes());
    cloud.work(Work::Fate { payload_hash, payload: None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_reset_sells_on_and_its_new_epoch_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let (first, second) = (payload("POS-01"), payload("POS-01"));
    assert_eq!(proxy.till.sell(&first, None).await.number(), "KING-0-00000001");
    delivered(&cloud, &device, 0).await;
    let reset = Work::Order { command: OrderCommand::Reset, token: Text::new(device.closed_for(1)).unwrap() };
    let done = cloud.work(reset).await;
    assert!(matches!(done, Some(Outcome::Done { .. })), "{done:?}");
    let sold = proxy.till.sell(&second, Some("key-00000002")).await;
    assert_eq!((sold.status, sold.number()), (201, "KING-1-00000001"), "{:?}", sold.body);
    delivered(&cloud, &device, 1).await;
    assert_eq!(cloud.disorder(), 0);
    for sale in [&first, &second] {
        assert!(matches!(fate(&cloud, sale).await, Some(Outcome::Sealed { .. })));
    }
    assert_eq!(fate(&cloud, &payload("POS-01")).await, Some(Outcome::Unsealed {}));
    let everything = cloud.held();
    until("nothing waits", || async { proxy.till.get("/v1/status").await.body["spool"]["waiting"] == 0 })
        .await;
    // A cloud that lost the new epoch gets it again, in a new session.
    cloud.forget_epoch(1);
    cloud.cut();
    until("it is delivered again", || async { cloud.held() == everything }).await;
    cloud.forget_after(0);
    let again = cloud.work(Work::Again { epoch: 0, position: 1 }).await;
    assert!(matches!(again, Some(Outcome::Done { .. })), "{again:?}");
    until("both epochs are delivered again", || async { cloud.held() == everything }).await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_the_proxy_did_not_see_leaves_no_sale_in_doubt() {
    for mishap in
        [None, Some(Mishap::CommitLost), Some(Mishap::PowerAfterCommit), Some(Mishap::PowerInCommit)]
    {
        let folder = tempfile::tempdir().unwrap();
        let device = SimDevice::active(folder.path());
        let cloud = FakeCloud::start().await;
        let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
        until("the tunnel is up", || async { cloud.is_up() }).await;
        assert_eq!(proxy.till.sell(&payload("POS-01"), None).await.status, 201);
        delivered(&cloud, &device, 0).await;
        device.reset(1);
        if let Some(mishap) = mishap {
            device.go_wrong(mishap);
        }
        let sale = payload("POS-01");
        let sold = proxy.till.sell_surely(&sale, "key-00000001").await;
        assert_eq!(sold.number(), "KING-1-00000001", "{mishap:?}: {:?}", sold.body);
        assert_eq!(device.sealed(), 1, "{mishap:?}");
        let again = proxy.till.sell(&sale, Some("key-00000001")).await;
        assert_eq!((again.status, again.number()), (200, "KING-1-00000001"), "{mishap:?}");
        delivered(&cloud, &device, 1).await;
        proxy.stop().await;
    }
}
