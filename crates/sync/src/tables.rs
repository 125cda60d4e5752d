use ledger::{
    Column,
    ColumnKind::{Integer, Text},
    Table, TableShape,
};

/// The tables of the sync as a backup carries them, in an order in which they can be filled.
/// [`Sync::prepare`](crate::Sync::prepare) makes them before. Who serves which machine is not among them, nor what is
/// wrong at the moment: both are found again. Tokens are carried as they lie, sealed under the deployment's key.
pub const TABLES: &[Table] = &[
    Table::Other(&TableShape { name: "sync_machines", columns: MACHINES, key_columns: 1 }),
    Table::Other(&TableShape { name: "sync_machine_outlets", columns: MACHINE_OUTLETS, key_columns: 1 }),
    Table::Other(&TableShape { name: "sync_served", columns: SERVED, key_columns: 2 }),
    Table::Other(&TableShape { name: "sync_cursors", columns: CURSORS, key_columns: 3 }),
    Table::Other(&TableShape { name: "sync_outlets", columns: OUTLETS, key_columns: 1 }),
    Table::Other(&TableShape { name: "sync_jobs", columns: JOBS, key_columns: 1 }),
    Table::Other(&TableShape { name: "sync_transitions", columns: TRANSITIONS, key_columns: 2 }),
    Table::Other(&TableShape { name: "sync_rates", columns: RATES, key_columns: 3 }),
];

/// Without its lease, and with the fence: one that was taken is not given again.
const MACHINES: &[Column] = &[
    ("id", Text),
    ("merchant", Text),
    ("url", Text),
    ("nif", Text),
    ("nim", Text),
    ("isf", Text),
    ("dialect", Text),
    ("token", Text),
    ("token_expires", Integer),
    ("exclusive", Integer),
    ("generation", Integer),
    ("state", Text),
    ("state_note", Text),
    ("state_since", Integer),
    ("failures", Integer),
    ("trips", Integer),
    ("open_until", Integer),
    ("baseline", Text),
    ("era", Integer),
    ("clock_offset", Integer),
    ("is_test", Integer),
    ("created", Integer),
    ("version", Integer),
    ("fence", Integer),
];

const MACHINE_OUTLETS: &[Column] = &[("outlet", Text), ("machine", Text)];

const SERVED: &[Column] = &[("outlet", Text), ("machine", Text), ("served_until", Integer)];

const CURSORS: &[Column] = &[("outlet", Text), ("epoch", Integer), ("signer", Text), ("position", Integer)];

const OUTLETS: &[Column] =
    &[("outlet", Text), ("epoch", Integer), ("doubted_before", Integer), ("sweeping", Integer)];

const JOBS: &[Column] = &[
    ("id", Text),
    ("outlet", Text),
    ("epoch", Integer),
    ("signer", Text),
    ("position", Integer),
    ("fiscal", Text),
    ("kind", Text),
    ("sealed", Integer),
    ("machine", Text),
    ("original_outlet", Text),
    ("original_epoch", Integer),
    ("original_number", Integer),
    ("state", Text),
    ("since", Integer),
    ("due", Integer),
    ("cause", Text),
    ("attempts", Integer),
    ("intent", Text),
    ("requested", Integer),
    ("expires", Integer),
    ("confirming_since", Integer),
    ("last_confirm", Integer),
    ("doubt", Text),
    ("doubt_cause", Text),
    ("difference", Text),
    ("elements", Text),
    ("code", Text),
    ("recorded", Integer),
    ("error", Text),
    ("version", Integer),
];

const TRANSITIONS: &[Column] = &[
    ("job", Text),
    ("ordinal", Integer),
    ("time", Integer),
    ("old", Text),
    ("new", Text),
    ("cause", Text),
    ("detail", Text),
];

const RATES: &[Column] = &[("machine", Text), ("subject", Text), ("time", Integer), ("body", Text)];
