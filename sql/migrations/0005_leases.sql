-- Credit in the hands of nodes. The limit is PostgreSQL's; a node spends only what it was granted here, and money
-- comes back by settlement or by closing a lease, never by a clock.

-- A node's life from start to end. A new start closes the earlier ones: what they did not settle returns.
CREATE TABLE money.node_epoch (
  node_id    integer NOT NULL CHECK (node_id BETWEEN 0 AND 63),
  epoch      bigint NOT NULL CHECK (epoch > 0),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at  timestamptz,  -- no grant and no batch of it is taken from then on
  PRIMARY KEY (node_id, epoch)
);

-- One row per account and epoch; `granted` grows. A request carries a number: asked again after a lost answer, the
-- same number gets the same answer, and nothing is granted twice.
CREATE TABLE money.credit_lease (
  lease_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   bigint NOT NULL REFERENCES money.account,
  node_id      integer NOT NULL,
  epoch        bigint NOT NULL,
  granted      money.money_t NOT NULL DEFAULT 0 CHECK (granted >= 0),
  spent        money.money_t NOT NULL DEFAULT 0 CHECK (spent >= 0),
  returned     money.money_t NOT NULL DEFAULT 0 CHECK (returned >= 0),
  state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  last_request bigint NOT NULL DEFAULT 0,
  last_state   text NOT NULL DEFAULT '',
  last_granted money.money_t NOT NULL DEFAULT 0,
  opened_at    timestamptz NOT NULL DEFAULT now(),
  closed_at    timestamptz,
  UNIQUE (account_id, node_id, epoch),
  FOREIGN KEY (node_id, epoch) REFERENCES money.node_epoch,
  CONSTRAINT lease_not_overspent CHECK (spent + returned <= granted),
  CONSTRAINT lease_closed_is_even CHECK (state = 'open' OR spent + returned = granted)
) WITH (fillfactor = 70);
CREATE INDEX ON money.credit_lease (node_id, epoch) WHERE state = 'open';

-- Ends an epoch and closes its open leases; what was granted and not settled is the accounts' again. Returns its sum.
-- The epoch ends first: a grant that was under way is in by then, and a later one opens no lease that nobody closes.
CREATE FUNCTION money.lease_close_all(p_node integer, p_epoch bigint) RETURNS numeric LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lease record;
  total numeric := 0;
BEGIN
  UPDATE money.node_epoch SET closed_at = clock_timestamp()
    WHERE node_id = p_node AND epoch = p_epoch AND closed_at IS NULL;
  -- accounts before leases, in order of their ids: the order in which everybody locks
  PERFORM 1 FROM money.account a
    WHERE a.account_id IN (SELECT account_id FROM money.credit_lease
                           WHERE node_id = p_node AND epoch = p_epoch AND state = 'open')
    ORDER BY a.account_id FOR UPDATE;
  FOR lease IN
    UPDATE money.credit_lease SET state = 'closed', returned = granted - spent, closed_at = now()
    WHERE node_id = p_node AND epoch = p_epoch AND state = 'open'
    RETURNING account_id, returned
  LOOP
    UPDATE money.account SET leased = leased - lease.returned WHERE account_id = lease.account_id;
    total := total + lease.returned;
  END LOOP;
  RETURN total;
END $$;

-- Grants min(p_want, half of what is available), but p_need whenever that much is there: near the limit grants shrink
-- to single messages, so that no node strands what another could sell. p_need = what the waiting message lacks.
-- state: granted, no_credit (p_need is more than available), suspended, no_account, fenced (the epoch is closed), busy
-- (somebody holds the account's row: nothing was granted, and the grants that share this statement do not fail by it).
CREATE FUNCTION money.lease_grant(p_account bigint, p_node integer, p_epoch bigint, p_want numeric, p_need numeric,
                                  p_request bigint, OUT state text, OUT granted numeric) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  account   money.account;
  lease     money.credit_lease;
  available numeric;
BEGIN
  granted := 0;
  BEGIN
    -- shared: a new epoch of the node waits for us, a batch of the node does not
    PERFORM 1 FROM money.node_epoch e
      WHERE e.node_id = p_node AND e.epoch = p_epoch AND e.closed_at IS NULL FOR SHARE;
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

  available := account.balance + account.credit_limit - account.held - account.leased;
  IF account.status <> 'active' THEN
    state := 'suspended';
  ELSIF available <= 0 OR available < p_need THEN
    state := 'no_credit';
  ELSE
    state := 'granted';
    granted := least(greatest(p_want, p_need),
                     greatest(available - trunc(available / 2, 9), p_need));  -- half, rounded up: never 0
  END IF;
  UPDATE money.credit_lease l
    SET granted = l.granted + lease_grant.granted, last_request = p_request, last_state = lease_grant.state,
        last_granted = lease_grant.granted
    WHERE l.lease_id = lease.lease_id;
  UPDATE money.account a SET leased = a.leased + lease_grant.granted WHERE a.account_id = p_account;
END $$;
