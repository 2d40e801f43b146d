-- What a careless hand must not do to money, locks in one order, and settlement that does not slow down with every day.

-- For PostgreSQL NaN is a number, equal to itself and above all others: it passes every other check.
ALTER DOMAIN money.money_t ADD CONSTRAINT money_is_a_number CHECK (VALUE <> 'NaN');
ALTER DOMAIN money.rate_t ADD CONSTRAINT rate_is_a_number CHECK (VALUE <> 'NaN');

-- Nodes charge the account that they knew when the client first bound, in the currency of its deck now. A client that moves is
-- a new client.
CREATE FUNCTION crm.client_keeps_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'client % keeps its account and its currency: make another client', OLD.system_id
    USING ERRCODE = 'HB009';
END $$;
CREATE TRIGGER keeps_account BEFORE UPDATE ON crm.client FOR EACH ROW
  WHEN (OLD.account_id <> NEW.account_id OR OLD.currency <> NEW.currency)
  EXECUTE FUNCTION crm.client_keeps_account();

-- As 0016 says. Two at once: the second one counts the first one's row, for it waits before it looks.
CREATE OR REPLACE FUNCTION money.grant_credit(p_account bigint, p_amount numeric, p_until timestamptz, p_reason text)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made bigint;
BEGIN
  PERFORM 1 FROM money.account WHERE account_id = p_account FOR UPDATE;
  INSERT INTO money.credit_grant (account_id, amount, valid, reason)
  VALUES (p_account, p_amount, tstzrange(clock_timestamp(), p_until), p_reason) RETURNING grant_id INTO made;
  UPDATE money.account SET overdraft = money.overdraft_now(p_account) WHERE account_id = p_account;
  RETURN made;
END $$;

-- As 0017 says, and: its accounts are locked at once, in order of their ids, whatever epochs they belong to.
CREATE OR REPLACE FUNCTION money.node_abandon(p_node integer, p_reason text) RETURNS numeric LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  old   record;
  total numeric := 0;
BEGIN
  PERFORM money.require_reason('abandoning a node', p_reason);
  IF NOT pg_try_advisory_xact_lock(hashtext('smpphub node'), p_node) THEN
    RAISE EXCEPTION 'a smpphubd of node % lives: it settles its journal itself', p_node USING ERRCODE = 'HB008';
  END IF;
  PERFORM 1 FROM money.node_epoch WHERE node_id = p_node AND closed_at IS NULL AND fenced_at IS NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'node % is not fenced', p_node
      USING ERRCODE = 'HB008', HINT = format('when its machine surely stands, run: hubctl node fence %s', p_node);
  END IF;
  PERFORM 1 FROM money.node_epoch e
    WHERE e.node_id = p_node AND e.closed_at IS NULL ORDER BY e.epoch FOR UPDATE;
  PERFORM 1 FROM money.account a  -- of all its epochs, and before its leases are read: a batch may be on its way
    WHERE a.account_id IN (SELECT account_id FROM money.credit_lease WHERE node_id = p_node AND state = 'open')
    ORDER BY a.account_id FOR UPDATE;
  FOR old IN
    SELECT e.epoch FROM money.node_epoch e WHERE e.node_id = p_node AND e.closed_at IS NULL ORDER BY e.epoch
  LOOP
    INSERT INTO money.credit_event (account_id, what, amount, node_id, epoch, reason)
      SELECT l.account_id, 'abandoned', l.granted - l.spent - l.held - l.returned, p_node, old.epoch, p_reason
      FROM money.credit_lease l
      WHERE l.node_id = p_node AND l.epoch = old.epoch AND l.state = 'open' AND l.granted - l.spent - l.held - l.returned > 0
      ORDER BY l.account_id;
    total := total + money.lease_close_all(p_node, old.epoch);
  END LOOP;
  RETURN total;
END $$;

-- As 0013 says. The days stand in the statement: else it is planned for, and locks, every day that there is.
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
        JOIN traffic.message m ON m.accept_day = traffic.accept_day(q.message_id) AND m.message_id = q.message_id
        LEFT JOIN crm.client c ON c.client_id = m.client_id
        WHERE m.amount > 0 AND m.accept_day = ANY (%L::date[])
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
