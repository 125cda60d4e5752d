use ledger::{
    Column,
    ColumnKind::{Integer, Text},
    Table, TableShape,
};

/// The registry's tables as a backup carries them, in an order in which they can be filled.
/// [`Registry::prepare`](crate::Registry::prepare) makes them, and `registry_meta` with what it says, before they are.
pub const TABLES: &[Table] = &[
    Table::Other(&TableShape { name: "merchants", columns: MERCHANTS, key_columns: 1 }),
    Table::Other(&TableShape { name: "places", columns: PLACES, key_columns: 1 }),
    Table::Other(&TableShape { name: "people", columns: PEOPLE, key_columns: 1 }),
    Table::Other(&TableShape { name: "api_keys", columns: API_KEYS, key_columns: 1 }),
    Table::Other(&TableShape { name: "tax_manifests", columns: TAX_MANIFESTS, key_columns: 1 }),
    Table::Other(&TableShape { name: "devices", columns: DEVICES, key_columns: 1 }),
    Table::Other(&TableShape { name: "device_certificates", columns: DEVICE_CERTIFICATES, key_columns: 1 }),
    Table::Other(&TableShape { name: "device_health", columns: DEVICE_HEALTH, key_columns: 1 }),
    Table::Other(&TableShape { name: "outlet_modes", columns: OUTLET_MODES, key_columns: 1 }),
];

const MERCHANTS: &[Column] =
    &[("id", Text), ("name", Text), ("nif", Text), ("created", Integer), ("stopped", Integer)];

const PLACES: &[Column] = &[
    ("outlet", Text),
    ("merchant", Text),
    ("name", Text),
    ("address", Text),
    ("created", Integer),
    ("stopped", Integer),
];

/// Without their sessions and invitations: what was ended or used since the backup is not good again.
const PEOPLE: &[Column] = &[
    ("id", Text),
    ("merchant", Text),
    ("outlet", Text),
    ("email", Text),
    ("name", Text),
    ("role", Text),
    ("created", Integer),
    ("stopped", Integer),
    ("password", Text),
    ("totp", Text),
    ("totp_step", Integer),
];

const API_KEYS: &[Column] = &[
    ("hash", Text),
    ("id", Text),
    ("name", Text),
    ("merchant", Text),
    ("outlet", Text),
    ("role", Text),
    ("scopes", Text),
    ("per_second", Integer),
    ("burst", Integer),
    ("created", Integer),
    ("created_by", Text),
    ("expires", Integer),
    ("revoked", Integer),
];

const TAX_MANIFESTS: &[Column] =
    &[("version", Integer), ("document", Text), ("imported", Integer), ("imported_by", Text)];

/// Without their activation codes: one that was used since the backup is not good again.
const DEVICES: &[Column] = &[
    ("serial", Text),
    ("outlet", Text),
    ("merchant", Text),
    ("state", Text),
    ("registered", Integer),
    ("registered_by", Text),
    ("public_key", Text),
    ("firmware_version", Text),
    ("activated", Integer),
    ("activation_epoch", Integer),
    ("activation_record", Text),
    ("tested", Integer),
    ("homologated", Integer),
    ("homologation", Text),
    ("ended", Integer),
    ("end_reason", Text),
    ("end_epoch", Integer),
    ("end_number", Integer),
];

const DEVICE_CERTIFICATES: &[Column] = &[
    ("serial", Text),
    ("device", Text),
    ("der", Text),
    ("not_before", Integer),
    ("not_after", Integer),
    ("issued", Integer),
    ("revoked", Integer),
    ("reason", Text),
];

const DEVICE_HEALTH: &[Column] = &[
    ("device", Text),
    ("seen", Integer),
    ("firmware_version", Text),
    ("epoch", Integer),
    ("last_number", Integer),
    ("last_position", Integer),
    ("clock_drift", Integer),
    ("report", Text),
];

const OUTLET_MODES: &[Column] = &[
    ("outlet", Text),
    ("mode", Text),
    ("device", Text),
    ("asked", Integer),
    ("asked_by", Text),
    ("reached", Integer),
];
