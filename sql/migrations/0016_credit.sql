-- Limits that may be lowered at any time, credit for a time, debt that is forced. What the CHECK of money.account holds is
-- derived in one trigger here and nowhere else.

-- credit_limit is what the CHECK holds: the effective limit. It is limit_base + overdraft, unless that was lowered below what
-- is owed and leased: then it falls with them, as money returns, and never rises again.
ALTER TABLE money.account
  ADD COLUMN limit_base  money.money_t NOT NULL DEFAULT 0,   -- what was agreed on; 0: prepaid
  ADD COLUMN overdraft   money.money_t NOT NULL DEFAULT 0 CHECK (overdraft >= 0),    -- sum of its credit_grants in force
  ADD COLUMN forced_debt money.money_t NOT NULL DEFAULT 0 CHECK (forced_debt >= 0);  -- owed beyond the limit: see credit_event
UPDATE money.account SET limit_base = credit_limit;
ALTER TABLE money.account
  DROP CONSTRAINT account_credit_limit_check,
  ADD CONSTRAINT account_credit_limit_check CHECK (limit_base >= 0 AND credit_limit >= 0),
  DROP CONSTRAINT account_within_limit,
  ADD CONSTRAINT account_within_limit CHECK (balance + credit_limit + forced_debt - held - leased >= 0);

-- More credit for a time. It begins and ends by lease_grant and by credit_grants_refresh, whoever looks first.
CREATE TABLE money.credit_grant (
  grant_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES money.account,
  amount     money.money_t NOT NULL CHECK (amount > 0),
  valid      tstzrange NOT NULL CHECK (NOT lower_inf(valid) AND NOT upper_inf(valid) AND NOT isempty(valid)),
  reason     text NOT NULL CHECK (reason <> ''),
  created_by text NOT NULL DEFAULT current_user,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON money.credit_grant (account_id);

-- What changed the bounds of an account, and who did it. Append only, like the ledger.
CREATE TABLE money.credit_event (
  event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  account_id bigint NOT NULL REFERENCES money.account,
  what       text NOT NULL CHECK (what IN (
               'limit',       -- amount: the new limit_base; before: the old one
               'forced_debt', -- amount: by how much it grew, by a chargeback or a lease that PostgreSQL forgot
               'frozen',      -- amount: what a node held by a lease that PostgreSQL forgot, and gave up
               'abandoned')), -- amount: at most so much was spent by a node whose journal is lost, and is charged to nobody
  amount     money.money_t NOT NULL,
  before     money.money_t,
  node_id    integer,
  epoch      bigint,
  reason     text NOT NULL,
  created_by text NOT NULL DEFAULT current_user
);
CREATE INDEX ON money.credit_event (account_id, event_id);
CREATE OR REPLACE FUNCTION money.ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'money.% is append only: book a correcting entry', TG_TABLE_NAME USING ERRCODE = 'HB002';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON money.credit_event
  FOR EACH STATEMENT EXECUTE FUNCTION money.ledger_is_append_only();

-- What is owed and what is out. A credit_limit that somebody writes is the new limit_base; the effective one follows here.
CREATE FUNCTION money.account_derive_limit() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target   numeric;
  exposure numeric;
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.limit_base := NEW.credit_limit;
    RETURN NEW;
  END IF;
  IF NEW.credit_limit <> OLD.credit_limit AND NEW.limit_base = OLD.limit_base THEN
    NEW.limit_base := NEW.credit_limit;
  END IF;
  target := NEW.limit_base + NEW.overdraft;
  exposure := NEW.held + NEW.leased - NEW.balance;
  NEW.forced_debt := greatest(0, least(NEW.forced_debt, exposure - target));
  -- at most what it was: an exposure that grows beyond it is an error, and the CHECK says so
  NEW.credit_limit := greatest(target, least(OLD.credit_limit, exposure - NEW.forced_debt));
  RETURN NEW;
END $$;
CREATE TRIGGER derive_limit_insert BEFORE INSERT ON money.account
  FOR EACH ROW EXECUTE FUNCTION money.account_derive_limit();
CREATE TRIGGER derive_limit BEFORE UPDATE ON money.account FOR EACH ROW
  WHEN (NEW.credit_limit <> OLD.credit_limit OR NEW.limit_base <> OLD.limit_base OR NEW.overdraft <> OLD.overdraft
        OR NEW.forced_debt <> 0 OR OLD.forced_debt <> 0 OR OLD.credit_limit <> OLD.limit_base + OLD.overdraft)
  EXECUTE FUNCTION money.account_derive_limit();

-- Tells the nodes to give back what they hold of an account that must not spend any more. "account node": every node but that.
CREATE FUNCTION money.account_bounds_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.limit_base <> OLD.limit_base THEN
    INSERT INTO money.credit_event (account_id, what, amount, before, reason)
    VALUES (NEW.account_id, 'limit', NEW.limit_base, OLD.limit_base, coalesce(current_setting('hub.reason', true), ''));
  END IF;
  IF NEW.leased > 0 AND (NEW.status <> 'active'
                         OR NEW.balance + NEW.limit_base + NEW.overdraft < NEW.held + NEW.leased) THEN
    PERFORM pg_notify('lease_recall', NEW.account_id || ' -1');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bounds_changed AFTER UPDATE ON money.account FOR EACH ROW
  WHEN (NEW.limit_base <> OLD.limit_base OR NEW.overdraft < OLD.overdraft OR NEW.forced_debt > OLD.forced_debt
        OR NEW.status <> OLD.status)
  EXECUTE FUNCTION money.account_bounds_changed();

CREATE FUNCTION money.require_reason(p_what text, p_reason text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(p_reason, '') = '' THEN
    RAISE EXCEPTION '% needs a reason', p_what USING ERRCODE = 'HB003';
  END IF;
END $$;

-- Agrees on a limit. Below what is owed and leased it is reached step by step: leases are recalled, nothing new is granted,
-- credit_limit falls as money returns or settles. Returns the effective limit.
CREATE FUNCTION money.set_credit_limit(p_account bigint, p_target numeric, p_reason text) RETURNS numeric LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  effective numeric;
BEGIN
  PERFORM money.require_reason('a credit limit', p_reason);
  PERFORM set_config('hub.reason', p_reason, true);
  UPDATE money.account SET limit_base = p_target WHERE account_id = p_account RETURNING credit_limit INTO effective;
  PERFORM set_config('hub.reason', '', true);
  IF effective IS NULL THEN
    RAISE EXCEPTION 'no account %', p_account USING ERRCODE = 'HB003';
  END IF;
  RETURN effective;
END $$;

CREATE FUNCTION money.overdraft_now(p_account bigint) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(sum(amount), 0) FROM money.credit_grant WHERE account_id = p_account AND valid @> clock_timestamp()
$$;

-- Takes in the credit_grants that began or ended, but for accounts that somebody holds just now. Returns how many accounts
-- changed. Nodes call it whenever they look after their epoch.
CREATE FUNCTION money.credit_grants_refresh() RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed bigint;
BEGIN
  WITH due AS (
    SELECT a.account_id FROM money.account a
    WHERE a.account_id IN (SELECT g.account_id FROM money.credit_grant g)
      AND a.overdraft <> money.overdraft_now(a.account_id)
    ORDER BY a.account_id FOR UPDATE SKIP LOCKED)
  UPDATE money.account a SET overdraft = money.overdraft_now(a.account_id)
    FROM due WHERE a.account_id = due.account_id;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;

-- More credit until a moment. Returns its id.
CREATE FUNCTION money.grant_credit(p_account bigint, p_amount numeric, p_until timestamptz, p_reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made bigint;
BEGIN
  INSERT INTO money.credit_grant (account_id, amount, valid, reason)
  VALUES (p_account, p_amount, tstzrange(clock_timestamp(), p_until), p_reason) RETURNING grant_id INTO made;
  UPDATE money.account SET overdraft = money.overdraft_now(p_account) WHERE account_id = p_account;
  RETURN made;
END $$;

-- Takes money back that had come in. What the account cannot bear becomes forced_debt, which the next money pays first. The
-- same external_ref again books nothing. true: booked now.
CREATE FUNCTION money.chargeback(p_account bigint, p_amount numeric, p_reason text, p_external_ref text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  booked money.ledger_entry;
  debt   numeric;
  grown  numeric;
BEGIN
  PERFORM money.require_reason('a chargeback', p_reason);
  IF coalesce(p_external_ref, '') = '' THEN
    RAISE EXCEPTION 'a chargeback needs an external_ref' USING ERRCODE = 'HB003';
  END IF;
  IF p_amount IS NULL OR p_amount <= 0 OR p_amount <> round(p_amount, 9) THEN
    RAISE EXCEPTION 'a chargeback must be above 0 with at most 9 decimals, not %', p_amount USING ERRCODE = 'HB003';
  END IF;
  SELECT forced_debt INTO debt FROM money.account WHERE account_id = p_account FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no account %', p_account USING ERRCODE = 'HB003';
  END IF;
  INSERT INTO money.ledger_entry (account_id, kind, amount, reason, external_ref)
  VALUES (p_account, 'chargeback', -p_amount, p_reason, p_external_ref) ON CONFLICT (external_ref) DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO booked FROM money.ledger_entry WHERE external_ref = p_external_ref;
    IF booked.account_id <> p_account OR booked.amount <> -p_amount THEN
      RAISE EXCEPTION 'external_ref "%" was booked before with another account or amount (%)',
        p_external_ref, booked.amount USING ERRCODE = 'HB003';
    END IF;
    RETURN false;
  END IF;
  -- all of it, and the trigger leaves what is needed
  UPDATE money.account SET balance = balance - p_amount, forced_debt = forced_debt + p_amount
    WHERE account_id = p_account RETURNING forced_debt - debt INTO grown;
  IF grown > 0 THEN
    INSERT INTO money.credit_event (account_id, what, amount, reason) VALUES (p_account, 'forced_debt', grown, p_reason);
  END IF;
  RETURN true;
END $$;

-- available: what may still be granted; below 0 while a lowered limit is passed.
CREATE OR REPLACE VIEW bill.v_balance_now AS
SELECT c.system_id AS client, a.account_id, a.currency, a.balance, a.credit_limit, a.held, a.leased,
       a.balance + a.limit_base + a.overdraft - a.held - a.leased AS available, a.status,
       a.limit_base, a.overdraft, a.forced_debt
FROM money.account a
LEFT JOIN crm.client c ON c.account_id = a.account_id;

CREATE VIEW bill.v_credit_event AS
SELECT c.system_id AS client, e.event_id, e.at, e.account_id, e.what, e.amount, e.before, e.node_id, e.epoch, e.reason,
       e.created_by
FROM money.credit_event e LEFT JOIN crm.client c ON c.account_id = e.account_id;

-- I4: nobody is past the limit, whatever nodes still hold; and no limit is higher than agreed on but for what is out.
CREATE OR REPLACE VIEW bill.v_broken_i4 AS
SELECT account_id, balance, credit_limit, held, leased, limit_base, overdraft, forced_debt
FROM money.account
WHERE balance + credit_limit + forced_debt - held - leased < 0
   OR credit_limit > greatest(limit_base + overdraft, held + leased - balance - forced_debt)
   OR forced_debt > greatest(0, held + leased - balance - limit_base - overdraft);

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA money FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA money FROM PUBLIC;
