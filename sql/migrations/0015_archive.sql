-- What the archive asks for: receipts that nobody fetched, messages whose receipt did not come.

-- Some outcome may move money of this client that was charged on submit.
CREATE FUNCTION crm.may_refund(client crm.client) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT client.refund_on_hub_fault OR client.refund_on_upstream_reject OR client.refund_on_undelivered
         OR client.ack_unknown = 'release'
$$;

CREATE INDEX ON traffic.receipt (node_id, expires_at);

-- Moves receipts whose time is over to traffic.receipt_event; how many. Two minutes of grace: one that was sent in time
-- may still be answered.
CREATE FUNCTION ops.expire_receipts(p_node integer, p_limit integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  WITH late AS (
    SELECT r.receipt_id FROM traffic.receipt r
    WHERE r.node_id = p_node AND r.expires_at < now() - interval '2 minutes'
    ORDER BY r.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM traffic.receipt r USING late WHERE r.receipt_id = late.receipt_id
    RETURNING r.message_id, r.receipt_id, r.tries
  )
  INSERT INTO traffic.receipt_event (at, message_id, receipt_id, what, tries, possible_duplicate, command_status)
  SELECT now(), message_id, receipt_id, 'expired', tries, tries > 0, 0 FROM gone;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- Messages that want a final receipt, or hold money until one comes, of a node and by time: read from this index alone.
CREATE INDEX ON traffic.message (((message_id >> 16) & 63), accepted_at) INCLUDE (message_id, client_id)
  WHERE (registered_delivery & 3) <> 0 OR (basis <> 'submit' AND amount > 0);

-- How far a node has looked for overdue messages, by accepted_at: one row for each dlr_timeout that clients have. It looks at
-- messages as old as that, of clients whose dlr_timeout is that or less. Below settled_upto it never looks again: everything
-- there was settled, and what had no outcome then stands in ops.overdue. From there to looked_upto it has looked in this
-- round, but more may be settled later.
CREATE TABLE ops.overdue_cursor (
  node_id       integer NOT NULL,
  dlr_timeout_s integer NOT NULL,
  settled_upto  timestamptz NOT NULL,
  looked_upto   timestamptz NOT NULL,
  next_look     timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (node_id, dlr_timeout_s),
  CHECK (looked_upto >= settled_upto)
) WITH (fillfactor = 50);

-- Past their time and without an outcome when we looked. A row goes when its outcome is there, and not before.
CREATE TABLE ops.overdue (
  message_id bigint PRIMARY KEY,
  accept_day date NOT NULL,
  node_id    integer NOT NULL,
  look_at    timestamptz NOT NULL  -- told again from then on
);
CREATE INDEX ON ops.overdue (node_id, look_at, message_id);

-- A cursor for each dlr_timeout. The one with the longest takes messages of every client, so nothing that it has passed was
-- forgotten, whatever a client's dlr_timeout was before: a new cursor begins there, or at the next longer one; and the longest
-- stays when no client has it any more.
CREATE FUNCTION ops.ensure_overdue_cursors(p_node integer) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ops.overdue_cursor (node_id, dlr_timeout_s, settled_upto, looked_upto)
    SELECT p_node, d.dlr_timeout_s, b.upto, b.upto
    FROM (SELECT DISTINCT c.dlr_timeout_s FROM crm.client c) d, LATERAL (
      SELECT coalesce((SELECT o.settled_upto FROM ops.overdue_cursor o WHERE o.node_id = p_node
                       ORDER BY o.dlr_timeout_s < d.dlr_timeout_s, abs(o.dlr_timeout_s - d.dlr_timeout_s) LIMIT 1),
                      '-infinity') AS upto) b
    WHERE NOT EXISTS (SELECT FROM ops.overdue_cursor o WHERE o.node_id = p_node AND o.dlr_timeout_s = d.dlr_timeout_s)
    ON CONFLICT DO NOTHING;
  DELETE FROM ops.overdue_cursor o
    WHERE o.node_id = p_node AND NOT EXISTS (SELECT FROM crm.client c WHERE c.dlr_timeout_s = o.dlr_timeout_s)
      AND o.dlr_timeout_s < (SELECT max(l.dlr_timeout_s) FROM ops.overdue_cursor l WHERE l.node_id = p_node);
END $$;

-- Looks on from where it was, over at most about p_scan messages, and notes in ops.overdue what has no outcome. true: there is
-- more to look at. Then again after a hundredth of the timeout, at most 10 s.
--
-- Settlement may lag by hours, so nothing is "looked at for good" that is younger than what the node has settled. Records
-- are settled in the order of the journal, and a message is journalled within a minute of its accepted_at (a turn of a
-- loop): all that were accepted a minute before the newest settled id was made are here.
CREATE FUNCTION ops.scan_overdue(p_node integer, p_scan integer) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  k        record;
  settled  timestamptz;  -- of this node, all that was accepted before
  room     integer := p_scan;
  looked   integer;
  newest   timestamptz;
  reached  timestamptz;
  for_good timestamptz;
BEGIN
  SELECT timestamptz '2025-01-01 00:00+00' + (b.last_message_id >> 22) * interval '1 millisecond' - interval '1 minute'
    INTO settled FROM money.settle_batch b
    WHERE b.node_id = p_node ORDER BY b.epoch DESC, b.batch_seq DESC LIMIT 1;
  IF settled IS NULL THEN
    RETURN false;
  END IF;
  PERFORM ops.ensure_overdue_cursors(p_node);

  FOR k IN
    SELECT o.dlr_timeout_s, o.settled_upto, o.looked_upto, now() - o.dlr_timeout_s * interval '1 second' AS cutoff,
           now() + least(o.dlr_timeout_s * interval '10 milliseconds', interval '10 seconds') AS next_look
    FROM ops.overdue_cursor o
    WHERE o.node_id = p_node AND o.next_look <= now() ORDER BY o.next_look, o.dlr_timeout_s FOR UPDATE SKIP LOCKED
  LOOP
    IF room <= 0 THEN
      RETURN true;
    END IF;
    WITH seen AS MATERIALIZED (
      SELECT m.message_id, m.accepted_at, m.client_id
      FROM traffic.message m
      WHERE ((m.message_id >> 16) & 63) = p_node AND m.accepted_at >= k.looked_upto AND m.accepted_at < k.cutoff
        AND ((m.registered_delivery & 3) <> 0 OR (m.basis <> 'submit' AND m.amount > 0))
      ORDER BY m.accepted_at FETCH FIRST (room) ROWS WITH TIES
    ), noted AS (
      INSERT INTO ops.overdue (message_id, accept_day, node_id, look_at)
      SELECT s.message_id, traffic.accept_day(s.message_id), p_node, now()
      FROM seen s JOIN crm.client c ON c.client_id = s.client_id
      WHERE c.dlr_timeout_s <= k.dlr_timeout_s
        AND NOT EXISTS (SELECT FROM traffic.outcome t
                        WHERE t.accept_day = traffic.accept_day(s.message_id) AND t.message_id = s.message_id)
      ON CONFLICT DO NOTHING
    )
    SELECT count(*), max(s.accepted_at) INTO looked, newest FROM seen s;

    -- The round ends at the cutoff; the next one begins where it is not for good yet.
    reached := CASE WHEN looked < room THEN greatest(k.cutoff, k.looked_upto) ELSE newest + interval '1 microsecond' END;
    for_good := k.settled_upto;
    IF k.looked_upto = k.settled_upto THEN
      for_good := greatest(for_good, least(reached, settled));
    END IF;
    UPDATE ops.overdue_cursor o
      SET settled_upto = for_good,
          looked_upto = CASE WHEN looked < room THEN for_good ELSE reached END,
          next_look = CASE WHEN looked < room THEN k.next_look ELSE now() END
      WHERE o.node_id = p_node AND o.dlr_timeout_s = k.dlr_timeout_s;
    room := room - looked;
  END LOOP;
  RETURN room <= 0;
END $$;

-- What stands in ops.overdue and is due, without those that still wait in the queue to be tried: they end there, or are told
-- later. Told again after a minute, until their outcome is settled.
CREATE FUNCTION ops.take_overdue(p_node integer, p_limit integer)
RETURNS TABLE (message_id bigint, client_id bigint, registered_delivery smallint, source_addr text, destination_addr text,
               source_addr_ton smallint, source_addr_npi smallint, dest_addr_ton smallint, dest_addr_npi smallint,
               accepted_at timestamptz, moves_money boolean) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS MATERIALIZED (
    SELECT o.message_id, o.accept_day,
           EXISTS (SELECT FROM traffic.outcome t WHERE t.accept_day = o.accept_day AND t.message_id = o.message_id)
             OR NOT EXISTS (SELECT FROM traffic.message m
                            WHERE m.accept_day = o.accept_day AND m.message_id = o.message_id) AS ended,
           EXISTS (SELECT FROM traffic.queue q WHERE q.message_id = o.message_id AND q.next_at < 'infinity') AS queued
    FROM ops.overdue o WHERE o.node_id = p_node AND o.look_at <= now()
    ORDER BY o.look_at, o.message_id LIMIT p_limit
  ), gone AS (
    DELETE FROM ops.overdue o USING due d WHERE o.message_id = d.message_id AND d.ended
  ), later AS (
    UPDATE ops.overdue o
      SET look_at = now() + CASE WHEN d.queued THEN interval '10 minutes' ELSE interval '1 minute' END
      FROM due d WHERE o.message_id = d.message_id AND NOT d.ended
  )
  SELECT m.message_id, m.client_id, m.registered_delivery, m.source_addr, m.destination_addr, m.source_addr_ton,
         m.source_addr_npi, m.dest_addr_ton, m.dest_addr_npi, m.accepted_at, m.basis <> 'submit' OR crm.may_refund(c)
  FROM due d
  JOIN traffic.message m ON m.accept_day = d.accept_day AND m.message_id = d.message_id
  JOIN crm.client c ON c.client_id = m.client_id
  WHERE NOT d.ended AND NOT d.queued;
END $$;

REVOKE ALL ON FUNCTION ops.expire_receipts(integer, integer), ops.scan_overdue(integer, integer),
  ops.take_overdue(integer, integer), ops.ensure_overdue_cursors(integer) FROM PUBLIC;
