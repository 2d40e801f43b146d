-- Messages that are held (their outcome at a supplier is unknown: next_at infinity) end when their receipt's time is over,
-- whether or not anybody asked for a receipt or money is held: nothing else would ever end them.

-- A message may come to be held at any time, long after the cursors of ops.scan_overdue have passed it: so these are found
-- where they wait. By client, for each has its own dlr_timeout, and an id tells its time.
CREATE INDEX ON traffic.queue (node_id, client_id, message_id) WHERE next_at = 'infinity';

-- Notes in ops.overdue held messages whose time is over: of each client at most a quarter of p_limit, its oldest, those noted
-- before counted; of all together at most p_limit new ones. How many were new.
--
-- Noted ones leave the front as they end, so the next call sees further. A client whose messages do not end (this node's
-- configuration does not have it) holds up itself alone.
CREATE FUNCTION ops.note_held(p_node integer, p_limit integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  noted bigint;
BEGIN
  WITH RECURSIVE holder AS (  -- from client to client by the index
    (SELECT q.client_id FROM traffic.queue q WHERE q.node_id = p_node AND q.next_at = 'infinity'
     ORDER BY q.client_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.client_id FROM traffic.queue q
            WHERE q.node_id = p_node AND q.next_at = 'infinity' AND q.client_id > h.client_id
            ORDER BY q.client_id LIMIT 1)
    FROM holder h WHERE h.client_id IS NOT NULL
  ), held AS MATERIALIZED (
    SELECT f.message_id, b.cutoff
    FROM holder h JOIN crm.client c ON c.client_id = h.client_id,
         LATERAL (SELECT now() - c.dlr_timeout_s * interval '1 second' AS cutoff) b,
         LATERAL (SELECT q.message_id FROM traffic.queue q
                  WHERE q.node_id = p_node AND q.next_at = 'infinity' AND q.client_id = h.client_id
                    AND q.message_id < (extract(epoch FROM b.cutoff - timestamptz '2025-01-01 00:00+00') * 1000)::bigint << 22
                  ORDER BY q.message_id LIMIT greatest(p_limit / 4, 1)) f
  )
  INSERT INTO ops.overdue (message_id, accept_day, node_id, look_at)
    SELECT h.message_id, traffic.accept_day(h.message_id), p_node, now()
    FROM held h
    JOIN traffic.message m ON m.accept_day = traffic.accept_day(h.message_id) AND m.message_id = h.message_id
    WHERE m.accepted_at < h.cutoff
      AND NOT EXISTS (SELECT FROM ops.overdue o WHERE o.message_id = h.message_id)
      AND NOT EXISTS (SELECT FROM traffic.outcome t
                      WHERE t.accept_day = traffic.accept_day(h.message_id) AND t.message_id = h.message_id)
    ORDER BY h.message_id LIMIT p_limit
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS noted = ROW_COUNT;
  RETURN noted;
END $$;

-- As 0015 says, and:
--  * a message waits for its receipt from the moment when a supplier took it, not from when we accepted it: it may have been
--    scheduled, or tried for long. When none took it for sure, from when one may have;
--  * one that is noted only because it was held is forgotten when it left the queue: its end needs no word from anybody.
DROP FUNCTION ops.take_overdue(integer, integer);
CREATE FUNCTION ops.take_overdue(p_node integer, p_limit integer)
RETURNS TABLE (message_id bigint, client_id bigint, registered_delivery smallint, source_addr text, destination_addr text,
               source_addr_ton smallint, source_addr_npi smallint, dest_addr_ton smallint, dest_addr_npi smallint,
               accepted_at timestamptz, moves_money boolean, held boolean, waits_since timestamptz) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH noted AS MATERIALIZED (
    SELECT o.message_id, o.accept_day FROM ops.overdue o
    WHERE o.node_id = p_node AND o.look_at <= now() ORDER BY o.look_at, o.message_id LIMIT p_limit
  ), due AS MATERIALIZED (
    SELECT n.message_id, n.accept_day, q.next_at, w.since, w.since + c.dlr_timeout_s * interval '1 second' AS due_at,
           m.message_id IS NULL OR c.client_id IS NULL
             OR EXISTS (SELECT FROM traffic.outcome t WHERE t.accept_day = n.accept_day AND t.message_id = n.message_id)
             OR NOT ((m.registered_delivery & 3) <> 0 OR (m.basis <> 'submit' AND m.amount > 0) OR q.message_id IS NOT NULL)
             AS ended
    FROM noted n
    LEFT JOIN traffic.message m ON m.accept_day = n.accept_day AND m.message_id = n.message_id
    LEFT JOIN crm.client c ON c.client_id = m.client_id
    LEFT JOIN traffic.queue q ON q.message_id = n.message_id
    LEFT JOIN LATERAL (
      SELECT coalesce(max(a.ended_at) FILTER (WHERE a.result = 'accepted'),
                      max(a.ended_at) FILTER (WHERE a.result IN ('timeout', 'link_lost', 'unknown')), m.accepted_at) AS since
      FROM traffic.attempt a WHERE a.accept_day = n.accept_day AND a.message_id = n.message_id) w ON true
  ), gone AS (
    DELETE FROM ops.overdue o USING due d WHERE o.message_id = d.message_id AND d.ended
  ), later AS (
    UPDATE ops.overdue o
      SET look_at = greatest(d.due_at, now() + CASE WHEN d.next_at < 'infinity' THEN interval '10 minutes'
                                                    ELSE interval '1 minute' END)
      FROM due d WHERE o.message_id = d.message_id AND NOT d.ended
  )
  SELECT m.message_id, m.client_id, m.registered_delivery, m.source_addr, m.destination_addr, m.source_addr_ton,
         m.source_addr_npi, m.dest_addr_ton, m.dest_addr_npi, m.accepted_at, m.basis <> 'submit' OR crm.may_refund(c),
         coalesce(d.next_at = 'infinity', false), d.since
  FROM due d
  JOIN traffic.message m ON m.accept_day = d.accept_day AND m.message_id = d.message_id
  JOIN crm.client c ON c.client_id = m.client_id
  WHERE NOT d.ended AND d.due_at < now() AND (d.next_at IS NULL OR d.next_at = 'infinity');
END $$;

REVOKE ALL ON FUNCTION ops.note_held(integer, integer) FROM PUBLIC;
