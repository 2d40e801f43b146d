-- What happened to messages. Every row of a message carries the message's accept day, never the day of the event:
-- so a second charge or a second final state collides with the first. No foreign keys here: rows come by COPY.

CREATE TABLE traffic.message (  -- the client got ESME_ROK: this row IS the charge
  accept_day       date NOT NULL,
  message_id       bigint NOT NULL,
  client_id        bigint NOT NULL,
  account_id       bigint NOT NULL,
  network_id       bigint NOT NULL,
  source_addr      text NOT NULL,
  destination_addr text NOT NULL,
  class            text NOT NULL,
  data_coding      smallint NOT NULL,
  segments         integer NOT NULL,
  rate_id          bigint NOT NULL,
  rate             money.money_t NOT NULL,  -- per unit of the deck
  amount           money.money_t NOT NULL CHECK (amount >= 0),
  accepted_at      timestamptz NOT NULL,
  supplier_id      bigint NOT NULL,         -- that took it
  attempts         integer NOT NULL,
  script_version   bigint NOT NULL,
  decision         text NOT NULL,
  node_id          integer NOT NULL,
  epoch            bigint NOT NULL,
  batch_seq        bigint NOT NULL,         -- with node and epoch: the batch whose ledger entry holds the amount
  PRIMARY KEY (accept_day, message_id)
) PARTITION BY RANGE (accept_day);
CREATE INDEX ON traffic.message (account_id, accepted_at);
CREATE INDEX ON traffic.message USING brin (accepted_at);

CREATE TABLE traffic.attempt (  -- one submit to one supplier
  accept_day     date NOT NULL,
  message_id     bigint NOT NULL,
  attempt_no     smallint NOT NULL,
  supplier_id    bigint NOT NULL,
  result         text NOT NULL CHECK (result IN ('accepted', 'refused', 'timeout', 'link_lost', 'not_sent')),
  command_status bigint NOT NULL,
  upstream_id    text NOT NULL,
  sent_at        timestamptz NOT NULL,
  ended_at       timestamptz NOT NULL,
  rate_id        bigint NOT NULL,
  rate           money.money_t NOT NULL,
  segments       integer NOT NULL,
  cost           money.money_t NOT NULL,
  cost_state     text NOT NULL GENERATED ALWAYS AS (  -- uncertain: sent, and nobody told us whether it was taken
    CASE WHEN result = 'accepted' THEN 'certain' WHEN result IN ('timeout', 'link_lost') THEN 'uncertain'
         ELSE 'none' END) STORED,
  PRIMARY KEY (accept_day, message_id, attempt_no)
) PARTITION BY RANGE (accept_day);
CREATE INDEX ON traffic.attempt (supplier_id, upstream_id) WHERE upstream_id <> '';

CREATE TABLE traffic.outcome (  -- the first final state; a later one is not taken
  accept_day    date NOT NULL,
  message_id    bigint NOT NULL,
  supplier_id   bigint NOT NULL,
  message_state smallint NOT NULL,  -- SMPP v3.4 5.2.28
  error         text NOT NULL,
  received_at   timestamptz NOT NULL,
  PRIMARY KEY (accept_day, message_id)
) PARTITION BY RANGE (accept_day);

CREATE TABLE traffic.reject (  -- refused by the hub or by every supplier: never charged
  accept_day       date NOT NULL,
  message_id       bigint NOT NULL,  -- the id it would have had
  client_id        bigint NOT NULL,
  network_id       bigint NOT NULL,  -- 0: none found
  source_addr      text NOT NULL,
  destination_addr text NOT NULL,
  reason           text NOT NULL,
  command_status   bigint NOT NULL,
  at               timestamptz NOT NULL,
  decision         text NOT NULL
) PARTITION BY RANGE (accept_day);
CREATE INDEX ON traffic.reject (message_id);
CREATE INDEX ON traffic.reject (client_id, at);

-- A row of an unforeseen day is kept, not refused; its day then has no partition of its own.
CREATE TABLE traffic.message_default PARTITION OF traffic.message DEFAULT;
CREATE TABLE traffic.attempt_default PARTITION OF traffic.attempt DEFAULT;
CREATE TABLE traffic.outcome_default PARTITION OF traffic.outcome DEFAULT;
CREATE TABLE traffic.reject_default PARTITION OF traffic.reject DEFAULT;

-- Makes the partitions of today, UTC, and `p_days` days more. Returns how many were missing and are there now.
-- A table is made on its own and then attached: that does not keep writers out of the parent, as PARTITION OF would.
-- Attaching locks the default partition for a moment, to see that no row of the day is in it; when somebody reads it at
-- length, this fails (55P03) instead of queueing everybody behind itself, and the default takes the rows meanwhile.
CREATE FUNCTION ops.ensure_partitions(p_days integer) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  today  date := (now() AT TIME ZONE 'UTC')::date;
  parent text;
  day    date;
  part   text;
  held   boolean;  -- the default partition has rows of the day
  made   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ops.ensure_partitions'));  -- several nodes may ask at once
  FOREACH parent IN ARRAY ARRAY['message', 'attempt', 'outcome', 'reject'] LOOP
    FOR i IN 0..p_days LOOP
      day := today + i;
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass('traffic.' || part) IS NOT NULL;
      -- such rows stay there, and so do the rest of the day's
      EXECUTE format('SELECT EXISTS (SELECT FROM traffic.%I WHERE accept_day = %L)', parent || '_default', day)
        INTO held;
      CONTINUE WHEN held;
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
