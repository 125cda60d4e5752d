-- Version 2. Times are seconds since 1970, hashes small hexadecimal digits. One text for SQLite and PostgreSQL.

-- One row.
CREATE TABLE IF NOT EXISTS registry_meta (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS merchants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  nif TEXT NOT NULL UNIQUE,
  created BIGINT NOT NULL,
  stopped BIGINT
);

-- What the ledger does not know of an outlet.
CREATE TABLE IF NOT EXISTS places (
  outlet TEXT PRIMARY KEY REFERENCES outlets (id),
  merchant TEXT NOT NULL REFERENCES merchants (id),
  name TEXT NOT NULL,
  address TEXT,
  created BIGINT NOT NULL,
  stopped BIGINT
);
CREATE INDEX IF NOT EXISTS places_by_merchant ON places (merchant, outlet);

CREATE TABLE IF NOT EXISTS api_keys (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  merchant TEXT REFERENCES merchants (id),
  outlet TEXT REFERENCES places (outlet),
  role TEXT NOT NULL,
  scopes TEXT,
  per_second BIGINT,
  burst BIGINT,
  created BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  expires BIGINT,
  revoked BIGINT
);
CREATE INDEX IF NOT EXISTS api_keys_by_merchant ON api_keys (merchant, id);

CREATE TABLE IF NOT EXISTS tax_manifests (
  version BIGINT PRIMARY KEY,
  document TEXT NOT NULL,
  imported BIGINT NOT NULL,
  imported_by TEXT NOT NULL
);

-- Who may sign in. Without a merchant: the platform's. `password` is a PHC string, `totp` sealed under the key of the
-- deployment; without a step it is not confirmed.
CREATE TABLE IF NOT EXISTS people (
  id TEXT PRIMARY KEY,
  merchant TEXT REFERENCES merchants (id),
  outlet TEXT REFERENCES places (outlet),
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created BIGINT NOT NULL,
  stopped BIGINT,
  password TEXT,
  totp TEXT,
  totp_step BIGINT
);
CREATE UNIQUE INDEX IF NOT EXISTS people_by_email ON people (COALESCE(merchant, ''), email);
CREATE INDEX IF NOT EXISTS people_by_merchant ON people (merchant, id);

CREATE TABLE IF NOT EXISTS invitations (
  person TEXT PRIMARY KEY REFERENCES people (id),
  hash TEXT NOT NULL UNIQUE,
  expires BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS invitations_by_expiry ON invitations (expires);

CREATE TABLE IF NOT EXISTS sessions (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL REFERENCES people (id),
  opened BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_person ON sessions (person);
CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires);

-- Failures to sign in, by the hash of whom somebody said to be: also of people whom nobody knows.
CREATE TABLE IF NOT EXISTS sign_in_tries (
  name TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS sign_in_tries_by_last ON sign_in_tries (last);

-- Fiscal devices. One is of one outlet for its life; an outlet has at most one that is active. Of an activation code only
-- the hash is kept.
CREATE TABLE IF NOT EXISTS devices (
  serial TEXT PRIMARY KEY,
  outlet TEXT NOT NULL REFERENCES places (outlet),
  merchant TEXT NOT NULL REFERENCES merchants (id),
  state TEXT NOT NULL,
  registered BIGINT NOT NULL,
  registered_by TEXT NOT NULL,
  code TEXT,
  code_expires BIGINT,
  code_redeemed BIGINT,
  public_key TEXT UNIQUE,
  firmware_version TEXT,
  activated BIGINT,
  activation_epoch BIGINT,
  activation_record TEXT,
  tested BIGINT,
  homologated BIGINT,
  homologation TEXT,
  ended BIGINT,
  end_reason TEXT,
  end_epoch BIGINT,
  end_number BIGINT
);
CREATE INDEX IF NOT EXISTS devices_by_merchant ON devices (merchant, serial);
CREATE INDEX IF NOT EXISTS devices_by_outlet ON devices (outlet, serial);
CREATE UNIQUE INDEX IF NOT EXISTS devices_by_active ON devices (outlet) WHERE state = 'active';

-- All certificates that a device was given. `der` is in base64url.
CREATE TABLE IF NOT EXISTS device_certificates (
  serial TEXT PRIMARY KEY,
  device TEXT NOT NULL REFERENCES devices (serial),
  der TEXT NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  issued BIGINT NOT NULL,
  revoked BIGINT,
  reason TEXT
);
CREATE INDEX IF NOT EXISTS device_certificates_by_device ON device_certificates (device, not_after);
CREATE INDEX IF NOT EXISTS device_certificates_by_revocation ON device_certificates (revoked) WHERE revoked IS NOT NULL;

-- What a device and its proxy said of themselves last. `report` is JSON.
CREATE TABLE IF NOT EXISTS device_health (
  device TEXT PRIMARY KEY REFERENCES devices (serial),
  seen BIGINT NOT NULL,
  firmware_version TEXT,
  epoch BIGINT,
  last_number BIGINT,
  last_position BIGINT,
  clock_drift BIGINT,
  report TEXT NOT NULL
);

-- Who is wanted to seal at an outlet; the cloud where there is no row. Who does, the ledger says.
CREATE TABLE IF NOT EXISTS outlet_modes (
  outlet TEXT PRIMARY KEY REFERENCES places (outlet),
  mode TEXT NOT NULL,
  device TEXT REFERENCES devices (serial),
  asked BIGINT NOT NULL,
  asked_by TEXT NOT NULL,
  reached BIGINT
);
CREATE INDEX IF NOT EXISTS outlet_modes_by_open ON outlet_modes (outlet) WHERE reached IS NULL;
