-- What the journal brings: one settled position a node, queued messages, receipts that wait, charges that are held.

-- Where a node's journal is, and how much of it is settled. One journal a node: a start with another one is refused while an
-- epoch of the node is open.
CREATE TABLE money.node (
  node_id          integer PRIMARY KEY CHECK (node_id BETWEEN 0 AND 63),
  journal_id       uuid NOT NULL,              -- made with the journal's folder
  settled_position bigint NOT NULL DEFAULT 0,  -- PostgreSQL has everything below
  updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

ALTER TABLE money.settle_batch ADD COLUMN from_position bigint NOT NULL DEFAULT 0;  -- batch_seq is the position after it

-- When a message is charged.
ALTER TABLE rate.deck ADD COLUMN charge_basis text NOT NULL DEFAULT 'submit'
  CHECK (charge_basis IN ('submit', 'upstream_ack', 'delivered'));

-- The client's contract: how it is answered, what is given back, what is told when nobody tells us.
ALTER TABLE crm.client
  ADD COLUMN answer text NOT NULL DEFAULT 'upstream' CHECK (answer IN ('upstream', 'accepted')),
  ADD COLUMN message_ttl_s integer NOT NULL DEFAULT 172800 CHECK (message_ttl_s BETWEEN 1 AND 2592000),  -- store and forward
  ADD COLUMN receipt_ttl_s integer NOT NULL DEFAULT 259200 CHECK (receipt_ttl_s BETWEEN 0 AND 2592000),  -- 72 h
  ADD COLUMN dlr_timeout_s integer NOT NULL DEFAULT 259200 CHECK (dlr_timeout_s BETWEEN 60 AND 2592000),
  ADD COLUMN no_receipt_state smallint NOT NULL DEFAULT 7 CHECK (no_receipt_state IN (3, 5, 7)),  -- EXPIRED, UNDELIV, UNKNOWN
  ADD COLUMN refund_on_hub_fault boolean NOT NULL DEFAULT true,
  ADD COLUMN refund_on_upstream_reject boolean NOT NULL DEFAULT false,
  ADD COLUMN refund_on_undelivered boolean NOT NULL DEFAULT false,
  ADD COLUMN ack_unknown text NOT NULL DEFAULT 'charge' CHECK (ack_unknown IN ('charge', 'release')),
  ADD COLUMN no_dlr text NOT NULL DEFAULT 'release' CHECK (no_dlr IN ('charge', 'release')),
  ADD COLUMN late_dlr text NOT NULL DEFAULT 'ignore' CHECK (late_dlr IN ('ignore', 'charge_if_credit')),
  ADD COLUMN dedupe_window_s integer NOT NULL DEFAULT 0 CHECK (dedupe_window_s BETWEEN 0 AND 604800),  -- 0: off
  ADD COLUMN dedupe_by text NOT NULL DEFAULT 'content' CHECK (dedupe_by IN ('content', 'user_message_reference'));

ALTER TABLE crm.supplier
  ADD COLUMN on_unknown text NOT NULL DEFAULT 'hold' CHECK (on_unknown IN ('hold', 'resend', 'fail')),
  ADD COLUMN retry_after_s integer[] NOT NULL DEFAULT '{5,15,60,300,900,3600}'
    CHECK (cardinality(retry_after_s) BETWEEN 1 AND 32 AND 0 < ALL (retry_after_s));

-- What a status of this supplier means, where it differs from the default table.
CREATE TABLE crm.supplier_status (
  supplier_id    bigint NOT NULL REFERENCES crm.supplier,
  command_status bigint NOT NULL CHECK (command_status BETWEEN 1 AND 4294967295),
  class          text NOT NULL CHECK (class IN ('throttle', 'transient', 'permanent')),
  PRIMARY KEY (supplier_id, command_status)
);
CALL ops.watch_catalog('crm.supplier_status');

ALTER TABLE traffic.message
  ADD COLUMN basis text NOT NULL DEFAULT 'submit' CHECK (basis IN ('submit', 'upstream_ack', 'delivered')),
  ADD COLUMN registered_delivery smallint NOT NULL DEFAULT 0,
  ADD COLUMN source_addr_ton smallint NOT NULL DEFAULT 0,
  ADD COLUMN source_addr_npi smallint NOT NULL DEFAULT 0,
  ADD COLUMN dest_addr_ton smallint NOT NULL DEFAULT 0,
  ADD COLUMN dest_addr_npi smallint NOT NULL DEFAULT 0,
  ADD COLUMN dedupe_key uuid;
CREATE INDEX ON traffic.message (client_id, accepted_at) WHERE dedupe_key IS NOT NULL;

ALTER TABLE traffic.attempt
  ADD COLUMN possible_duplicate boolean NOT NULL DEFAULT false,
  ADD COLUMN upstream_key text NOT NULL DEFAULT '';  -- canonical form of upstream_id: what receipts are looked up by
-- with the message's id: the newest of a key is found at once, however often a supplier gives the same id
CREATE INDEX ON traffic.attempt (supplier_id, upstream_key, message_id) WHERE upstream_key <> '';

ALTER TABLE traffic.outcome
  ADD COLUMN cause text NOT NULL DEFAULT 'receipt'
    CHECK (cause IN ('receipt', 'hub_fault', 'upstream_reject', 'no_receipt', 'unknown')),
  ADD COLUMN told_at timestamptz,     -- the client acknowledged its final receipt
  ADD COLUMN told_tries integer;      -- times it was sent; more than one: it may have seen it twice
CREATE TABLE traffic.outcome_late (LIKE traffic.outcome INCLUDING DEFAULTS INCLUDING CONSTRAINTS);  -- a later final state
CREATE INDEX ON traffic.outcome_late (message_id);

-- Held money of a message became a charge, or was released: once, whoever comes first.
CREATE TABLE traffic.charge_final (
  accept_day date NOT NULL,
  message_id bigint NOT NULL,
  account_id bigint NOT NULL,
  held       money.money_t NOT NULL CHECK (held > 0),
  amount     money.money_t NOT NULL CHECK (amount >= 0 AND amount <= held),
  reason     text NOT NULL CHECK (reason IN ('delivered', 'upstream_ack', 'failed', 'timeout', 'unknown')),
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  node_id    integer NOT NULL,
  epoch      bigint NOT NULL,
  batch_seq  bigint NOT NULL,
  PRIMARY KEY (accept_day, message_id)
) PARTITION BY RANGE (accept_day);

CREATE TABLE traffic.refund (
  accept_day date NOT NULL,
  message_id bigint NOT NULL,
  account_id bigint NOT NULL,
  amount     money.money_t NOT NULL CHECK (amount > 0),
  reason     text NOT NULL CHECK (reason IN ('hub_fault', 'upstream_reject', 'undelivered', 'unknown', 'no_receipt')),
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  node_id    integer NOT NULL,
  epoch      bigint NOT NULL,
  batch_seq  bigint NOT NULL,
  PRIMARY KEY (accept_day, message_id)
) PARTITION BY RANGE (accept_day);
CREATE TABLE traffic.charge_final_default PARTITION OF traffic.charge_final DEFAULT;
CREATE TABLE traffic.refund_default PARTITION OF traffic.refund DEFAULT;

-- Accepted and not yet taken by a supplier (answer = accepted). A row lives from settlement to its end; most messages end
-- within their batch and never stand here.
CREATE TABLE traffic.queue (
  message_id         bigint PRIMARY KEY,
  node_id            integer NOT NULL,
  client_id          bigint NOT NULL,
  class              text NOT NULL,
  priority           smallint NOT NULL,
  next_at            timestamptz NOT NULL,  -- infinity: held, its outcome at a supplier is unknown
  expires_at         timestamptz NOT NULL,
  cycles             integer NOT NULL DEFAULT 0,
  attempts           integer NOT NULL DEFAULT 0,
  possible_duplicate boolean NOT NULL DEFAULT false,
  pdu                bytea NOT NULL
) WITH (fillfactor = 70);
-- By the loop bits of the id: a loop finds its own messages, however many of another loop's are due before them.
CREATE INDEX ON traffic.queue (node_id, class, ((message_id >> 10) & 63), next_at, message_id);

-- Receipts that a client has not acknowledged yet.
CREATE TABLE traffic.receipt (
  receipt_id    bigint PRIMARY KEY,
  message_id    bigint NOT NULL,
  node_id       integer NOT NULL,
  epoch         bigint NOT NULL,
  client_id     bigint NOT NULL,
  message_state smallint NOT NULL,
  is_final      boolean NOT NULL,
  tries         integer NOT NULL DEFAULT 0,
  received_at   timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  pdu           bytea NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX ON traffic.receipt (node_id, client_id, receipt_id);

-- What was not plain: a receipt sent more than once, refused by the client, expired.
CREATE TABLE traffic.receipt_event (
  at                 timestamptz NOT NULL,
  message_id         bigint NOT NULL,
  receipt_id         bigint NOT NULL,
  what               text NOT NULL CHECK (what IN ('delivered', 'refused', 'expired')),
  tries              integer NOT NULL,
  possible_duplicate boolean NOT NULL,
  command_status     bigint NOT NULL
);
CREATE INDEX ON traffic.receipt_event (message_id);

CREATE TABLE traffic.stray_receipt (
  received_at      timestamptz NOT NULL,
  supplier_id      bigint NOT NULL,
  upstream_id      text NOT NULL,
  message_state    smallint NOT NULL,
  error            text NOT NULL,
  destination_addr text NOT NULL
);
CREATE INDEX ON traffic.stray_receipt (supplier_id, upstream_id);
