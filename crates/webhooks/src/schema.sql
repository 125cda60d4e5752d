-- Version 1. For SQLite and PostgreSQL alike. `created`, `stopped`, `old_until` and an attempt's `time` are seconds since
-- 1970; `due`, `lease_until`, `served` and `took` are milliseconds.

CREATE TABLE IF NOT EXISTS webhook_meta (version BIGINT PRIMARY KEY);

-- `written` is how many deliveries there have been. Who serves it now has the lease.
CREATE TABLE IF NOT EXISTS webhooks (
  id TEXT PRIMARY KEY,
  merchant TEXT NOT NULL,
  outlet TEXT,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  created BIGINT NOT NULL,
  stopped BIGINT,
  secret TEXT NOT NULL,
  old_secret TEXT,
  old_until BIGINT,
  written BIGINT NOT NULL,
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  served BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS webhooks_by_merchant ON webhooks (merchant, id);
CREATE INDEX IF NOT EXISTS webhooks_live ON webhooks (id) WHERE stopped IS NULL;
CREATE INDEX IF NOT EXISTS webhooks_stopped ON webhooks (stopped) WHERE stopped IS NOT NULL;

-- Up to where a chain has become deliveries; 0 is before its first record.
CREATE TABLE IF NOT EXISTS webhook_cursors (
  webhook TEXT NOT NULL,
  outlet TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  signer TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (webhook, outlet, epoch, signer)
);

-- `ordinal` counts those of a webhook; `failures` are those in a row since it was written or asked for again.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id TEXT PRIMARY KEY,
  webhook TEXT NOT NULL,
  ordinal BIGINT NOT NULL,
  event TEXT NOT NULL,
  outlet TEXT,
  epoch BIGINT,
  signer TEXT,
  position BIGINT,
  created BIGINT NOT NULL,
  state TEXT NOT NULL,
  due BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  failures BIGINT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS webhook_deliveries_in_order ON webhook_deliveries (webhook, ordinal);
CREATE INDEX IF NOT EXISTS webhook_deliveries_by_state ON webhook_deliveries (webhook, state, ordinal);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (webhook, due, ordinal) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS webhook_pings ON webhook_deliveries (webhook, created) WHERE event = 'webhook.ping';
CREATE INDEX IF NOT EXISTS webhook_deliveries_by_age ON webhook_deliveries (created) WHERE state <> 'waiting';

CREATE TABLE IF NOT EXISTS webhook_attempts (
  delivery TEXT NOT NULL,
  number BIGINT NOT NULL,
  time BIGINT NOT NULL,
  took BIGINT NOT NULL,
  status BIGINT,
  fault TEXT,
  PRIMARY KEY (delivery, number)
);
