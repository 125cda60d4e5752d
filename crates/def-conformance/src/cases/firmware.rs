//! Sections 7.13 and 7.3: newer firmware, and the device's test of itself.

use anyhow::{Context, Result, ensure};
use def_protocol::token::{FirmwareOrder, NewState, StateChange};
use def_trials::authority::at;
use fiscal::PayloadHash;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    case::Case,
    device::{
        Device,
        orders::{stranger, token},
        same,
    },
    exceptions::{self, UPDATE},
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "7.13 FIRMWARE",
        "an order of another key or time, or of another command's token, is refused",
        strange_orders,
    ),
    Case::new(
        "7.13 FIRMWARE",
        "what is not newer or too long, and a piece without an order, is FIRMWARE_REFUSED",
        refusals,
    ),
    Case::new(
        "7.13 FIRMWARE",
        "pieces come in their order, may be repeated, and make what was ordered or nothing",
        pieces,
    ),
    Case::new("7.3 STATUS", "a device tests itself at each start, and says what it found", self_test),
];

/// Two pieces.
const IMAGE: [u8; 5_000] = [0x5A; 5_000];

fn order(build: u32) -> FirmwareOrder<'static> {
    FirmwareOrder {
        build,
        length: IMAGE.len() as u32,
        digest: PayloadHash::of(&IMAGE).0,
        version: "2099.01.01",
    }
}

fn piece(offset: usize, bytes: &[u8]) -> String {
    format!(r#"ADM|FIRMWARE {{"offset":{offset},"data":"{}"}}"#, def_protocol::Base64Url(bytes))
}

fn strange_orders(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let before = device.head()?;
    let newest = order(u32::MAX);
    for key in [stranger(), device.authority.dgi.clone(), device.authority.root.clone()] {
        device.refused(&token("ADM|FIRMWARE", &device.authority.token(&key, &newest)), "UNAUTHORIZED")?;
    }
    let operator = device.authority.operator.clone();
    let late = device.authority.token_valid(
        &operator,
        &newest,
        at("2026-01-01T00:00:00"),
        at("2026-03-14T07:14:59"),
    );
    device.refused(&token("ADM|FIRMWARE", &late), "UNAUTHORIZED")?;
    let revoking = StateChange { state: NewState::Revoked, reason: "stolen" };
    let revoking = device.authority.token(&operator, &revoking);
    device.refused(&token("ADM|FIRMWARE", &revoking), "UNAUTHORIZED")?;
    let whole = device.authority.token(&operator, &newest);
    device.refused(&token("ADM|FIRMWARE", &whole[..whole.len() - 4]), "SCHEMA_INVALID")?;
    same("the journal after all of that", device.head()?, before)?;
    device.sell_one()?;
    Ok(())
}

fn refusals(bench: &Bench) -> Result<()> {
    let mut new = bench.factory()?;
    new.refused(&piece(0, &IMAGE[..4_096]), "NOT_PROVISIONED")?;
    let mut device = bench.ready()?;
    let before = device.head()?;
    let operator = device.authority.operator.clone();
    let own = device.status()?["firmware_build"].as_u64().context("firmware_build")?;
    for build in [0, u32::try_from(own)?] {
        let old = device.authority.token(&operator, &order(build));
        device.refused(&token("ADM|FIRMWARE", &old), "FIRMWARE_REFUSED")?;
    }
    let huge = FirmwareOrder { length: u32::MAX, ..order(u32::MAX) };
    device.refused(&token("ADM|FIRMWARE", &device.authority.token(&operator, &huge)), "FIRMWARE_REFUSED")?;
    if exceptions::find(bench.board(), UPDATE).is_some() {
        device.refused(&ordering(&device), "FIRMWARE_REFUSED")?;
    }
    for (offset, length) in [(0, 4_096), (4_096, 904), (0, 1)] {
        device.refused(&piece(offset, &IMAGE[..length]), "FIRMWARE_REFUSED")?;
    }
    for (offset, length) in [(1, 4_096), (4_095, 10), (0, 4_099), (0, 0)] {
        device.refused(&piece(offset, &IMAGE[..length]), "SCHEMA_INVALID")?;
    }
    same("the journal after all of that", device.head()?, before)?;
    device.sell_one()?;
    Ok(())
}

/// The order of the image.
fn ordering(device: &Device) -> String {
    token("ADM|FIRMWARE", &device.authority.token(&device.authority.operator, &order(u32::MAX)))
}

fn pieces(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let order = ordering(&device);
    device.ok(&order)?;
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    device.refused(&piece(0, &IMAGE[..4_000]), "FIRMWARE_REFUSED")?;
    for _ in 0..2 {
        let reply = device.ok(&piece(0, &IMAGE[..4_096]))?;
        same("received, restarts", [&reply["received"], &reply["restarts"]], [&json!(4_096), &json!(false)])?;
        device.sell_one()?;
    }
    device.ok(&order)?;
    device.refused(&piece(4_096, &[1; 904]), "FIRMWARE_REFUSED")?;
    // What was not ordered is forgotten as a whole, and nothing restarts.
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    device.ok(&order)?;
    device.ok(&piece(0, &IMAGE[..4_096]))?;
    device.restart()?;
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    device.sell_one()?;
    Ok(())
}

fn self_test(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for _ in 0..2 {
        let status = device.status()?;
        same("failed", &status["self_test"]["failed"], &Value::Null)?;
        ensure!(
            status["self_test"]["time"].as_str() <= status["time"].as_str(),
            "it was made later than now: {}",
            status["self_test"]
        );
        ensure!(status["self_test"]["time"].is_string(), "no time of a self-test");
        device.restart()?;
    }
    let mut new = bench.factory()?;
    same("of a device without a clock", &new.status()?["self_test"]["failed"], &Value::Null)?;
    Ok(())
}
