-- Leases on several nodes: shares, returns, recalls, what PostgreSQL forgot, nodes that are given up.

ALTER TABLE money.account
  ADD COLUMN recall_node integer,      -- whose turn it is to collect what other nodes hold
  ADD COLUMN recall_at   timestamptz;

ALTER TABLE money.credit_lease
  ADD COLUMN last_return bigint NOT NULL DEFAULT 0,  -- number of the last return that was counted
  ADD COLUMN asked_at    timestamptz;
CREATE INDEX ON money.credit_lease (account_id) WHERE state = 'open';

ALTER TABLE money.node_epoch
  ADD COLUMN fenced_at    timestamptz,  -- ended from outside: its machine is destroyed, or somebody made sure that it stands
  ADD COLUMN fenced_by    text,
  ADD COLUMN fence_reason text;

-- Grants min(p_want, a share of what is available), but p_need whenever that much is there. The share is half of it, over as
-- many nodes as hold some of the account or asked lately: near the limit grants shrink to single messages, so that no node
-- strands what another could sell. p_need = what the waiting message lacks.
-- state: granted; no_credit (p_need is more than available, and nobody holds the rest); recall (other nodes hold some: with
-- p_need > 0 they are told to give it back; the number is not used up, ask again in a moment); suspended; no_account; fenced
-- (the epoch is over); busy (somebody holds the account's row; the grants that share this statement do not fail by it).
CREATE OR REPLACE FUNCTION money.lease_grant(p_account bigint, p_node integer, p_epoch bigint, p_want numeric,
                                             p_need numeric, p_request bigint, OUT state text, OUT granted numeric)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  turn      constant interval := '300 ms';  -- one node collects at a time, so that two do not take each other's crumbs
  again     constant interval := '100 ms';  -- between its calls
  lately    constant interval := '10 s';
  account   money.account;
  lease     money.credit_lease;
  available numeric;
  nodes     bigint;   -- that share what is available, ours included
  elsewhere boolean;  -- others hold some
  waits     boolean;  -- for another node's turn to end
BEGIN
  granted := 0;
  BEGIN
    -- shared: a new epoch of the node waits for us, a batch of the node does not
    PERFORM 1 FROM money.node_epoch e
      WHERE e.node_id = p_node AND e.epoch = p_epoch AND e.ended_at IS NULL AND e.closed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
      state := 'fenced';
      RETURN;
    END IF;
    SELECT * INTO account FROM money.account WHERE account_id = p_account FOR UPDATE;
    IF NOT FOUND THEN
      state := 'no_account';
      RETURN;
    END IF;
  EXCEPTION WHEN lock_not_available THEN
    state := 'busy';
    RETURN;
  END;
  INSERT INTO money.credit_lease (account_id, node_id, epoch) VALUES (p_account, p_node, p_epoch)
    ON CONFLICT (account_id, node_id, epoch) DO NOTHING;
  SELECT * INTO lease FROM money.credit_lease
    WHERE account_id = p_account AND node_id = p_node AND epoch = p_epoch;
  IF p_request = lease.last_request THEN  -- its answer was lost: here it is again
    state := lease.last_state;
    granted := lease.last_granted;
    RETURN;
  END IF;
  IF lease.state = 'closed' OR p_request < lease.last_request THEN
    state := 'fenced';
    RETURN;
  END IF;

  IF account.overdraft <> money.overdraft_now(p_account) THEN  -- a credit_grant began or ended
    UPDATE money.account SET overdraft = money.overdraft_now(p_account) WHERE account_id = p_account
      RETURNING * INTO account;
  END IF;
  -- by what was agreed on, not by the effective limit: while that is higher nothing is granted
  available := account.balance + account.limit_base + account.overdraft - account.held - account.leased;
  SELECT 1 + count(*) FILTER (WHERE o.at_node > 0 OR o.asked_at > clock_timestamp() - lately),
         coalesce(bool_or(o.at_node > 0), false) INTO nodes, elsewhere
    FROM (SELECT l.granted - l.spent - l.held - l.returned AS at_node, l.asked_at
          FROM money.credit_lease l JOIN money.node_epoch e ON e.node_id = l.node_id AND e.epoch = l.epoch
          WHERE l.account_id = p_account AND l.state = 'open' AND l.node_id <> p_node AND e.ended_at IS NULL) o;
  waits := elsewhere AND account.recall_node <> p_node AND account.recall_at > clock_timestamp() - turn;

  IF account.status <> 'active' THEN
    state := 'suspended';
  ELSIF available > 0 AND available >= p_need AND waits IS NOT TRUE THEN
    state := 'granted';
    granted := least(greatest(p_want, p_need),  -- the share is rounded up: never 0
                     greatest(available - trunc(available * (2 * nodes - 1) / (2 * nodes), 9), p_need));
  ELSIF elsewhere THEN
    state := 'recall';
    IF p_need > 0 AND waits IS NOT TRUE
       AND (account.recall_node IS DISTINCT FROM p_node OR account.recall_at < clock_timestamp() - again) THEN
      UPDATE money.account SET recall_node = p_node, recall_at = clock_timestamp() WHERE account_id = p_account;
      PERFORM pg_notify('lease_recall', p_account || ' ' || p_node);
    END IF;
    UPDATE money.credit_lease SET asked_at = clock_timestamp() WHERE lease_id = lease.lease_id;
    RETURN;
  ELSE
    state := 'no_credit';
  END IF;
  UPDATE money.credit_lease l
    SET granted = l.granted + lease_grant.granted, last_request = p_request, last_state = lease_grant.state,
        last_granted = lease_grant.granted, asked_at = clock_timestamp()
    WHERE l.lease_id = lease.lease_id;
  UPDATE money.account a
    SET leased = a.leased + lease_grant.granted, recall_node = nullif(a.recall_node, p_node)
    WHERE a.account_id = p_account AND (lease_grant.granted <> 0 OR a.recall_node = p_node);
END $$;

-- Gives back what a node holds and has not reserved. Counted once for each number, which grow by one within the lease.
-- state: returned; fenced (the lease is closed: it returned with it); unknown (the lease never had so much: PostgreSQL forgot
-- a grant, or we are wrong; nothing was changed); busy.
CREATE FUNCTION money.lease_return(p_account bigint, p_node integer, p_epoch bigint, p_amount numeric, p_number bigint,
                                   OUT state text) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  lease money.credit_lease;
BEGIN
  BEGIN
    PERFORM 1 FROM money.account WHERE account_id = p_account FOR UPDATE;
  EXCEPTION WHEN lock_not_available THEN
    state := 'busy';
    RETURN;
  END;
  SELECT * INTO lease FROM money.credit_lease
    WHERE account_id = p_account AND node_id = p_node AND epoch = p_epoch;
  IF lease.state IS DISTINCT FROM 'open' THEN
    state := CASE WHEN lease.state = 'closed' THEN 'fenced' ELSE 'unknown' END;
  ELSIF p_number <= lease.last_return THEN
    state := 'returned';
  ELSIF p_amount > lease.granted - lease.spent - lease.held - lease.returned THEN
    state := 'unknown';
  ELSE
    state := 'returned';
    UPDATE money.credit_lease SET returned = returned + p_amount, last_return = p_number WHERE lease_id = lease.lease_id;
    UPDATE money.account SET leased = leased - p_amount WHERE account_id = p_account;
  END IF;
END $$;

-- As 0005 says, and: what is held stays with the account, what was returned before is not returned again.
CREATE OR REPLACE FUNCTION money.lease_close_all(p_node integer, p_epoch bigint) RETURNS numeric LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease record;
  total numeric := 0;
BEGIN
  UPDATE money.node_epoch SET closed_at = clock_timestamp(), ended_at = coalesce(ended_at, clock_timestamp())
    WHERE node_id = p_node AND epoch = p_epoch AND closed_at IS NULL;
  -- accounts before leases, in order of their ids: the order in which everybody locks
  PERFORM 1 FROM money.account a
    WHERE a.account_id IN (SELECT account_id FROM money.credit_lease
                           WHERE node_id = p_node AND epoch = p_epoch AND state = 'open')
    ORDER BY a.account_id FOR UPDATE;
  FOR lease IN
    SELECT l.lease_id, l.account_id, l.granted - l.spent - l.held - l.returned AS rest
    FROM money.credit_lease l WHERE l.node_id = p_node AND l.epoch = p_epoch AND l.state = 'open'
    ORDER BY l.account_id FOR UPDATE
  LOOP
    UPDATE money.credit_lease SET state = 'closed', returned = returned + lease.rest, closed_at = now()
      WHERE lease_id = lease.lease_id;
    UPDATE money.account SET leased = leased - lease.rest WHERE account_id = lease.account_id;
    total := total + lease.rest;
  END LOOP;
  RETURN total;
END $$;

-- After a connection was lost: does PostgreSQL still know what it granted? A standby that was promoted may have lost its last
-- transactions. p_net: granted minus returned, as the node was told. state: ok, lost, fenced. recall: give back what you hold.
CREATE FUNCTION money.lease_check(p_account bigint, p_node integer, p_epoch bigint, p_net numeric, OUT state text,
                                  OUT recall boolean) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease money.credit_lease;
BEGIN
  SELECT * INTO lease FROM money.credit_lease
    WHERE account_id = p_account AND node_id = p_node AND epoch = p_epoch;
  IF lease.state = 'closed' THEN
    state := 'fenced';
  ELSIF coalesce(lease.granted - lease.returned, 0) >= p_net THEN
    state := 'ok';
  ELSE
    state := 'lost';
  END IF;
  SELECT a.status <> 'active' OR a.balance + a.limit_base + a.overdraft < a.held + a.leased INTO recall
    FROM money.account a WHERE a.account_id = p_account;
END $$;

-- Raises a lease beyond what was granted, for clients were told ESME_ROK for it and it will be charged, though others may have
-- been granted the same money. What passes the limit thereby is forced_debt.
CREATE FUNCTION money.lease_raise(p_account bigint, p_node integer, p_epoch bigint, p_by numeric, p_reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before numeric;
  debt   numeric;
BEGIN
  SELECT a.forced_debt INTO before FROM money.account a WHERE a.account_id = p_account FOR UPDATE;
  UPDATE money.credit_lease SET granted = granted + p_by
    WHERE account_id = p_account AND node_id = p_node AND epoch = p_epoch;
  UPDATE money.account SET leased = leased + p_by, forced_debt = forced_debt + p_by
    WHERE account_id = p_account RETURNING forced_debt - before INTO debt;
  IF debt > 0 THEN
    INSERT INTO money.credit_event (account_id, what, amount, node_id, epoch, reason)
    VALUES (p_account, 'forced_debt', debt, p_node, p_epoch, p_reason);
  END IF;
END $$;

-- The row of a lease, made when it is missing, its account locked. HB004: the epoch is closed.
CREATE FUNCTION money.lease_of(p_account bigint, p_node integer, p_epoch bigint) RETURNS money.credit_lease LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease money.credit_lease;
BEGIN
  PERFORM 1 FROM money.node_epoch e
    WHERE e.node_id = p_node AND e.epoch = p_epoch AND e.closed_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'epoch % of node % is closed', p_epoch, p_node USING ERRCODE = 'HB004';
  END IF;
  PERFORM 1 FROM money.account WHERE account_id = p_account FOR UPDATE;
  INSERT INTO money.credit_lease (account_id, node_id, epoch) VALUES (p_account, p_node, p_epoch)
    ON CONFLICT (account_id, node_id, epoch) DO NOTHING;
  SELECT * INTO lease FROM money.credit_lease
    WHERE account_id = p_account AND node_id = p_node AND epoch = p_epoch;
  RETURN lease;
END $$;

-- The node gave up what it held (p_frozen) of a lease that PostgreSQL forgot, and says what it had spent or promised before
-- (p_net): the lease is that, no more and no less. p_request and p_return are the last numbers the node used.
CREATE FUNCTION money.lease_restore(p_account bigint, p_node integer, p_epoch bigint, p_net numeric, p_frozen numeric,
                                    p_request bigint, p_return bigint) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease   money.credit_lease := money.lease_of(p_account, p_node, p_epoch);
  missing numeric := p_net - (lease.granted - lease.returned);  -- below 0: more is known than was spent
BEGIN
  UPDATE money.credit_lease
    SET returned = returned - least(missing, 0), last_request = greatest(last_request, p_request), last_state = 'lost',
        last_granted = 0, last_return = greatest(last_return, p_return)
    WHERE lease_id = lease.lease_id;
  UPDATE money.account SET leased = leased + missing WHERE account_id = p_account AND missing < 0;
  INSERT INTO money.credit_event (account_id, what, amount, node_id, epoch, reason)
    VALUES (p_account, 'frozen', p_frozen, p_node, p_epoch, 'PostgreSQL forgot a grant');
  PERFORM money.lease_raise(p_account, p_node, p_epoch, missing, 'PostgreSQL forgot a grant') WHERE missing > 0;
END $$;

-- For a batch that PostgreSQL refuses (lease_not_overspent) because it forgot the grant, and the node's memory of it is gone as
-- well: makes sure that the lease holds p_at_node that is not settled. Whoever calls it has seen the journal. Returns by how
-- much the lease was raised; again: 0.
CREATE FUNCTION money.lease_cover(p_account bigint, p_node integer, p_epoch bigint, p_at_node numeric, p_reason text)
RETURNS numeric LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease   money.credit_lease := money.lease_of(p_account, p_node, p_epoch);
  missing numeric := greatest(0, p_at_node - (lease.granted - lease.spent - lease.held - lease.returned));
BEGIN
  PERFORM money.require_reason('covering a lease', p_reason);
  PERFORM money.lease_raise(p_account, p_node, p_epoch, missing, p_reason) WHERE missing > 0;
  RETURN missing;
END $$;

-- ---- nodes that are gone ----------------------------------------------------------------------------------------------------

-- For a node whose machine is destroyed, or surely stands: nothing is granted to it any more, and it ends when it comes back.
-- Its journal can still be settled, by a start of the node wherever the journal is. Returns how many epochs were ended.
CREATE FUNCTION money.fence_node(p_node integer, p_reason text) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fenced bigint;
BEGIN
  PERFORM money.require_reason('fencing a node', p_reason);
  UPDATE money.node_epoch
    SET ended_at = coalesce(ended_at, clock_timestamp()), fenced_at = clock_timestamp(), fenced_by = current_user,
        fence_reason = p_reason
    WHERE node_id = p_node AND closed_at IS NULL AND fenced_at IS NULL;
  GET DIAGNOSTICS fenced = ROW_COUNT;
  RETURN fenced;
END $$;

-- For a fenced node whose journal is lost: its leases close, their rest is the accounts' again, and no batch of it is taken
-- any more (HB004). Messages that it accepted and did not settle are charged to nobody: at most the sum that is returned,
-- which stands by account in money.credit_event. Refused (HB008) while a daemon of the node lives, or before fence_node.
CREATE FUNCTION money.node_abandon(p_node integer, p_reason text) RETURNS numeric LANGUAGE plpgsql
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
    RAISE EXCEPTION 'node % is not fenced: call money.fence_node first', p_node USING ERRCODE = 'HB008';
  END IF;
  FOR old IN
    SELECT e.epoch FROM money.node_epoch e WHERE e.node_id = p_node AND e.closed_at IS NULL ORDER BY e.epoch FOR UPDATE
  LOOP
    PERFORM 1 FROM money.account a  -- before their leases are read: a batch may be on its way
      WHERE a.account_id IN (SELECT account_id FROM money.credit_lease
                             WHERE node_id = p_node AND epoch = old.epoch AND state = 'open')
      ORDER BY a.account_id FOR UPDATE;
    INSERT INTO money.credit_event (account_id, what, amount, node_id, epoch, reason)
      SELECT l.account_id, 'abandoned', l.granted - l.spent - l.held - l.returned, p_node, old.epoch, p_reason
      FROM money.credit_lease l
      WHERE l.node_id = p_node AND l.epoch = old.epoch AND l.state = 'open' AND l.granted - l.spent - l.held - l.returned > 0
      ORDER BY l.account_id;
    total := total + money.lease_close_all(p_node, old.epoch);
  END LOOP;
  RETURN total;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA money FROM PUBLIC;
