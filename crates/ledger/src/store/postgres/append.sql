-- Appends to several outlets, in one statement that is its own transaction: no process can hold the locks on heads by
-- pausing in the middle. The arrays p_ are parts, r_ their records, k_ their keys,
-- a_ acts, u_ what cannot be placed. Answers for each part: 0 durable, 1 overtaken, 2 a sale or a key is there already.
--
-- Whoever appends to an outlet holds the lock on its head, so that what the second question finds stays so.
CREATE FUNCTION append(
  p_outlet text[], p_generation bigint[], p_epoch bigint[], p_signer text[], p_position bigint[], p_number bigint[],
  p_hash bytea[], p_time bigint[], p_key bytea[], p_totals bytea[], p_done boolean[],
  p_holder text[],
  r_outlet text[], r_epoch bigint[], r_signer text[], r_position bigint[], r_number bigint[], r_kind bigint[],
  r_time bigint[], r_stamped bigint[], r_hash bytea[], r_reference_epoch bigint[], r_reference_number bigint[],
  r_record bytea[], r_body text[], r_own_sale boolean[],
  k_outlet text[], k_key text[], k_epoch bigint[], k_signer text[], k_position bigint[], k_time bigint[],
  a_time bigint[], a_actor text[], a_action text[], a_tenant text[], a_outlet text[], a_subject text[], a_request text[],
  u_outlet text[], u_signer text[], u_epoch bigint[], u_position bigint[], u_digest bytea[], u_record bytea[], u_body bytea[],
  u_reason text[], u_time bigint[]
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
      key = p.key, totals = p.totals, turn_until = CASE WHEN p.done THEN 0 ELSE h.turn_until END,
      holder = p.holder
  FROM unnest(p_outlet, p_epoch, p_signer, p_position, p_number, p_hash, p_time, p_key, p_totals, p_done, p_holder)
    AS p (outlet, epoch, signer, position, number, hash, time, key, totals, done, holder)
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

  IF cardinality(u_outlet) > 0 THEN
    INSERT INTO unfit (outlet, signer, epoch, position, digest, record, body, reason, time)
    SELECT u.outlet, u.signer, u.epoch, u.position, u.digest, u.record, u.body, u.reason, u.time
    FROM unnest(u_outlet, u_signer, u_epoch, u_position, u_digest, u_record, u_body, u_reason, u_time)
      AS u (outlet, signer, epoch, position, digest, record, body, reason, time)
    WHERE u.outlet = ANY (stored)
    ON CONFLICT DO NOTHING;
  END IF;

  RETURN ARRAY(
    SELECT CASE WHEN p.outlet <> ALL (mine) THEN 1 WHEN p.outlet = ANY (known) THEN 2 ELSE 0 END
    FROM unnest(p_outlet) WITH ORDINALITY AS p (outlet, nth) ORDER BY p.nth
  );
END $$;
