//! The tunnel: jobs of a cloud, and the journal's way to it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use fiscal::PayloadHash;
use support::{
    Running,
    cloud::FakeCloud,
    config,
    device::{Mishap, SimDevice},
    payload, until,
};
use tunnel::{Outcome, Report, Text, Work};

fn fate(payload: &str) -> Work {
    Work::Fate { payload_hash: PayloadHash::of(payload.as_bytes()), payload: None }
}

fn number(outcome: Option<&Outcome>) -> Option<u64> {
    match outcome {
        Some(Outcome::Sealed { seal, .. }) => seal["invoice_seq"].as_u64(),
        _ => None,
    }
}

async fn delivered(cloud: &FakeCloud, payload: &str) {
    until("a sale is delivered", || async {
        cloud.held().values().any(|line| line.payload.as_ref().is_some_and(|text| text.as_str() == payload))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_seals_through_the_tunnel_and_gets_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let sale = payload("POS-01");
    assert_eq!(number(cloud.seal(&sale).await.as_ref()), Some(1));
    delivered(&cloud, &sale).await;
    assert_eq!(cloud.held().len() as u64, device.ask("QRY|STATUS")["last_position"].as_u64().unwrap());
    let Some(Outcome::Refused { code, fiscal_number, .. }) = cloud.seal(&sale).await else { panic!() };
    assert_eq!(
        (code.as_str(), fiscal_number.unwrap().to_string().as_str()),
        ("REPLAY_DETECTED", "KING-0-00000001")
    );
    assert_eq!(number(cloud.work(fate(&sale)).await.as_ref()), Some(1));
    assert_eq!(cloud.work(fate(&payload("POS-01"))).await, Some(Outcome::Unsealed {}));
    let x = Work::Report { report: Report::X { period: Text::cut("session") } };
    let Some(Outcome::Done { answer }) = cloud.work(x).await else { panic!() };
    assert_eq!(answer["transaction_count"], 1);
    let Some(Outcome::Done { answer }) = cloud.work(Work::Log { epoch: 0, number: 1 }).await else {
        panic!()
    };
    assert_eq!(answer["log_entry"]["payload"], sale);
    let z = Work::Report { report: Report::Z { date: Text::cut("1999-01-01") } };
    assert!(
        matches!(cloud.work(z).await, Some(Outcome::Refused { code, .. }) if code.as_str() == "NOT_FOUND")
    );
    assert_eq!(cloud.statuses()[0]["device_id"], "DEF-000001");
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sold_without_the_cloud_reaches_it_later_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    cloud.be_deaf(true);
    cloud.cut();
    for sale in 0..150 {
        let sold = proxy.till.sell(&payload("POS-01"), Some(&format!("key-{sale:08}"))).await;
        assert_eq!(sold.status, 201, "{:?}", sold.body);
    }
    cloud.be_deaf(false);
    cloud.cut();
    let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
    until("everything is delivered", || async { cloud.held().len() as u64 == last }).await;
    assert_eq!(cloud.disorder(), 0);
    let keys = cloud.held().values().filter(|line| line.idempotency_key.is_some()).count();
    assert_eq!(keys, 150, "the tills' keys go with their sales");
    until("nothing waits", || async { proxy.till.get("/v1/status").await.body["spool"]["waiting"] == 0 })
        .await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_answer_the_cloud_lost_is_found_out_about() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let sale = payload("POS-01");
    cloud.be_deaf(true);
    cloud.say(tunnel::FromCloud::Job {
        job: 77,
        work: Work::Seal { payload: Text::new(&*sale).unwrap(), idempotency_key: None },
    });
    until("it is sealed", || async { device.sealed() == 1 }).await;
    cloud.cut();
    cloud.be_deaf(false);
    until("the tunnel is up again", || async { cloud.sessions() >= 2 && cloud.is_up() }).await;
    assert_eq!(number(cloud.work(fate(&sale)).await.as_ref()), Some(1));
    assert_eq!(device.sealed(), 1);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_breaks_in_the_middle_of_a_commit_seals_each_sale_once() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let mishaps =
        [Mishap::PowerInCommit, Mishap::PowerAfterCommit, Mishap::CommitLost, Mishap::CableAfterCommit];
    for (index, mishap) in mishaps.into_iter().enumerate() {
        let sale = payload("POS-01");
        device.go_wrong(mishap);
        if mishap == Mishap::CableAfterCommit {
            let outcome = cloud.seal(&sale).await;
            assert!(matches!(outcome, Some(Outcome::Unclear { .. })), "{outcome:?}");
            device.plug();
        }
        let mut outcome = cloud.seal(&sale).await;
        for _ in 0..600 {
            if matches!(outcome, Some(Outcome::Unreachable { .. } | Outcome::Unclear { .. })) {
                tokio::time::sleep(Duration::from_millis(200)).await;
                outcome = cloud.seal(&sale).await;
            }
        }
        let is_known = match &outcome {
            Some(Outcome::Sealed { .. }) => true,
            Some(Outcome::Refused { code, .. }) => code.as_str() == "REPLAY_DETECTED",
            _ => false,
        };
        assert!(is_known, "{mishap:?}: {outcome:?}");
        assert_eq!(number(cloud.work(fate(&sale)).await.as_ref()), Some(index as u64 + 1), "{mishap:?}");
        assert_eq!(device.sealed(), index as u64 + 1, "{mishap:?}");
        delivered(&cloud, &sale).await;
    }
    assert_eq!(cloud.disorder(), 0);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_was_put_back_asks_again_and_gets_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    for _ in 0..5 {
        assert_eq!(proxy.till.sell(&payload("POS-02"), None).await.status, 201);
    }
    let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
    until("everything is delivered", || async { cloud.held().len() as u64 == last }).await;
    cloud.forget_after(3);
    let done = cloud.work(Work::Again { epoch: 0, position: 4 }).await;
    assert!(matches!(done, Some(Outcome::Done { .. })), "{done:?}");
    until("everything is delivered again", || async { cloud.held().len() as u64 == last }).await;
    cloud.forget_after(2);
    cloud.cut();
    until("a new session delivers from what the cloud holds", || async { cloud.held().len() as u64 == last })
        .await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clouds_get_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let (one, two) = (FakeCloud::start().await, FakeCloud::start().await);
    let proxy = Running::start(config(folder.path(), &device, &[one.url.clone(), two.url.clone()]));
    until("both tunnels are up", || async { one.is_up() && two.is_up() }).await;
    let sale = payload("POS-01");
    assert_eq!(number(one.seal(&sale).await.as_ref()), Some(1));
    delivered(&one, &sale).await;
    delivered(&two, &sale).await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technicians_code_activates_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::factory(folder.path());
    let cloud = FakeCloud::start().await;
    cloud.expects(&device);
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the device is there", || async {
        proxy.till.get("/v1/status").await.body["device"]["lifecycle"] == "factory"
    })
    .await;
    let early = proxy.till.sell(&payload("POS-01"), None).await;
    assert_eq!(early.code(), "NOT_PROVISIONED");
    let wrong = proxy.till.post("/v1/activation", r#"{"code":"WRONG"}"#).await;
    assert_eq!((wrong.status, wrong.code()), (403, "ACTIVATION_REFUSED"));
    let right = proxy.till.post("/v1/activation", r#"{"code":"GOOD-CODE"}"#).await;
    assert_eq!(right.status, 200, "{:?}", right.body);
    assert_eq!(right.body["device"]["clock"], "ok");
    assert!(folder.path().join("proxy/device.pem").exists());
    let sold = proxy.till.sell_surely(&payload("POS-01"), "key-00000001").await;
    assert_eq!(sold.status, 201, "{:?}", sold.body);
    let again = proxy.till.post("/v1/activation", r#"{"code":"GOOD-CODE"}"#).await;
    assert_eq!((again.status, again.code()), (409, "ALREADY_PROVISIONED"));
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_needs_the_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    let body = r#"{"original":"KING-0-00000007"}"#;
    until("the cloud gives one", || async { proxy.till.post("/v1/vouchers", body).await.status == 201 })
        .await;
    drop(cloud);
    until("nobody does", || async {
        proxy.till.post("/v1/vouchers", body).await.code() == "CLOUD_UNREACHABLE"
    })
    .await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_over_tls_needs_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let certificate = folder.path().join("ca.pem");
    let cloud = FakeCloud::start_tls(&certificate).await;
    let mut settings = config(folder.path(), &device, std::slice::from_ref(&cloud.url));
    let proxy = Running::start(settings.clone());
    until("it says why", || async {
        let status = proxy.till.get("/v1/status").await;
        status.body["tunnels"][0]["detail"].as_str().is_some_and(|detail| detail.contains("is not trusted"))
    })
    .await;
    assert_eq!(cloud.sessions(), 0);
    proxy.stop().await;
    settings.cloud.ca_file = Some(certificate);
    let proxy = Running::start(settings);
    until("the tunnel is up", || async { cloud.is_up() }).await;
    assert_eq!(number(cloud.seal(&payload("POS-01")).await.as_ref()), Some(1));
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_leaves_the_line_says_first_what_it_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let before = payload("POS-01");
    device.go_wrong(Mishap::CableAfterCommit);
    let outcome = cloud.seal(&before).await;
    assert!(matches!(outcome, Some(Outcome::Unclear { .. })), "{outcome:?}");
    device.plug();
    let leave = def_protocol::token::HandOver::Leave { epoch: fiscal::Epoch(0) };
    let token = Text::new(device.authority.hand_over(leave)).unwrap();
    let order = || Work::Order { command: tunnel::OrderCommand::Handover, token: token.clone() };
    let mut left = cloud.work(order()).await;
    for _ in 0..600 {
        if !matches!(left, Some(Outcome::Done { .. })) {
            tokio::time::sleep(Duration::from_millis(200)).await;
            left = cloud.work(order()).await;
        }
    }
    assert!(matches!(left, Some(Outcome::Done { .. })), "{left:?}");
    delivered(&cloud, &before).await;
    let refused = cloud.seal(&payload("POS-01")).await;
    assert!(matches!(refused, Some(Outcome::Refused { code, .. }) if code.as_str() == "HANDED_OVER"));
    assert_eq!(
        number(cloud.work(fate(&before)).await.as_ref()),
        Some(1),
        "its seal is answered all the same"
    );
    let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
    until("the close is delivered", || async { cloud.held().len() as u64 == last }).await;
    proxy.stop().await;
}
