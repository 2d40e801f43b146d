-- Overdue messages are looked at in the days that they are of, however many days are kept.

-- As 0019 says. The days stand in the statement: else it is planned for, and locks, every day that there is.
CREATE OR REPLACE FUNCTION ops.take_overdue(p_node integer, p_limit integer)
RETURNS TABLE (message_id bigint, client_id bigint, registered_delivery smallint, source_addr text, destination_addr text,
               source_addr_ton smallint, source_addr_npi smallint, dest_addr_ton smallint, dest_addr_npi smallint,
               accepted_at timestamptz, moves_money boolean, held boolean, waits_since timestamptz) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  noted bigint[];
  days  date[];  -- of them
BEGIN
  SELECT array_agg(n.message_id), array_agg(DISTINCT n.accept_day) INTO noted, days
    FROM (SELECT o.message_id, o.accept_day FROM ops.overdue o
          WHERE o.node_id = p_node AND o.look_at <= now() ORDER BY o.look_at, o.message_id LIMIT p_limit) n;
  IF noted IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format($query$
      WITH noted AS MATERIALIZED (
        SELECT o.message_id, o.accept_day FROM ops.overdue o WHERE o.message_id = ANY ($1)
      ), due AS MATERIALIZED (
        SELECT n.message_id, n.accept_day, q.next_at, w.since, w.since + c.dlr_timeout_s * interval '1 second' AS due_at,
               m.message_id IS NULL OR c.client_id IS NULL
                 OR EXISTS (SELECT FROM traffic.outcome t WHERE t.accept_day = n.accept_day
                              AND t.accept_day = ANY (%1$L::date[]) AND t.message_id = n.message_id)
                 OR NOT ((m.registered_delivery & 3) <> 0 OR (m.basis <> 'submit' AND m.amount > 0)
                         OR q.message_id IS NOT NULL)
                 AS ended
        FROM noted n
        LEFT JOIN traffic.message m ON m.accept_day = n.accept_day AND m.accept_day = ANY (%1$L::date[])
                                   AND m.message_id = n.message_id
        LEFT JOIN crm.client c ON c.client_id = m.client_id
        LEFT JOIN traffic.queue q ON q.message_id = n.message_id
        LEFT JOIN LATERAL (
          SELECT coalesce(max(a.ended_at) FILTER (WHERE a.result = 'accepted'),
                          max(a.ended_at) FILTER (WHERE a.result IN ('timeout', 'link_lost', 'unknown')), m.accepted_at)
                   AS since
          FROM traffic.attempt a WHERE a.accept_day = n.accept_day AND a.accept_day = ANY (%1$L::date[])
            AND a.message_id = n.message_id) w ON true
      ), gone AS (
        DELETE FROM ops.overdue o USING due d WHERE o.message_id = d.message_id AND d.ended
      ), later AS (
        UPDATE ops.overdue o
          SET look_at = greatest(d.due_at, now() + CASE WHEN d.next_at < 'infinity' THEN interval '10 minutes'
                                                        ELSE interval '1 minute' END)
          FROM due d WHERE o.message_id = d.message_id AND NOT d.ended
      )
      SELECT m.message_id, m.client_id, m.registered_delivery, m.source_addr, m.destination_addr, m.source_addr_ton,
             m.source_addr_npi, m.dest_addr_ton, m.dest_addr_npi, m.accepted_at,
             m.basis <> 'submit' OR crm.may_refund(c), coalesce(d.next_at = 'infinity', false), d.since
      FROM due d
      JOIN traffic.message m ON m.accept_day = d.accept_day AND m.accept_day = ANY (%1$L::date[])
                            AND m.message_id = d.message_id
      JOIN crm.client c ON c.client_id = m.client_id
      WHERE NOT d.ended AND d.due_at < now() AND (d.next_at IS NULL OR d.next_at = 'infinity')
  $query$, days)
  USING noted;
END $$;
