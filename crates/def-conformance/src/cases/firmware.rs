//! Sections 7.13 and 7.3: newer firmware, and the device's test of itself.

use anyhow::{Result, ensure};
use def_protocol::token::FirmwareOrder;
use def_trials::authority::at;
use fiscal::PayloadHash;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    case::{Case, Shown},
    device::{
        Device,
        orders::{stranger, token},
        same,
    },
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "7.13 FIRMWARE",
        "an order of another key, time or build, and a piece without an order, are refused",
        refusals,
    ),
    Case::new(
        "7.13 FIRMWARE",
        "pieces come in their order, may be repeated, and make what was ordered or nothing",
        pieces,
    ),
    Case::new("7.3 STATUS", "a device tests itself at each start, and says what it found", self_test),
    Case::new("8 codes", "a device that computes wrongly is SELF_TEST_FAILED", wrong),
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

fn refusals(bench: &Bench) -> Result<Shown> {
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
    device.refused(&token("ADM|FIRMWARE", &device.authority.manifest(1)[..200]), "UNAUTHORIZED").or_else(
        |_| {
            // A part of a token is none.
            device.refused(&token("ADM|FIRMWARE", &device.authority.manifest(1)[..200]), "SCHEMA_INVALID")
        },
    )?;
    let own = device.status()?["firmware_build"].as_u64().unwrap_or_default();
    for build in [0, u32::try_from(own)?] {
        let old = device.authority.token(&operator, &order(build));
        device.refused(&token("ADM|FIRMWARE", &old), "FIRMWARE_REFUSED")?;
    }
    let huge = device.authority.token(&operator, &FirmwareOrder { length: u32::MAX, ..newest });
    device.refused(&token("ADM|FIRMWARE", &huge), "FIRMWARE_REFUSED")?;
    device.refused(&piece(0, &IMAGE[..4_096]), "FIRMWARE_REFUSED")?;
    for (offset, length) in [(1, 4_096), (4_095, 10), (0, 4_097)] {
        device
            .refused(&piece(offset, &IMAGE[..length]), "SCHEMA_INVALID")
            .or_else(|_| device.refused(&piece(offset, &IMAGE[..length]), "FIRMWARE_REFUSED"))?;
    }
    same("the journal after all of that", device.head()?, before)?;
    device.sell_one()?;
    Ok(Shown::Yes)
}

/// Orders the image; false when the device has no second place.
fn ordered(device: &mut Device) -> Result<bool> {
    let text = device.authority.token(&device.authority.operator, &order(u32::MAX));
    let reply = device.ask(&token("ADM|FIRMWARE", &text))?;
    ensure!(matches!(reply.code(), None | Some("FIRMWARE_REFUSED")), "the order: {}", reply.json);
    Ok(reply.code().is_none())
}

fn pieces(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    if !ordered(&mut device)? {
        return Ok(Shown::NotHere {
            code: "FIRMWARE_REFUSED",
            why: "the board has no second place for a firmware",
        });
    }
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    device.refused(&piece(0, &IMAGE[..4_000]), "FIRMWARE_REFUSED")?;
    for _ in 0..2 {
        let reply = device.ok(&piece(0, &IMAGE[..4_096]))?;
        same("received, restarts", [&reply["received"], &reply["restarts"]], [&json!(4_096), &json!(false)])?;
        device.sell_one()?;
    }
    ordered(&mut device)?;
    device.refused(&piece(4_096, &[1; 904]), "FIRMWARE_REFUSED")?;
    // What was not ordered is forgotten as a whole, and nothing restarts.
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    ordered(&mut device)?;
    device.ok(&piece(0, &IMAGE[..4_096]))?;
    device.restart()?;
    device.refused(&piece(4_096, &IMAGE[4_096..]), "FIRMWARE_REFUSED")?;
    device.sell_one()?;
    Ok(Shown::Yes)
}

fn self_test(bench: &Bench) -> Result<Shown> {
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
    Ok(Shown::Yes)
}

fn wrong(_: &Bench) -> Result<Shown> {
    Ok(Shown::NotHere {
        code: "SELF_TEST_FAILED",
        why: "nobody outside can have a processor compute wrongly",
    })
}
