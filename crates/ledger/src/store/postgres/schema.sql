-- Version 1, to which acts.sql and append.sql add. Times are seconds since 1970, hashes and keys bytes, texts ASCII except bodies.
-- There are no foreign keys to records: what would name a missing one is written in the record's own statement.
-- Every key begins with the outlet, by which the tables can be spread.

CREATE TABLE meta (version bigint NOT NULL);

CREATE TABLE outlets (
  id text COLLATE "C" PRIMARY KEY,
  nif text NOT NULL,
  prefix text COLLATE "C" NOT NULL,
  zone_minutes bigint NOT NULL,
  CONSTRAINT outlets_prefix UNIQUE (prefix)
);

-- Rewritten by each append: half of each page is left for that, and what is dead is cleared early.
CREATE TABLE heads (
  outlet text COLLATE "C" PRIMARY KEY REFERENCES outlets (id),
  epoch bigint NOT NULL,
  signer text COLLATE "C" NOT NULL,
  position bigint,
  number bigint,
  hash bytea NOT NULL,
  time bigint NOT NULL,
  key bytea,
  totals bytea NOT NULL,
  generation bigint NOT NULL,
  -- Who has the turn and until when, in milliseconds since 1970 by this server's clock.
  turn_process bigint NOT NULL DEFAULT 0,
  turn_until bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- `seq` is the order in which the records of an outlet were stored: it is given under the lock on the head.
CREATE TABLE records (
  seq bigint GENERATED ALWAYS AS IDENTITY,
  outlet text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  signer text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  number bigint,
  kind bigint NOT NULL,
  time bigint NOT NULL,
  stamped bigint NOT NULL,
  hash bytea NOT NULL,
  reference_epoch bigint,
  reference_number bigint,
  record bytea NOT NULL,
  body text,
  CONSTRAINT records_by_place PRIMARY KEY (outlet, epoch, signer, position)
);
CREATE INDEX records_by_number ON records (outlet, epoch, number) WHERE number IS NOT NULL;
CREATE INDEX records_by_time ON records (outlet, time, epoch, signer, position) WHERE number IS NOT NULL;
CREATE INDEX records_by_original ON records (outlet, reference_epoch, reference_number)
  WHERE reference_number IS NOT NULL;
CREATE INDEX closures ON records (outlet, epoch, signer, position) WHERE kind = 16;

CREATE TABLE sales (
  outlet text COLLATE "C" NOT NULL,
  stamped bigint NOT NULL,
  hash bytea NOT NULL,
  epoch bigint NOT NULL,
  signer text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (outlet, stamped, hash)
);

CREATE TABLE idempotency (
  outlet text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  signer text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  time bigint NOT NULL,
  PRIMARY KEY (outlet, key)
);
-- Rows are in the table nearly in the order of their times, which is all that forgetting needs.
CREATE INDEX idempotency_by_time ON idempotency USING brin (time) WITH (autosummarize = on, pages_per_range = 16);

CREATE TABLE sealing_keys (
  id bytea PRIMARY KEY,
  point bytea NOT NULL,
  signer text NOT NULL,
  since bigint NOT NULL,
  until bigint
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER records_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON records FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('a sealed record is never changed or deleted: write a correction as a new record');
CREATE TRIGGER sales_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON sales FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('the first seal of a sale stays the first: write a correction as a new record');
CREATE TRIGGER idempotency_stays BEFORE UPDATE OR TRUNCATE ON idempotency FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('an idempotency key is never changed: it is forgotten after its days');
CREATE TRIGGER outlets_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON outlets FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('an outlet is never changed or deleted: close it by a record and make another');
CREATE TRIGGER heads_stay BEFORE DELETE OR TRUNCATE ON heads FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('the head of an outlet is never deleted: close the outlet by a record');
CREATE TRIGGER heads_go_on BEFORE UPDATE ON heads FOR EACH ROW
  WHEN (NEW.generation < OLD.generation OR NEW.epoch < OLD.epoch OR NEW.outlet <> OLD.outlet)
  EXECUTE FUNCTION refuse('a head never goes back: restore a backup with `stelala ledger restore`');
CREATE TRIGGER sealing_keys_stay BEFORE DELETE OR TRUNCATE ON sealing_keys FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('a published key is never deleted: what it sealed is verified with it');
CREATE TRIGGER sealing_keys_end_once BEFORE UPDATE ON sealing_keys FOR EACH ROW
  WHEN (OLD.until IS NOT NULL OR NEW.until IS NULL
    OR (NEW.id, NEW.point, NEW.signer, NEW.since) <> (OLD.id, OLD.point, OLD.signer, OLD.since))
  EXECUTE FUNCTION refuse('of a published key only its end is noted, and that once: publish another');
