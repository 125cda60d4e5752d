-- Version 1, to which acts.sql adds. Times are seconds since 1970, hashes and keys bytes, texts ASCII except bodies.
-- There are no foreign keys to records: what would name a missing one is written in the record's own transaction.

CREATE TABLE outlets (
  id TEXT PRIMARY KEY,
  nif TEXT NOT NULL,
  prefix TEXT NOT NULL UNIQUE,
  zone_minutes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE heads (
  outlet TEXT PRIMARY KEY REFERENCES outlets (id),
  epoch INTEGER NOT NULL,
  signer TEXT NOT NULL,
  position INTEGER,
  number INTEGER,
  hash BLOB NOT NULL,
  time INTEGER NOT NULL,
  key BLOB,
  totals BLOB NOT NULL,
  generation INTEGER NOT NULL,
  -- Who has the turn, from and until when, in milliseconds since 1970.
  turn_process INTEGER NOT NULL DEFAULT 0,
  turn_from INTEGER NOT NULL DEFAULT 0,
  turn_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `seq` is the order in which records were stored, and keeps rows of 1 KB out of the indexes.
CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  outlet TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  signer TEXT NOT NULL,
  position INTEGER NOT NULL,
  number INTEGER,
  kind INTEGER NOT NULL,
  time INTEGER NOT NULL,
  stamped INTEGER NOT NULL,
  hash BLOB NOT NULL,
  reference_epoch INTEGER,
  reference_number INTEGER,
  record BLOB NOT NULL,
  body TEXT
) STRICT;

-- Each grows at its end of an outlet; the last two hold few records.
CREATE UNIQUE INDEX records_by_place ON records (outlet, epoch, signer, position);
CREATE INDEX records_by_number ON records (outlet, epoch, number) WHERE number IS NOT NULL;
CREATE INDEX records_by_time ON records (outlet, time, epoch, signer, position) WHERE number IS NOT NULL;
CREATE INDEX records_by_original ON records (outlet, reference_epoch, reference_number)
  WHERE reference_number IS NOT NULL;
CREATE INDEX closures ON records (outlet, epoch, signer, position) WHERE kind = 16;

CREATE TABLE sales (
  outlet TEXT NOT NULL,
  stamped INTEGER NOT NULL,
  hash BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  signer TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (outlet, stamped, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  outlet TEXT NOT NULL,
  key TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  signer TEXT NOT NULL,
  position INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (outlet, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (time);

CREATE TABLE sealing_keys (
  id BLOB PRIMARY KEY,
  point BLOB NOT NULL,
  signer TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID;

-- REPLACE deletes without asking the triggers of DELETE, so inserts are looked at too.
CREATE TRIGGER records_stay_on_insert BEFORE INSERT ON records
  WHEN EXISTS (SELECT 1 FROM records WHERE seq = NEW.seq)
    OR EXISTS (SELECT 1 FROM records WHERE (outlet, epoch, signer, position)
                                         = (NEW.outlet, NEW.epoch, NEW.signer, NEW.position))
  BEGIN SELECT RAISE(ABORT, 'a record is in this place already: append the next one'); END;
CREATE TRIGGER records_stay_on_update BEFORE UPDATE ON records
  BEGIN SELECT RAISE(ABORT, 'a sealed record is never changed: write a correction as a new record'); END;
CREATE TRIGGER records_stay_on_delete BEFORE DELETE ON records
  BEGIN SELECT RAISE(ABORT, 'a sealed record is never deleted: write a correction as a new record'); END;

CREATE TRIGGER sales_stay_on_insert BEFORE INSERT ON sales
  WHEN EXISTS (SELECT 1 FROM sales WHERE (outlet, stamped, hash) = (NEW.outlet, NEW.stamped, NEW.hash))
  BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER sales_stay_on_update BEFORE UPDATE ON sales
  BEGIN SELECT RAISE(ABORT, 'the first seal of a sale stays the first: write a correction as a new record'); END;
CREATE TRIGGER sales_stay_on_delete BEFORE DELETE ON sales
  BEGIN SELECT RAISE(ABORT, 'the first seal of a sale stays the first: write a correction as a new record'); END;

CREATE TRIGGER idempotency_stays_on_update BEFORE UPDATE ON idempotency
  BEGIN SELECT RAISE(ABORT, 'an idempotency key is never changed: it is forgotten after its days'); END;

CREATE TRIGGER outlets_stay_on_update BEFORE UPDATE ON outlets
  BEGIN SELECT RAISE(ABORT, 'an outlet is never changed: make another'); END;
CREATE TRIGGER outlets_stay_on_delete BEFORE DELETE ON outlets
  BEGIN SELECT RAISE(ABORT, 'an outlet is never deleted: close it by a record'); END;
CREATE TRIGGER heads_stay_on_delete BEFORE DELETE ON heads
  BEGIN SELECT RAISE(ABORT, 'the head of an outlet is never deleted: close the outlet by a record'); END;
CREATE TRIGGER heads_go_on BEFORE UPDATE ON heads
  WHEN NEW.generation < OLD.generation OR NEW.epoch < OLD.epoch OR NEW.outlet <> OLD.outlet
  BEGIN SELECT RAISE(ABORT, 'a head never goes back: restore a backup with `stelala ledger restore`'); END;

CREATE TRIGGER sealing_keys_end_once BEFORE UPDATE ON sealing_keys
  WHEN OLD.until IS NOT NULL OR NEW.until IS NULL
    OR (NEW.id, NEW.point, NEW.signer, NEW.since) <> (OLD.id, OLD.point, OLD.signer, OLD.since)
  BEGIN SELECT RAISE(ABORT, 'of a published key only its end is noted, and that once: publish another'); END;
CREATE TRIGGER sealing_keys_stay_on_delete BEFORE DELETE ON sealing_keys
  BEGIN SELECT RAISE(ABORT, 'a published key is never deleted: what it sealed is verified with it'); END;

-- Of version 2. Who asked for what was changed: each row is written in the transaction of what it is about.

CREATE TABLE acts (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  tenant TEXT,
  outlet TEXT,
  subject TEXT NOT NULL,
  request TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_tenant ON acts (tenant, seq);
CREATE INDEX acts_by_outlet ON acts (tenant, outlet, seq);

CREATE TRIGGER acts_stay_on_insert BEFORE INSERT ON acts WHEN EXISTS (SELECT 1 FROM acts WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'an act is in this place already: what was done is never changed'); END;
CREATE TRIGGER acts_stay_on_update BEFORE UPDATE ON acts
  BEGIN SELECT RAISE(ABORT, 'what was done is never changed: write another act'); END;
CREATE TRIGGER acts_stay_on_delete BEFORE DELETE ON acts
  BEGIN SELECT RAISE(ABORT, 'what was done is never deleted: write another act'); END;
