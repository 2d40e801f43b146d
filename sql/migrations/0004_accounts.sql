-- Accounts, the ledger, and the way money comes in.

CREATE TABLE money.account (
  account_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  currency     char(3) NOT NULL REFERENCES ref.currency,
  balance      money.money_t NOT NULL DEFAULT 0,                           -- = sum of its ledger entries
  credit_limit money.money_t NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),  -- 0: prepaid
  held         money.money_t NOT NULL DEFAULT 0 CHECK (held >= 0),         -- charged later; nothing holds yet
  leased       money.money_t NOT NULL DEFAULT 0 CHECK (leased >= 0),       -- in the hands of nodes, not yet settled
  status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (account_id, currency),
  CONSTRAINT account_within_limit CHECK (balance + credit_limit - held - leased >= 0)
) WITH (fillfactor = 70);

-- Append only. An entry of usage is one batch of one node: the sum of the messages in it.
CREATE TABLE money.ledger_entry (
  entry_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   bigint NOT NULL REFERENCES money.account,
  at           timestamptz NOT NULL DEFAULT now(),
  kind         text NOT NULL CHECK (kind IN ('topup', 'usage', 'refund', 'adjust', 'fee', 'credit_note',
                                             'chargeback', 'writeoff')),
  amount       money.money_t NOT NULL CHECK (amount <> 0),  -- signed: usage is negative
  reason       text NOT NULL DEFAULT '',
  external_ref text UNIQUE,                                 -- of a topup: booked once, for ever
  node_id      integer,
  epoch        bigint,
  batch_seq    bigint,
  created_by   text NOT NULL DEFAULT current_user,
  UNIQUE (account_id, kind, node_id, epoch, batch_seq),
  CHECK ((kind = 'usage') = (batch_seq IS NOT NULL)),
  CHECK (kind <> 'usage' OR amount < 0)
);
CREATE INDEX ON money.ledger_entry (account_id, entry_id);

CREATE FUNCTION money.ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'money.ledger_entry is append only: book a correcting entry' USING ERRCODE = 'HB002';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON money.ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION money.ledger_is_append_only();

-- Books money that came in. The same external_ref again, with the same account and amount, books nothing.
-- true: booked now; false: it was booked before.
CREATE FUNCTION money.topup(p_account bigint, p_amount numeric, p_reason text, p_external_ref text)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  booked money.ledger_entry;
BEGIN
  IF p_amount IS NULL OR p_amount <= 0 OR p_amount <> round(p_amount, 9) THEN
    RAISE EXCEPTION 'a top-up must be above 0 with at most 9 decimals, not %', p_amount USING ERRCODE = 'HB003';
  END IF;
  IF coalesce(p_external_ref, '') = '' THEN
    RAISE EXCEPTION 'a top-up needs an external_ref' USING ERRCODE = 'HB003';
  END IF;
  -- first without a lock: what was booked long ago must not make grants and batches of the account wait
  SELECT * INTO booked FROM money.ledger_entry WHERE external_ref = p_external_ref;
  IF NOT FOUND THEN
    PERFORM 1 FROM money.account WHERE account_id = p_account FOR UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no account %', p_account USING ERRCODE = 'HB003';
    END IF;
    INSERT INTO money.ledger_entry (account_id, kind, amount, reason, external_ref)
    VALUES (p_account, 'topup', p_amount, coalesce(p_reason, ''), p_external_ref)
    ON CONFLICT (external_ref) DO NOTHING;
    IF FOUND THEN
      UPDATE money.account SET balance = balance + p_amount WHERE account_id = p_account;
      RETURN true;
    END IF;
    SELECT * INTO booked FROM money.ledger_entry WHERE external_ref = p_external_ref;
  END IF;
  IF booked.account_id <> p_account OR booked.amount <> p_amount THEN
    RAISE EXCEPTION 'external_ref "%" was booked before with another account or amount (%)',
      p_external_ref, booked.amount USING ERRCODE = 'HB003';
  END IF;
  RETURN false;
END $$;
