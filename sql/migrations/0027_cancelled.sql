-- A message that its client took back (cancel_sm) before a supplier got it. NOT VALID: these tables are large, this locks all
-- out until it commits, and every row that is there met the old constraint, which allows less. New rows are checked.
ALTER TABLE traffic.outcome DROP CONSTRAINT outcome_cause_check, ADD CONSTRAINT outcome_cause_check
  CHECK (cause IN ('receipt', 'hub_fault', 'upstream_reject', 'no_receipt', 'unknown', 'cancelled')) NOT VALID;
ALTER TABLE traffic.outcome_late DROP CONSTRAINT outcome_cause_check, ADD CONSTRAINT outcome_cause_check
  CHECK (cause IN ('receipt', 'hub_fault', 'upstream_reject', 'no_receipt', 'unknown', 'cancelled')) NOT VALID;
ALTER TABLE traffic.refund DROP CONSTRAINT refund_reason_check, ADD CONSTRAINT refund_reason_check
  CHECK (reason IN ('hub_fault', 'upstream_reject', 'undelivered', 'unknown', 'no_receipt', 'cancelled')) NOT VALID;

-- As 0022 says, and: one that was cancelled was never sent, so its money goes as that of any other that was not: what is held
-- is released, what was charged is given back by refund_on_hub_fault.
CREATE OR REPLACE FUNCTION traffic.resolve(p_node integer, p_epoch bigint, p_batch bigint, p_messages bigint[],
                                           p_states integer[], p_causes text[])
RETURNS TABLE (account_id bigint, held numeric, charged numeric, refunded numeric) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days date[] := ARRAY(SELECT DISTINCT traffic.accept_day(q) FROM unnest(p_messages) AS q);
BEGIN
  RETURN QUERY EXECUTE format($query$
      WITH fact AS MATERIALIZED (
        SELECT q.n, q.cause, q.state IN (2, 6) AS arrived, m.accept_day, m.message_id, m.account_id, m.amount, m.basis,
               c.ack_unknown IS DISTINCT FROM 'release' AS unknown_charges, c.no_dlr = 'charge' AS no_dlr_charges,
               c.refund_on_hub_fault, c.refund_on_upstream_reject, c.refund_on_undelivered
        FROM unnest($1, $2, $3) WITH ORDINALITY AS q (message_id, state, cause, n)
        CROSS JOIN LATERAL (
          SELECT * FROM traffic.message m
          WHERE m.accept_day = traffic.accept_day(q.message_id) AND m.accept_day = ANY (%L::date[])
            AND m.message_id = q.message_id LIMIT 1) m
        LEFT JOIN crm.client c ON c.client_id = m.client_id
        WHERE m.amount > 0
      ), verdict AS (
        SELECT f.*, CASE
            WHEN f.basis = 'delivered' THEN CASE f.cause
              WHEN 'receipt' THEN f.arrived WHEN 'no_receipt' THEN f.no_dlr_charges
              WHEN 'unknown' THEN f.unknown_charges WHEN 'upstream_ack' THEN NULL ELSE false END
            WHEN f.basis = 'upstream_ack' THEN CASE
              WHEN f.cause IN ('upstream_ack', 'receipt') THEN true
              WHEN f.cause IN ('no_receipt', 'unknown') THEN f.unknown_charges ELSE false END
            END AS charges
        FROM fact f
      ), final AS (
        INSERT INTO traffic.charge_final AS t (accept_day, message_id, account_id, held, amount, reason, node_id, epoch,
                                               batch_seq)
        SELECT v.accept_day, v.message_id, v.account_id, v.amount, CASE WHEN v.charges THEN v.amount ELSE 0 END,
               CASE WHEN v.cause = 'no_receipt' THEN 'timeout' WHEN v.cause = 'unknown' THEN 'unknown'
                    WHEN NOT v.charges THEN 'failed' ELSE v.basis END,
               $4, $5, $6
        FROM verdict v WHERE v.charges IS NOT NULL ORDER BY v.message_id, v.n
        ON CONFLICT DO NOTHING
        RETURNING t.account_id, t.held, t.amount
      ), refund AS (
        INSERT INTO traffic.refund AS t (accept_day, message_id, account_id, amount, reason, node_id, epoch, batch_seq)
        SELECT f.accept_day, f.message_id, f.account_id, f.amount,
               CASE f.cause WHEN 'receipt' THEN 'undelivered' ELSE f.cause END, $4, $5, $6
        FROM fact f
        WHERE f.basis = 'submit'
          AND CASE f.cause WHEN 'hub_fault' THEN f.refund_on_hub_fault
                           WHEN 'cancelled' THEN f.refund_on_hub_fault
                           WHEN 'upstream_reject' THEN f.refund_on_upstream_reject
                           WHEN 'receipt' THEN f.refund_on_undelivered AND NOT f.arrived
                           WHEN 'unknown' THEN NOT f.unknown_charges ELSE false END
        ORDER BY f.message_id, f.n
        ON CONFLICT DO NOTHING
        RETURNING t.account_id, t.amount
      )
      SELECT s.account_id, sum(s.held), sum(s.charged), sum(s.refunded)
      FROM (SELECT f.account_id, f.held, f.amount AS charged, 0 AS refunded FROM final f
            UNION ALL SELECT r.account_id, 0, 0, r.amount FROM refund r) s
      GROUP BY s.account_id
  $query$, days)
  USING p_messages, p_states, p_causes, p_node, p_epoch, p_batch;
END $$;
