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

-- Of version 2. Who asked for what was changed: each row is written in the transaction of what it is about.

CREATE TABLE acts (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time bigint NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  tenant text COLLATE "C",
  outlet text COLLATE "C",
  subject text NOT NULL,
  request text NOT NULL
);
CREATE INDEX acts_by_tenant ON acts (tenant, seq);
CREATE INDEX acts_by_outlet ON acts (tenant, outlet, seq);

CREATE TRIGGER acts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON acts FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('what was done is never changed or deleted: write another act');

-- Appends to several outlets, in one statement that is its own transaction: no process can hold the locks on heads by
-- pausing in the middle. The arrays p_ are parts, r_ their records, k_ their keys,
-- a_ acts. Answers for each part: 0 durable, 1 overtaken, 2 a sale or a key is there already.
--
-- Whoever appends to an outlet holds the lock on its head, so that what the second question finds stays so.
CREATE FUNCTION append(
  p_outlet text[], p_generation bigint[], p_epoch bigint[], p_signer text[], p_position bigint[], p_number bigint[],
  p_hash bytea[], p_time bigint[], p_key bytea[], p_totals bytea[], p_done boolean[],
  r_outlet text[], r_epoch bigint[], r_signer text[], r_position bigint[], r_number bigint[], r_kind bigint[],
  r_time bigint[], r_stamped bigint[], r_hash bytea[], r_reference_epoch bigint[], r_reference_number bigint[],
  r_record bytea[], r_body text[], r_own_sale boolean[],
  k_outlet text[], k_key text[], k_epoch bigint[], k_signer text[], k_position bigint[], k_time bigint[],
  a_time bigint[], a_actor text[], a_action text[], a_tenant text[], a_outlet text[], a_subject text[], a_request text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  mine text[];
  known text[];
  stored text[];
BEGIN
  -- Always in the same order, so that two processes never wait for each other in a circle.
  SELECT coalesce(array_agg(h.outlet), '{}') INTO mine
  FROM (SELECT outlet, generation FROM heads WHERE outlet = ANY (p_outlet) ORDER BY outlet FOR NO KEY UPDATE) h
  JOIN unnest(p_outlet, p_generation) AS p (outlet, generation)
    ON p.outlet = h.outlet AND p.generation = h.generation;

  -- The outlets come from what was given: were they those of the tables, a plan made while these are empty would look
  -- at all sales of an outlet for each one that is appended.
  SELECT coalesce(array_agg(DISTINCT found.outlet), '{}') INTO known
  FROM (
    SELECT r.outlet
    FROM unnest(r_outlet, r_stamped, r_hash, r_own_sale) AS r (outlet, stamped, hash, own_sale)
    JOIN sales s ON s.outlet = r.outlet AND s.stamped = r.stamped AND s.hash = r.hash
    WHERE r.own_sale
    UNION ALL
    SELECT k.outlet
    FROM unnest(k_outlet, k_key) AS k (outlet, key)
    JOIN idempotency i ON i.outlet = k.outlet AND i.key = k.key
  ) found
  WHERE found.outlet = ANY (mine);

  SELECT coalesce(array_agg(outlet), '{}') INTO stored FROM unnest(mine) AS m (outlet) WHERE outlet <> ALL (known);

  UPDATE heads h
  SET epoch = p.epoch, signer = p.signer, position = p.position, number = p.number, hash = p.hash, time = p.time,
      key = p.key, totals = p.totals, turn_until = CASE WHEN p.done THEN 0 ELSE h.turn_until END
  FROM unnest(p_outlet, p_epoch, p_signer, p_position, p_number, p_hash, p_time, p_key, p_totals, p_done)
    AS p (outlet, epoch, signer, position, number, hash, time, key, totals, done)
  WHERE h.outlet = p.outlet AND p.outlet = ANY (stored);

  INSERT INTO records (outlet, epoch, signer, position, number, kind, time, stamped, hash, reference_epoch,
                       reference_number, record, body)
  SELECT r.outlet, r.epoch, r.signer, r.position, r.number, r.kind, r.time, r.stamped, r.hash, r.reference_epoch,
         r.reference_number, r.record, r.body
  FROM unnest(r_outlet, r_epoch, r_signer, r_position, r_number, r_kind, r_time, r_stamped, r_hash,
              r_reference_epoch, r_reference_number, r_record, r_body) WITH ORDINALITY
    AS r (outlet, epoch, signer, position, number, kind, time, stamped, hash, reference_epoch, reference_number,
          record, body, nth)
  WHERE r.outlet = ANY (stored)
  ORDER BY r.nth;

  INSERT INTO sales (outlet, stamped, hash, epoch, signer, position)
  SELECT r.outlet, r.stamped, r.hash, r.epoch, r.signer, r.position
  FROM unnest(r_outlet, r_stamped, r_hash, r_epoch, r_signer, r_position, r_number) WITH ORDINALITY
    AS r (outlet, stamped, hash, epoch, signer, position, number, nth)
  WHERE r.number IS NOT NULL AND r.outlet = ANY (stored)
  ORDER BY r.nth
  ON CONFLICT DO NOTHING;

  INSERT INTO idempotency (outlet, key, epoch, signer, position, time)
  SELECT k.outlet, k.key, k.epoch, k.signer, k.position, k.time
  FROM unnest(k_outlet, k_key, k_epoch, k_signer, k_position, k_time) AS k (outlet, key, epoch, signer, position, time)
  WHERE k.outlet = ANY (stored);

  IF cardinality(a_outlet) > 0 THEN
    INSERT INTO acts (time, actor, action, tenant, outlet, subject, request)
    SELECT a.time, a.actor, a.action, a.tenant, a.outlet, a.subject, a.request
    FROM unnest(a_time, a_actor, a_action, a_tenant, a_outlet, a_subject, a_request) WITH ORDINALITY
      AS a (time, actor, action, tenant, outlet, subject, request, nth)
    WHERE a.outlet = ANY (stored)
    ORDER BY a.nth;
  END IF;

  RETURN ARRAY(
    SELECT CASE WHEN p.outlet <> ALL (mine) THEN 1 WHEN p.outlet = ANY (known) THEN 2 ELSE 0 END
    FROM unnest(p_outlet) WITH ORDINALITY AS p (outlet, nth) ORDER BY p.nth
  );
END $$;
INSERT INTO meta VALUES (2);
