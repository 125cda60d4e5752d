//! Whether `partitions.json`, which `picotool partition create` reads, is the map of [`crate::layout`].

use serde::Deserialize;

use crate::layout::{SLOT_BYTES, Slot};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    version: [u32; 2],
    unpartitioned: Space,
    partitions: Vec<Partition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Space {
    families: Vec<String>,
    permissions: Permissions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partition {
    #[serde(rename = "name")]
    _name: String,
    id: u64,
    start: String,
    size: String,
    families: Vec<String>,
    permissions: Permissions,
    link: Option<(String, u64)>,
    ignored_during_riscv_boot: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Permissions {
    secure: String,
    nonsecure: String,
    bootloader: String,
}

/// Checks a table.
pub fn check(file: &str) -> Result<(), PartitionFault> {
    let table: Table =
        serde_json::from_str(file).map_err(|fault| PartitionFault::NotATable(fault.to_string()))?;
    let closed = |permissions: &Permissions| permissions.nonsecure.is_empty();
    require(table.version == [1, 0], "the version must be 1.0: the ROM takes the higher of two tables")?;
    require(
        table.unpartitioned.families == ["absolute"],
        "outside the slots only absolute images may be put",
    )?;
    let space = &table.unpartitioned.permissions;
    require(closed(space) && space.secure == "r", "no program writes outside the slots")?;
    let [a, b] = &table.partitions[..] else {
        return Err(PartitionFault::Wrong("there must be two partitions: slot A and slot B"));
    };
    for (partition, slot) in [(a, Slot::A), (b, Slot::B)] {
        require(kib(&partition.start) == Some(slot.at()), "a slot begins where layout.rs does not say")?;
        require(kib(&partition.size) == Some(SLOT_BYTES), "a slot is not as large as layout.rs says")?;
        require(partition.id == slot as u64, "the ids must be 0 and 1")?;
        require(partition.families == ["rp2350-arm-s"], "a slot takes secure Arm images only")?;
        require(partition.ignored_during_riscv_boot, "a slot must be ignored by the other processors")?;
        let permissions = &partition.permissions;
        let open = permissions.secure == "rw" && permissions.bootloader == "rw";
        require(
            closed(permissions) && open,
            "a slot is written by the firmware and the factory's loader only",
        )?;
    }
    require(a.link.is_none(), "slot A must have no link")?;
    require(b.link == Some(("a".into(), 0)), "slot B must be linked to slot A: [\"a\", 0]")
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), PartitionFault> {
    if holds { Ok(()) } else { Err(PartitionFault::Wrong(otherwise)) }
}

/// A size as picotool writes it, `8K`, in bytes.
fn kib(text: &str) -> Option<u32> {
    text.strip_suffix('K')?.parse::<u32>().ok()?.checked_mul(1_024)
}

/// Why a table is not put on a board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartitionFault {
    /// Its form.
    #[error("no partition table of picotool's form: {0}")]
    NotATable(String),
    /// Not the board's.
    #[error("{0}")]
    Wrong(&'static str),
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::factory::PARTITIONS_JSON;

    #[test]
    fn whatever_is_changed_is_noticed() {
        let changes: &[(&str, Value)] = &[
            ("/version/1", json!(1)),
            ("/unpartitioned/families/0", json!("data")),
            ("/unpartitioned/permissions/secure", json!("rw")),
            ("/unpartitioned/permissions/nonsecure", json!("r")),
            ("/partitions/0/start", json!("4K")),
            ("/partitions/0/size", json!("956K")),
            ("/partitions/0/size", json!(960)),
            ("/partitions/1/start", json!("972K")),
            ("/partitions/1/id", json!(0)),
            ("/partitions/1/families/0", json!("rp2350-riscv")),
            ("/partitions/1/permissions/nonsecure", json!("r")),
            ("/partitions/1/permissions/secure", json!("r")),
            ("/partitions/1/permissions/bootloader", json!("")),
            ("/partitions/1/link/0", json!("owner")),
            ("/partitions/1/link/1", json!(1)),
            ("/partitions/1/link", json!(null)),
            ("/partitions/1/ignored_during_riscv_boot", json!(false)),
            ("/partitions", json!([])),
        ];
        for (place, value) in changes {
            let mut table: Value = serde_json::from_str(PARTITIONS_JSON).unwrap();
            *table.pointer_mut(place).unwrap() = value.clone();
            assert!(check(&table.to_string()).is_err(), "{place}");
        }
        let mut table: Value = serde_json::from_str(PARTITIONS_JSON).unwrap();
        table["partitions"][0]["link"] = json!(["a", 1]);
        assert!(check(&table.to_string()).is_err());
        table = serde_json::from_str(PARTITIONS_JSON).unwrap();
        table["partitions"][0]["no_reboot_on_uf2_download"] = json!(true);
        assert!(check(&table.to_string()).is_err(), "a member that nobody reviewed");
    }
}
