use ledger::{
    Column,
    ColumnKind::{Integer, Text},
    Table, TableShape,
};

/// The tables of webhooks as a backup carries them, in an order in which they can be filled.
/// [`Webhooks::prepare`](crate::Webhooks::prepare) makes them before. What was sent when is not among them, only what
/// became of it.
pub const TABLES: &[Table] = &[
    Table::Other(&TableShape { name: "webhooks", columns: WEBHOOKS, key_columns: 1 }),
    Table::Other(&TableShape { name: "webhook_cursors", columns: CURSORS, key_columns: 4 }),
    Table::Other(&TableShape { name: "webhook_deliveries", columns: DELIVERIES, key_columns: 1 }),
];

/// Without who serves it.
const WEBHOOKS: &[Column] = &[
    ("id", Text),
    ("merchant", Text),
    ("outlet", Text),
    ("url", Text),
    ("events", Text),
    ("created", Integer),
    ("stopped", Integer),
    ("secret", Text),
    ("old_secret", Text),
    ("old_until", Integer),
    ("written", Integer),
];

const CURSORS: &[Column] =
    &[("webhook", Text), ("outlet", Text), ("epoch", Integer), ("signer", Text), ("position", Integer)];

const DELIVERIES: &[Column] = &[
    ("id", Text),
    ("webhook", Text),
    ("ordinal", Integer),
    ("event", Text),
    ("outlet", Text),
    ("epoch", Integer),
    ("signer", Text),
    ("position", Integer),
    ("created", Integer),
    ("state", Text),
    ("due", Integer),
    ("attempts", Integer),
    ("failures", Integer),
];
