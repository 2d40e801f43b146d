-- Settlement by the journal's position, charges that are held until a supplier or a receipt decides, refunds.

-- A message's accept day from its id: 41 bits of milliseconds since 2025 stand above 22 bits of node, loop and counter.
CREATE FUNCTION traffic.accept_day(p_message_id bigint) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date '2025-01-01' + ((p_message_id >> 22) / 86400000)::integer;

-- Epochs: a newer start ends the older ones (no grant any more), and closes each when its journal is settled. lease_grant and
-- lease_close_all learn of it, and of what is held, in 0017.
ALTER TABLE money.node_epoch ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN money.node_epoch.ended_at IS 'no grant is given from then on; batches are taken until closed_at';

-- Credit that a node gave away: spent, or held on the account until the message's end.
ALTER TABLE money.credit_lease
  ADD COLUMN held money.money_t NOT NULL DEFAULT 0 CHECK (held >= 0),
  DROP CONSTRAINT lease_not_overspent,
  DROP CONSTRAINT lease_closed_is_even,
  ADD CONSTRAINT lease_not_overspent CHECK (spent + held + returned <= granted),
  ADD CONSTRAINT lease_closed_is_even CHECK (state = 'open' OR spent + held + returned = granted);

-- An entry of usage or refund is one batch of one node; refunds by hand have no batch.
ALTER TABLE money.ledger_entry
  DROP CONSTRAINT ledger_entry_check,
  ADD CONSTRAINT ledger_entry_of_a_batch
    CHECK (CASE kind WHEN 'usage' THEN batch_seq IS NOT NULL WHEN 'refund' THEN true ELSE batch_seq IS NULL END);

-- "unknown": handed over, and then the hub crashed. The state of a cost comes with its row from now on: an expression cannot
-- learn a new result without rewriting the table.
ALTER TABLE traffic.attempt
  DROP CONSTRAINT attempt_result_check,
  ADD CONSTRAINT attempt_result_check
    CHECK (result IN ('accepted', 'refused', 'timeout', 'link_lost', 'not_sent', 'unknown')),
  ALTER COLUMN cost_state DROP EXPRESSION;
ALTER TABLE traffic.attempt ADD CONSTRAINT attempt_cost_state_check
  CHECK (cost_state = CASE WHEN result = 'accepted' THEN 'certain'
                           WHEN result IN ('timeout', 'link_lost', 'unknown') THEN 'uncertain' ELSE 'none' END);

-- Messages that were given up as unknown: a start looks whether their clients were told.
CREATE INDEX ON traffic.outcome (message_id) WHERE cause = 'unknown' AND told_at IS NULL;

-- A new life of a node, with the journal that it has. Earlier lives end: they get no grant any more; whoever started settles
-- what their journal still holds, and then calls lease_close_all for each.
-- p_oldest: the first position that the journal still has; 0 for a new one. HB006: the node has another journal, which may
-- hold messages that nobody charged yet.
DROP FUNCTION money.node_start(integer);
CREATE FUNCTION money.node_start(p_node integer, p_journal uuid, p_oldest bigint DEFAULT 0, OUT epoch bigint,
                                 OUT last_message_id bigint, OUT settled_position bigint) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  node        money.node;
  open_epochs text;
BEGIN
  INSERT INTO money.node (node_id, journal_id, settled_position) VALUES (p_node, p_journal, p_oldest)
    ON CONFLICT (node_id) DO NOTHING;
  -- waits for a batch that is being committed
  SELECT * INTO node FROM money.node n WHERE n.node_id = p_node FOR UPDATE;
  IF node.journal_id <> p_journal THEN
    SELECT string_agg(e.epoch::text, ', ' ORDER BY e.epoch) INTO open_epochs
      FROM money.node_epoch e WHERE e.node_id = p_node AND e.closed_at IS NULL;
    IF open_epochs IS NOT NULL THEN
      RAISE EXCEPTION 'node % has another journal, %, and epoch % of it is open: messages in it may not be charged yet',
        p_node, node.journal_id, open_epochs
        USING ERRCODE = 'HB006',
              HINT = format('bring that journal back, or when it is lost for good run: hubctl node fence %s', p_node);
    END IF;
    UPDATE money.node n SET journal_id = p_journal, settled_position = p_oldest, updated_at = clock_timestamp()
      WHERE n.node_id = p_node RETURNING * INTO node;
  END IF;
  settled_position := node.settled_position;
  UPDATE money.node_epoch e SET ended_at = clock_timestamp()
    WHERE e.node_id = p_node AND e.ended_at IS NULL AND e.closed_at IS NULL;
  SELECT coalesce(max(e.epoch), 0) + 1 INTO epoch FROM money.node_epoch e WHERE e.node_id = p_node;
  INSERT INTO money.node_epoch (node_id, epoch) VALUES (p_node, node_start.epoch);
  last_message_id := coalesce((SELECT b.last_message_id FROM money.settle_batch b WHERE b.node_id = p_node
                               ORDER BY b.epoch DESC, b.batch_seq DESC LIMIT 1), 0);
END $$;

-- First statement of a batch's transaction: the journal from p_from up to p_to. true: go on and write it; false: it is there
-- already, roll back. p_total: what its messages cost, charged or held.
-- HB007: PostgreSQL stands elsewhere in the journal; ask money.node. HB004: the epoch is closed, or the journal is not the
-- node's any more.
DROP FUNCTION money.settle_begin(integer, bigint, bigint, bigint, numeric, bigint);
CREATE FUNCTION money.settle_begin(p_node integer, p_journal uuid, p_epoch bigint, p_from bigint, p_to bigint,
                                   p_rows bigint, p_total numeric, p_last_message bigint) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  node money.node;
BEGIN
  IF p_from >= p_to THEN
    RAISE EXCEPTION 'a batch from % to % is none', p_from, p_to USING ERRCODE = 'HB007';
  END IF;
  SELECT * INTO node FROM money.node WHERE node_id = p_node FOR UPDATE;
  IF NOT FOUND OR node.journal_id <> p_journal THEN
    RAISE EXCEPTION 'journal % is not that of node %: another start took over', p_journal, p_node
      USING ERRCODE = 'HB004';
  END IF;
  IF node.settled_position >= p_to THEN
    RETURN false;
  END IF;
  IF node.settled_position <> p_from THEN
    RAISE EXCEPTION 'node % is settled up to %, the batch begins at %', p_node, node.settled_position, p_from
      USING ERRCODE = 'HB007';
  END IF;
  -- shared: who closes the epoch waits until this batch is in, or comes first and refuses it
  PERFORM 1 FROM money.node_epoch WHERE node_id = p_node AND epoch = p_epoch AND closed_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'epoch % of node % is closed: another start of the node took over', p_epoch, p_node
      USING ERRCODE = 'HB004';
  END IF;
  UPDATE money.node SET settled_position = p_to, updated_at = clock_timestamp() WHERE node_id = p_node;
  INSERT INTO money.settle_batch (node_id, epoch, batch_seq, from_position, row_count, total, last_message_id)
  VALUES (p_node, p_epoch, p_to, p_from, p_rows, p_total, p_last_message);
  RETURN true;
END $$;

-- What ends mean in money, for messages that cost something. p_causes: those of traffic.outcome, and "upstream_ack" for an
-- attempt that a supplier took. A message of which the batch, or an earlier one, knows two ends: the first stands.
--
--  basis         receipt            no_receipt     unknown        hub_fault       upstream_reject   upstream_ack
--  delivered     state 2, 6: charge no_dlr         ack_unknown    release         release           -
--                other: release
--  upstream_ack  charge             ack_unknown    ack_unknown    release         release           charge
--  submit        not 2, 6: refund   -              ack_unknown =  refund          refund            -
--                if ..undelivered                  release: ref.  if ..hub_fault  if ..upstream_reject
--
-- Returns per account what was held and is not any more, how much of it was charged, and what was refunded.
CREATE FUNCTION traffic.resolve(p_node integer, p_epoch bigint, p_batch bigint, p_messages bigint[],
                                p_states integer[], p_causes text[])
RETURNS TABLE (account_id bigint, held numeric, charged numeric, refunded numeric) LANGUAGE sql
SET search_path = pg_catalog, pg_temp AS $$
  WITH fact AS MATERIALIZED (
    SELECT q.n, q.cause, q.state IN (2, 6) AS arrived, m.accept_day, m.message_id, m.account_id, m.amount, m.basis,
           c.ack_unknown IS DISTINCT FROM 'release' AS unknown_charges, c.no_dlr = 'charge' AS no_dlr_charges,
           c.refund_on_hub_fault, c.refund_on_upstream_reject, c.refund_on_undelivered
    FROM unnest(p_messages, p_states, p_causes) WITH ORDINALITY AS q (message_id, state, cause, n)
    JOIN traffic.message m ON m.accept_day = traffic.accept_day(q.message_id) AND m.message_id = q.message_id
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
           p_node, p_epoch, p_batch
    FROM verdict v WHERE v.charges IS NOT NULL ORDER BY v.message_id, v.n
    ON CONFLICT DO NOTHING
    RETURNING t.account_id, t.held, t.amount
  ), refund AS (
    INSERT INTO traffic.refund AS t (accept_day, message_id, account_id, amount, reason, node_id, epoch, batch_seq)
    SELECT f.accept_day, f.message_id, f.account_id, f.amount,
           CASE f.cause WHEN 'receipt' THEN 'undelivered' ELSE f.cause END, p_node, p_epoch, p_batch
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
$$;

-- Money of a batch, after its messages were written: what its messages charge and hold, out of the leases; what its outcomes
-- and accepted attempts charge, release and refund, out of what accounts hold; at most one entry of usage and one of
-- refund an account. Ids and amounts come in pairs: each id once, charged + held above 0.
DROP FUNCTION money.settle_usage(integer, bigint, bigint, bigint[], numeric[]);
CREATE FUNCTION money.settle_usage(p_node integer, p_epoch bigint, p_batch bigint, p_accounts bigint[],
                                   p_charged numeric[], p_held numeric[], p_messages bigint[], p_states integer[],
                                   p_causes text[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  leases      bigint;
  accounts    bigint[];   -- all that are touched, ascending, and for each of them:
  less_leased numeric[];
  more_held   numeric[];  -- or less, below 0
  is_used     numeric[];
  is_refunded numeric[];
BEGIN
  SELECT array_agg(s.account_id ORDER BY s.account_id), array_agg(s.leased ORDER BY s.account_id),
         array_agg(s.held ORDER BY s.account_id), array_agg(s.used ORDER BY s.account_id),
         array_agg(s.refunded ORDER BY s.account_id)
  INTO accounts, less_leased, more_held, is_used, is_refunded
  FROM (SELECT m.account_id, sum(m.leased) AS leased, sum(m.held) AS held, sum(m.used) AS used,
               sum(m.refunded) AS refunded
        FROM (SELECT u.account_id, u.charged + u.held AS leased, u.held, u.charged AS used, 0 AS refunded
              FROM unnest(p_accounts, p_charged, p_held) AS u (account_id, charged, held)
              UNION ALL
              SELECT r.account_id, 0, -r.held, r.charged, r.refunded
              FROM traffic.resolve(p_node, p_epoch, p_batch, p_messages, p_states, p_causes) r) m
        GROUP BY m.account_id) s;
  IF accounts IS NULL THEN
    RETURN;
  END IF;
  PERFORM 1 FROM money.account WHERE account_id = ANY (accounts) ORDER BY account_id FOR UPDATE;
  UPDATE money.credit_lease l SET spent = l.spent + u.charged, held = l.held + u.held
    FROM unnest(p_accounts, p_charged, p_held) AS u (account_id, charged, held)
    WHERE l.account_id = u.account_id AND l.node_id = p_node AND l.epoch = p_epoch AND l.state = 'open';
  GET DIAGNOSTICS leases = ROW_COUNT;
  IF leases <> cardinality(p_accounts) THEN
    RAISE EXCEPTION '% accounts were charged, % have an open lease', cardinality(p_accounts), leases
      USING ERRCODE = 'HB005';
  END IF;
  INSERT INTO money.ledger_entry (account_id, kind, amount, node_id, epoch, batch_seq)
    SELECT e.account_id, e.kind, e.amount, p_node, p_epoch, p_batch
    FROM unnest(accounts, is_used, is_refunded) WITH ORDINALITY AS u (account_id, used, refunded, n)
    CROSS JOIN LATERAL (VALUES (u.account_id, 'usage', -u.used), (u.account_id, 'refund', u.refunded))
      AS e (account_id, kind, amount)
    WHERE e.amount <> 0 ORDER BY u.n, e.kind DESC;
  UPDATE money.account a
    SET balance = a.balance - u.used + u.refunded, leased = a.leased - u.leased, held = a.held + u.held
    FROM unnest(accounts, less_leased, more_held, is_used, is_refunded) AS u (account_id, leased, held, used, refunded)
    WHERE a.account_id = u.account_id;
END $$;

-- As 0008 says, for the new tables as well.
CREATE OR REPLACE FUNCTION ops.ensure_partitions(p_days integer) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  today  date := (now() AT TIME ZONE 'UTC')::date;
  parent text;
  day    date;
  part   text;
  taken  boolean;  -- the default partition has rows of the day
  made   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ops.ensure_partitions'));  -- several nodes may ask at once
  FOREACH parent IN ARRAY ARRAY['message', 'attempt', 'outcome', 'reject', 'charge_final', 'refund'] LOOP
    FOR i IN 0..p_days LOOP
      day := today + i;
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass('traffic.' || part) IS NOT NULL;
      -- such rows stay there, and so do the rest of the day's
      EXECUTE format('SELECT EXISTS (SELECT FROM traffic.%I WHERE accept_day = %L)', parent || '_default', day)
        INTO taken;
      CONTINUE WHEN taken;
      BEGIN
        EXECUTE format('CREATE TABLE traffic.%I (LIKE traffic.%I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE traffic.%I ATTACH PARTITION traffic.%I FOR VALUES FROM (%L) TO (%L)',
                       parent, part, day, day + 1);
        made := made + 1;
      EXCEPTION WHEN check_violation THEN
        NULL;  -- a row of the day came into the default partition since we looked
      END;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
SELECT ops.ensure_partitions(3);

REVOKE ALL ON ALL TABLES IN SCHEMA ops, crm, money, traffic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA money, traffic FROM PUBLIC;
GRANT EXECUTE ON FUNCTION traffic.accept_day(bigint) TO PUBLIC;  -- views of bill call it as their reader
