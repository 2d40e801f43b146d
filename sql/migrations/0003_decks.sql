-- Price lists. A deck prices either what a client pays or what a supplier costs; whoever points at it decides which.

CREATE TABLE rate.deck (
  deck_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (name <> ''),
  currency   char(3) NOT NULL REFERENCES ref.currency,
  unit       text NOT NULL DEFAULT 'segment' CHECK (unit IN ('segment', 'message')),
  created_by text NOT NULL DEFAULT current_user,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (deck_id, currency)  -- so that an account and its deck can be held to one currency
);

-- A row is one price of one key (mcc, mnc, prefix, class) for a time. What was charged names its row, so a row never
-- changes: a new price closes the old row and adds one.
CREATE TABLE rate.rate (
  rate_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deck_id    bigint NOT NULL REFERENCES rate.deck,
  mcc        char(3) NOT NULL CHECK (mcc ~ '^[0-9]{3}$'),
  mnc        varchar(3) CHECK (mnc ~ '^[0-9]{2,3}$'),   -- NULL: any network of the country
  prefix     varchar(15) CHECK (prefix ~ '^[0-9]+$'),   -- NULL: all numbers; else an exception for a number range
  class      text NOT NULL DEFAULT 'any'
             CHECK (class IN ('any', 'otp', 'transactional', 'promo', 'p2p', 'test')),
  price      money.rate_t,                              -- per unit of the deck
  blocked    boolean NOT NULL DEFAULT false,            -- a stopper: closed here, whatever the country costs
  valid      tstzrange NOT NULL,
  created_by text NOT NULL DEFAULT current_user,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT rate_has_price CHECK (blocked OR price IS NOT NULL),
  CONSTRAINT rate_valid_form CHECK (NOT isempty(valid) AND NOT upper_inc(valid)
                                    AND (lower_inf(valid) OR lower_inc(valid))),
  -- an open end is no bound at all, never 'infinity': the hub counts microseconds in 64 bits
  CONSTRAINT rate_valid_finite CHECK (lower(valid) BETWEEN '0001-01-01 00:00+00' AND '9999-12-31 00:00+00'
                                      AND upper(valid) BETWEEN '0001-01-01 00:00+00' AND '9999-12-31 00:00+00'),
  CONSTRAINT rate_no_overlap EXCLUDE USING gist (
    deck_id WITH =, mcc WITH =, (coalesce(mnc, '*')) WITH =, (coalesce(prefix, '*')) WITH =, class WITH =,
    valid WITH &&)
);

-- Only the end of validity may move, and never into the past; only a row that never was in force may go.
CREATE FUNCTION rate.keep_rate() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF lower(OLD.valid) > now() THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rate % was in force: close its validity instead', OLD.rate_id USING ERRCODE = 'HB001';
  END IF;
  IF (OLD.rate_id, OLD.deck_id, OLD.mcc, OLD.mnc, OLD.prefix, OLD.class, OLD.price, OLD.blocked, lower(OLD.valid))
     IS DISTINCT FROM
     (NEW.rate_id, NEW.deck_id, NEW.mcc, NEW.mnc, NEW.prefix, NEW.class, NEW.price, NEW.blocked, lower(NEW.valid))
  THEN
    RAISE EXCEPTION 'rate % is immutable: close it and add a row', OLD.rate_id USING ERRCODE = 'HB001';
  END IF;
  IF upper(NEW.valid) < now() OR upper(OLD.valid) < now() THEN
    RAISE EXCEPTION 'rate %: its past cannot be changed', OLD.rate_id USING ERRCODE = 'HB001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_rate BEFORE UPDATE OR DELETE ON rate.rate
  FOR EACH ROW EXECUTE FUNCTION rate.keep_rate();

CALL ops.watch_catalog('rate.deck');
CALL ops.watch_catalog('rate.rate');
