-- Settlement: batches of a node, each one transaction with a key of its own. A key seen before changes nothing.

CREATE TABLE money.settle_batch (
  node_id         integer NOT NULL,
  epoch           bigint NOT NULL,
  batch_seq       bigint NOT NULL CHECK (batch_seq > 0),
  row_count       bigint NOT NULL,
  total           money.money_t NOT NULL,   -- of all its messages, whatever their currency: a check sum
  last_message_id bigint NOT NULL,          -- the largest the node ever used, so far
  at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (node_id, epoch, batch_seq),
  FOREIGN KEY (node_id, epoch) REFERENCES money.node_epoch
);

-- A new life of a node. Waits for a batch of an earlier one that is being committed, then takes no more of them.
CREATE FUNCTION money.node_start(p_node integer, OUT epoch bigint, OUT last_message_id bigint) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  old record;
BEGIN
  FOR old IN
    UPDATE money.node_epoch e SET closed_at = clock_timestamp()
    WHERE e.node_id = p_node AND e.closed_at IS NULL RETURNING e.epoch
  LOOP
    PERFORM money.lease_close_all(p_node, old.epoch);
  END LOOP;
  SELECT coalesce(max(e.epoch), 0) + 1 INTO epoch FROM money.node_epoch e WHERE e.node_id = p_node;
  INSERT INTO money.node_epoch (node_id, epoch) VALUES (p_node, node_start.epoch);
  last_message_id := coalesce((SELECT b.last_message_id FROM money.settle_batch b WHERE b.node_id = p_node
                               ORDER BY b.epoch DESC, b.batch_seq DESC LIMIT 1), 0);
END $$;

-- First statement of a batch's transaction. true: go on and write it; false: it is there already, roll back.
CREATE FUNCTION money.settle_begin(p_node integer, p_epoch bigint, p_batch bigint, p_rows bigint, p_total numeric,
                                   p_last_message bigint) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- shared, and first: a new epoch of the node waits until this batch is in, or comes first and refuses it
  PERFORM 1 FROM money.node_epoch WHERE node_id = p_node AND epoch = p_epoch FOR SHARE;
  INSERT INTO money.settle_batch (node_id, epoch, batch_seq, row_count, total, last_message_id)
  VALUES (p_node, p_epoch, p_batch, p_rows, p_total, p_last_message)
  ON CONFLICT (node_id, epoch, batch_seq) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM money.node_epoch WHERE node_id = p_node AND epoch = p_epoch AND closed_at IS NOT NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'epoch % of node % is closed: another start of the node took over', p_epoch, p_node
      USING ERRCODE = 'HB004';
  END IF;
  RETURN true;
END $$;

-- Last statement of it: what each account used, out of its lease and its balance, and one ledger entry each.
-- Ids and amounts come in pairs; each id once; amounts above 0.
CREATE FUNCTION money.settle_usage(p_node integer, p_epoch bigint, p_batch bigint, p_accounts bigint[],
                                   p_amounts numeric[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  leases bigint;
BEGIN
  PERFORM 1 FROM money.account WHERE account_id = ANY (p_accounts) ORDER BY account_id FOR UPDATE;
  UPDATE money.credit_lease l SET spent = l.spent + u.amount
    FROM unnest(p_accounts, p_amounts) AS u(account_id, amount)
    WHERE l.account_id = u.account_id AND l.node_id = p_node AND l.epoch = p_epoch AND l.state = 'open';
  GET DIAGNOSTICS leases = ROW_COUNT;
  IF leases <> cardinality(p_accounts) THEN
    RAISE EXCEPTION '% accounts were charged, % have an open lease', cardinality(p_accounts), leases
      USING ERRCODE = 'HB005';
  END IF;
  INSERT INTO money.ledger_entry (account_id, kind, amount, node_id, epoch, batch_seq)
    SELECT u.account_id, 'usage', -u.amount, p_node, p_epoch, p_batch
    FROM unnest(p_accounts, p_amounts) AS u(account_id, amount) ORDER BY u.account_id;
  UPDATE money.account a SET balance = a.balance - u.amount, leased = a.leased - u.amount
    FROM unnest(p_accounts, p_amounts) AS u(account_id, amount) WHERE a.account_id = u.account_id;
END $$;
