-- Version 1. For SQLite and PostgreSQL alike. Times are milliseconds since 1970; `sealed` and `token_expires` are seconds,
-- as the ledger's and the token's own.

CREATE TABLE IF NOT EXISTS sync_meta (version BIGINT PRIMARY KEY);

-- One e-MCF each, by address and number. Who serves it now has the lease: `fence` rises with each that is taken, and each
-- write of a lane names it. `lease_beat` rises for as long as the holder lives, and `served` with each turn.
CREATE TABLE IF NOT EXISTS sync_machines (
  id TEXT PRIMARY KEY,
  merchant TEXT NOT NULL,
  url TEXT NOT NULL,
  nif TEXT NOT NULL,
  nim TEXT,
  isf TEXT NOT NULL,
  dialect TEXT NOT NULL,
  token TEXT NOT NULL,
  token_expires BIGINT,
  exclusive BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  state TEXT NOT NULL,
  state_note TEXT,
  state_since BIGINT,
  failures BIGINT NOT NULL,
  trips BIGINT NOT NULL,
  open_until BIGINT,
  baseline TEXT,
  era BIGINT NOT NULL,
  clock_offset BIGINT NOT NULL,
  is_test BIGINT NOT NULL,
  created BIGINT NOT NULL,
  version BIGINT NOT NULL,
  fence BIGINT NOT NULL DEFAULT 0,
  written_by TEXT NOT NULL DEFAULT '',
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_beat BIGINT NOT NULL DEFAULT 0,
  served BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS sync_machines_by_merchant ON sync_machines (merchant, id);
CREATE INDEX IF NOT EXISTS sync_machines_served ON sync_machines (served);
CREATE INDEX IF NOT EXISTS sync_machines_by_address ON sync_machines (url, nim);

CREATE TABLE IF NOT EXISTS sync_machine_outlets (outlet TEXT PRIMARY KEY, machine TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sync_machine_outlets_by_machine ON sync_machine_outlets (machine, outlet);

-- Which machines an outlet had before, and until when: what was sealed then may have been finalised there.
CREATE TABLE IF NOT EXISTS sync_served (
  outlet TEXT NOT NULL,
  machine TEXT NOT NULL,
  served_until BIGINT NOT NULL,
  PRIMARY KEY (outlet, machine)
);

-- Up to where a chain has become jobs.
CREATE TABLE IF NOT EXISTS sync_cursors (
  outlet TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  signer TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (outlet, epoch, signer)
);

-- `epoch` is the newest whose beginning was read: nothing of an outlet is sent while the ledger has a newer one. What was
-- sealed in epochs before `doubted_before` may have been confirmed in a time that a restored backup does not know of; while
-- it is `sweeping`, not all of that is doubted yet, and nothing is sent either.
CREATE TABLE IF NOT EXISTS sync_outlets (
  outlet TEXT PRIMARY KEY,
  epoch BIGINT NOT NULL,
  doubted_before BIGINT NOT NULL,
  sweeping BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS sync_outlets_sweeping ON sync_outlets (outlet) WHERE sweeping = 1;

-- Invoices on their way to the authority. `machine` is the one to which it was offered last: what is PENDING or in RETRY
-- goes to its outlet's, whichever that is then. `cause` is the last transition's; `intent`, `doubt`, `elements` and `error`
-- are JSON, and `doubt_cause` and `code` what of them is looked for. `written_by` names the write, for who asks whether his
-- own was kept.
CREATE TABLE IF NOT EXISTS sync_jobs (
  id TEXT PRIMARY KEY,
  outlet TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  signer TEXT NOT NULL,
  position BIGINT NOT NULL,
  fiscal TEXT NOT NULL,
  kind TEXT NOT NULL,
  sealed BIGINT NOT NULL,
  machine TEXT,
  original_outlet TEXT,
  original_epoch BIGINT,
  original_number BIGINT,
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  due BIGINT NOT NULL,
  cause TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  intent TEXT,
  requested BIGINT,
  expires BIGINT,
  confirming_since BIGINT,
  last_confirm BIGINT,
  doubt TEXT,
  doubt_cause TEXT,
  difference TEXT,
  elements TEXT,
  code TEXT,
  recorded BIGINT NOT NULL,
  error TEXT,
  version BIGINT NOT NULL,
  written_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS sync_jobs_by_place ON sync_jobs (outlet, epoch, signer, position);
CREATE INDEX IF NOT EXISTS sync_jobs_by_fiscal ON sync_jobs (fiscal);
CREATE INDEX IF NOT EXISTS sync_jobs_due ON sync_jobs (outlet, due, sealed, id) WHERE state IN ('PENDING', 'RETRY');
CREATE INDEX IF NOT EXISTS sync_jobs_open ON sync_jobs (machine, since, id)
  WHERE state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE');
CREATE INDEX IF NOT EXISTS sync_jobs_unrecorded ON sync_jobs (since, id, machine) WHERE state = 'SYNCED' AND recorded = 0;
CREATE INDEX IF NOT EXISTS sync_jobs_by_code ON sync_jobs (code) WHERE code IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_jobs_by_state ON sync_jobs (outlet, state, sealed, id);
-- For the desk: what all outlets have in a state that is not the end.
CREATE INDEX IF NOT EXISTS sync_jobs_unsettled ON sync_jobs (state, sealed, id)
  WHERE state <> 'SYNCED' AND state <> 'WITHDRAWN';
-- What is in the hands of persons, by outlet and by hand-out.
CREATE INDEX IF NOT EXISTS sync_jobs_handed_out ON sync_jobs (outlet, sealed) WHERE doubt_cause = 'handed_out';
CREATE INDEX IF NOT EXISTS sync_jobs_of_hand_out ON sync_jobs (since, sealed, id) WHERE doubt_cause = 'handed_out';
CREATE INDEX IF NOT EXISTS sync_jobs_waiting ON sync_jobs (original_outlet, original_epoch, original_number)
  WHERE cause IN ('waits_for_original', 'original_stuck');

CREATE TABLE IF NOT EXISTS sync_transitions (
  job TEXT NOT NULL,
  ordinal BIGINT NOT NULL,
  time BIGINT NOT NULL,
  old TEXT,
  new TEXT NOT NULL,
  cause TEXT NOT NULL,
  detail TEXT,
  PRIMARY KEY (job, ordinal)
);

-- What the authority said of its tax groups and currencies, whenever it said something else than before.
CREATE TABLE IF NOT EXISTS sync_rates (
  machine TEXT NOT NULL,
  subject TEXT NOT NULL,
  time BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (machine, subject, time)
);

-- One row for each thing that is wrong, for as long as it is. `about` is a machine, an outlet, a job or a chain.
CREATE TABLE IF NOT EXISTS sync_alerts (
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  merchant TEXT,
  outlet TEXT,
  since BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  ended BIGINT,
  detail TEXT NOT NULL,
  PRIMARY KEY (kind, about)
);
CREATE INDEX IF NOT EXISTS sync_alerts_since ON sync_alerts (since, kind, about);
CREATE INDEX IF NOT EXISTS sync_alerts_lasting ON sync_alerts (since, kind, about) WHERE ended IS NULL;
