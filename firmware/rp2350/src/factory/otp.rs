//! What `otp.json` must say, and why: the product's settings of the boot ROM.
//!
//! The file is what `picotool otp load` reads. It is irreversible, so every name in it must stand in the table below
//! with exactly that value, and every setting of the table must stand in the file. Names are those of pico-sdk's
//! `otp_data.h` (datasheet 13.10) without `OTP_DATA_`.
//!
//! The hash of the signing key, `BOOTKEY0`, is not in it: `picotool seal` writes it into a file of its own, which is
//! loaded and read back before this one.

use serde_json::{Map, Value};

/// A setting of one row.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The row: `CRIT0`, `CRIT1`, `BOOT_FLAGS0` or `BOOT_FLAGS1`.
    pub row: &'static str,
    /// The field.
    pub field: &'static str,
    /// Which bits of the row it has.
    pub bits: u32,
    /// What must be written, none when the field must stay as the chip was made.
    pub value: Option<u32>,
    /// Why.
    pub reason: &'static str,
}

const fn set(row: &'static str, field: &'static str, bits: u32, value: u32, reason: &'static str) -> Setting {
    Setting { row, field, bits, value: Some(value), reason }
}

const fn never(row: &'static str, field: &'static str, bits: u32, reason: &'static str) -> Setting {
    Setting { row, field, bits, value: None, reason }
}

/// All fields of the four rows.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    set("CRIT0", "RISCV_DISABLE", 1 << 1, 1, "the other processors run nothing of ours; less to attack"),
    never("CRIT0", "ARM_DISABLE", 1 << 0, "the firmware is for Arm"),

    set("CRIT1", "SECURE_BOOT_ENABLE", 1 << 0, 1, "only signed firmware runs"),
    set("CRIT1", "SECURE_DEBUG_DISABLE", 1 << 1, 1, "nobody reads or steers the program through the debug port"),
    set("CRIT1", "DEBUG_DISABLE", 1 << 2, 1, "the same for everything else behind that port"),
    never("CRIT1", "BOOT_ARCH", 1 << 3, "Arm is what the chip starts with, and secure boot ignores the choice"),
    set("CRIT1", "GLITCH_DETECTOR_ENABLE", 1 << 4, 1, "a disturbed supply resets the chip instead of skipping a check"),
    set("CRIT1", "GLITCH_DETECTOR_SENS", 0b11 << 5, 3, "as sensitive as can be: a reset too many is a power cut, which loses nothing"),

    set("BOOT_FLAGS0", "DISABLE_BOOTSEL_EXEC2", 1 << 0, 1, "the ROM's loader runs no code that a host sends"),
    never("BOOT_FLAGS0", "ENABLE_BOOTSEL_LED", 1 << 1, "there is no BOOTSEL"),
    never("BOOT_FLAGS0", "ENABLE_BOOTSEL_NON_DEFAULT_PLL_XOSC_CFG", 1 << 2, "the crystal is the usual one of 12 MHz"),
    never("BOOT_FLAGS0", "FLASH_IO_VOLTAGE_1V8", 1 << 3, "the flash in the package runs at 3.3 V"),
    never("BOOT_FLAGS0", "FAST_SIGCHECK_ROSC_DIV", 1 << 4, "a start may take its time; the check of the signature keeps its margins"),
    never("BOOT_FLAGS0", "FLASH_DEVINFO_ENABLE", 1 << 5, "what the ROM assumes suits the flash in the package"),
    never("BOOT_FLAGS0", "OVERRIDE_FLASH_PARTITION_SLOT_SIZE", 1 << 6, "the partition table stands where the ROM looks by itself"),
    never("BOOT_FLAGS0", "SINGLE_FLASH_BINARY", 1 << 7, "it would ignore the partition table, and with it the second slot"),
    set("BOOT_FLAGS0", "DISABLE_AUTO_SWITCH_ARCH", 1 << 8, 1, "no image changes the processor"),
    set("BOOT_FLAGS0", "SECURE_PARTITION_TABLE", 1 << 9, 1, "who writes to the flash cannot move the slots"),
    set("BOOT_FLAGS0", "HASHED_PARTITION_TABLE", 1 << 10, 1, "nor damage the table unnoticed"),
    set("BOOT_FLAGS0", "ROLLBACK_REQUIRED", 1 << 11, 1, "an image without a rollback version does not start"),
    never("BOOT_FLAGS0", "DISABLE_FLASH_BOOT", 1 << 12, "the firmware is in the flash"),
    set("BOOT_FLAGS0", "DISABLE_OTP_BOOT", 1 << 13, 1, "nothing starts from OTP"),
    never("BOOT_FLAGS0", "ENABLE_OTP_BOOT", 1 << 14, "nothing starts from OTP"),
    set("BOOT_FLAGS0", "DISABLE_POWER_SCRATCH", 1 << 15, 1, "a start never jumps to where registers say"),
    never("BOOT_FLAGS0", "DISABLE_WATCHDOG_SCRATCH", 1 << 16, "the restart into a new firmware comes through these registers (varm_boot_path.c, try_vector): without it no update would ever run"),
    set("BOOT_FLAGS0", "DISABLE_BOOTSEL_USB_MSD_IFC", 1 << 17, 1, "no loader over USB"),
    set("BOOT_FLAGS0", "DISABLE_BOOTSEL_USB_PICOBOOT_IFC", 1 << 18, 1, "no loader over USB, and no reading of OTP by it"),
    set("BOOT_FLAGS0", "DISABLE_BOOTSEL_UART_BOOT", 1 << 19, 1, "no loader over the flash's pins"),
    never("BOOT_FLAGS0", "DISABLE_XIP_ACCESS_ON_SRAM_ENTRY", 1 << 20, "nothing is started from SRAM"),
    set("BOOT_FLAGS0", "DISABLE_SRAM_WINDOW_BOOT", 1 << 21, 1, "nothing is started from SRAM"),

    set("BOOT_FLAGS1", "KEY_VALID", 0b1111, 0b0001, "the key of the firmware, whose hash is in BOOTKEY0"),
    set("BOOT_FLAGS1", "KEY_INVALID", 0b1111 << 8, 0b1110, "the other three places take no key, ever"),
    never("BOOT_FLAGS1", "DOUBLE_TAP_DELAY", 0b111 << 16, "there is no BOOTSEL"),
    never("BOOT_FLAGS1", "DOUBLE_TAP", 1 << 19, "there is no BOOTSEL"),
];

/// Checks a file against the table.
pub fn check(file: &str) -> Result<(), OtpFault> {
    let rows = known(file)?;
    let is_there = |setting: &Setting| rows.get(setting.row).and_then(|row| row.get(setting.field)).is_some();
    match SETTINGS.iter().find(|setting| setting.value.is_some() && !is_there(setting)) {
        None => Ok(()),
        Some(setting) => Err(OtpFault::Missing(format!("{}.{}", setting.row, setting.field), setting.reason)),
    }
}

/// The same of a file with some of the settings: a factory proves the first before it burns the next.
pub fn check_part(file: &str) -> Result<(), OtpFault> {
    known(file).map(drop)
}

/// The rows of a file, all of whose settings are in the table and have its value.
fn known(file: &str) -> Result<Map<String, Value>, OtpFault> {
    let rows: Map<String, Value> =
        serde_json::from_str(file).map_err(|fault| OtpFault::NotJson(fault.to_string()))?;
    for (row, fields) in rows.iter().filter(|(row, _)| *row != "$schema") {
        let fields = fields.as_object().ok_or_else(|| OtpFault::NoFields(row.clone()))?;
        for (field, value) in fields {
            let name = format!("{row}.{field}");
            let setting = find(row, field).ok_or_else(|| OtpFault::Unknown(name.clone()))?;
            match (setting.value, number(value)) {
                (_, None) => return Err(OtpFault::NotANumber(name)),
                (None, Some(_)) => return Err(OtpFault::Forbidden(name, setting.reason)),
                (Some(wanted), Some(found)) if wanted != found => {
                    return Err(OtpFault::Wrong { name, wanted, found, reason: setting.reason });
                }
                _ => {}
            }
        }
    }
    Ok(rows)
}

fn find(row: &str, field: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.row == row && setting.field == field)
}

/// A number as picotool's files write it: plain, or text in hexadecimal.
pub(crate) fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(text) => u32::from_str_radix(text.strip_prefix("0x")?, 16).ok(),
        _ => None,
    }
}

/// Why a file of settings is not burnt in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtpFault {
    /// Its form.
    #[error("no JSON object: {0}")]
    NotJson(String),
    /// A row written as a whole.
    #[error("row {0} has no fields: name each setting by itself")]
    NoFields(String),
    /// A name that nobody reviewed.
    #[error("{0} is not in the reviewed table: add it there with a reason, or take it out")]
    Unknown(String),
    /// Neither a number nor hexadecimal text.
    #[error("the value of {0} is no number: write 1 or \"0x1\"")]
    NotANumber(String),
    /// What must stay as it is.
    #[error("{0} must not be set: {1}")]
    Forbidden(String, &'static str),
    /// Another value.
    #[error("{name} must be {wanted}, not {found}: {reason}")]
    Wrong {
        /// The setting.
        name: String,
        /// What the table says.
        wanted: u32,
        /// What the file says.
        found: u32,
        /// Why.
        reason: &'static str,
    },
    /// Left out.
    #[error("{0} is missing: {1}")]
    Missing(String, &'static str),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::factory::OTP_JSON;

    fn file() -> Value {
        serde_json::from_str(OTP_JSON).unwrap()
    }

    #[test]
    fn each_setting_must_be_there_with_its_value() {
        for setting in SETTINGS.iter().filter(|setting| setting.value.is_some()) {
            let name = format!("{}.{}", setting.row, setting.field);
            let mut without = file();
            without[setting.row].as_object_mut().unwrap().remove(setting.field);
            assert_eq!(check(&without.to_string()), Err(OtpFault::Missing(name.clone(), setting.reason)));
            for other in (0..16).filter(|other| Some(*other) != setting.value) {
                let mut changed = file();
                changed[setting.row][setting.field] = json!(other);
                let fault = check(&changed.to_string()).unwrap_err();
                assert!(matches!(fault, OtpFault::Wrong { found, .. } if found == other), "{name}");
            }
        }
    }

    #[test]
    fn a_part_may_leave_settings_out_and_change_none() {
        let part = json!({"BOOT_FLAGS1": {"KEY_VALID": 1}, "CRIT1": {"SECURE_BOOT_ENABLE": "0x1"}});
        assert_eq!(check_part(&part.to_string()), Ok(()));
        assert!(matches!(check(&part.to_string()), Err(OtpFault::Missing(..))));
        for (row, field, value) in
            [("CRIT1", "DEBUG_DISABLE", 0), ("BOOT_FLAGS1", "KEY_VALID", 3), ("CRIT1", "X", 1)]
        {
            let mut changed = part.clone();
            changed[row][field] = json!(value);
            assert!(check_part(&changed.to_string()).is_err(), "{field}");
        }
    }

    #[test]
    fn what_would_lock_the_device_out_is_refused_even_as_zero() {
        let forbidden: Vec<_> = SETTINGS.iter().filter(|setting| setting.value.is_none()).collect();
        assert!(forbidden.iter().any(|setting| setting.field == "DISABLE_WATCHDOG_SCRATCH"));
        for setting in forbidden {
            for value in [json!(0), json!(1), json!("0x1")] {
                let mut changed = file();
                changed[setting.row][setting.field] = value;
                let fault = check(&changed.to_string());
                assert!(matches!(fault, Err(OtpFault::Forbidden(..))), "{}", setting.field);
            }
        }
    }

    #[test]
    fn a_name_that_nobody_reviewed_is_refused() {
        for (row, fields) in [
            ("BOOT_FLAGS0", json!({"DISABLE_EVERYTHING": 1})),
            ("CRIT2", json!({"SECURE_BOOT_ENABLE": 1})),
            ("BOOTKEY1", json!({"BOOTKEY1_0": 1})),
            ("boot_flags0", json!({"DISABLE_OTP_BOOT": 1})),
        ] {
            let mut changed = file();
            changed[row] = fields;
            assert!(matches!(check(&changed.to_string()), Err(OtpFault::Unknown(_))), "{row}");
        }
        for whole in [json!("0x1"), json!([1, 2]), json!(1)] {
            let mut changed = file();
            changed["CRIT1"] = whole;
            assert_eq!(check(&changed.to_string()), Err(OtpFault::NoFields("CRIT1".into())));
        }
    }

    #[test]
    fn a_value_is_a_number_or_hexadecimal_text() {
        for wrong in [json!(true), json!("1"), json!("0xg"), json!(1.5), json!(-1), json!(null), json!([1])] {
            let mut changed = file();
            changed["CRIT1"]["DEBUG_DISABLE"] = wrong.clone();
            assert!(matches!(check(&changed.to_string()), Err(OtpFault::NotANumber(_))), "{wrong}");
        }
        assert!(matches!(check("[]"), Err(OtpFault::NotJson(_))));
    }

    #[test]
    fn a_place_is_valid_or_invalid_and_none_is_left_open() {
        let value = |field| find("BOOT_FLAGS1", field).and_then(|setting| setting.value).unwrap();
        assert_eq!(value("KEY_VALID") ^ value("KEY_INVALID"), 0b1111);
        assert_eq!(value("KEY_VALID") & value("KEY_INVALID"), 0);
    }

    /// The bits that the vendor's register description gives a field's name.
    fn vendor(row: &str) -> Vec<(&'static str, u32)> {
        use rp_pac::otp_data_raw::regs::{BootFlags0, BootFlags1, Crit0, Crit1};
        macro_rules! bits {
            ($register:ident: $($setter:ident = $value:expr),*) => {
                vec![$((&stringify!($setter)[4..], { let mut row = $register(0); row.$setter($value); row.0 })),*]
            };
        }
        match row {
            "CRIT0" => bits!(Crit0: set_arm_disable = true, set_riscv_disable = true),
            "CRIT1" => bits!(Crit1: set_secure_boot_enable = true, set_secure_debug_disable = true,
                set_debug_disable = true, set_boot_arch = true, set_glitch_detector_enable = true,
                set_glitch_detector_sens = 3),
            "BOOT_FLAGS0" => {
                bits!(BootFlags0: set_disable_bootsel_exec2 = true, set_enable_bootsel_led = true,
                set_enable_bootsel_non_default_pll_xosc_cfg = true, set_flash_io_voltage_1v8 = true,
                set_fast_sigcheck_rosc_div = true, set_flash_devinfo_enable = true,
                set_override_flash_partition_slot_size = true, set_single_flash_binary = true,
                set_disable_auto_switch_arch = true, set_secure_partition_table = true,
                set_hashed_partition_table = true, set_rollback_required = true, set_disable_flash_boot = true,
                set_disable_otp_boot = true, set_enable_otp_boot = true, set_disable_power_scratch = true,
                set_disable_watchdog_scratch = true, set_disable_bootsel_usb_msd_ifc = true,
                set_disable_bootsel_usb_picoboot_ifc = true, set_disable_bootsel_uart_boot = true,
                set_disable_xip_access_on_sram_entry = true, set_disable_sram_window_boot = true)
            }
            "BOOT_FLAGS1" => bits!(BootFlags1: set_key_valid = 0xF, set_key_invalid = 0xF,
                set_double_tap_delay = 7, set_double_tap = true),
            _ => vec![],
        }
    }

    #[test]
    fn the_table_has_the_vendors_names_and_bits_and_all_of_them() {
        for row in ["CRIT0", "CRIT1", "BOOT_FLAGS0", "BOOT_FLAGS1"] {
            let ours: BTreeSet<_> = SETTINGS
                .iter()
                .filter(|setting| setting.row == row)
                .map(|setting| (setting.field.to_lowercase(), setting.bits))
                .collect();
            let theirs: BTreeSet<_> =
                vendor(row).into_iter().map(|(name, bits)| (name.to_owned(), bits)).collect();
            assert_eq!(ours, theirs, "{row}");
        }
    }

    #[test]
    fn each_value_fits_its_field() {
        for setting in SETTINGS {
            let Some(value) = setting.value else { continue };
            let shifted = value << setting.bits.trailing_zeros();
            assert!(value != 0 && shifted & !setting.bits == 0, "{}", setting.field);
        }
    }
}
