-- Clients, suppliers, and where mobile originated messages go.

CREATE TABLE crm.client (
  client_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  system_id            varchar(15) NOT NULL UNIQUE CHECK (system_id <> ''),
  password_hash        text NOT NULL,          -- crypt(5)
  account_id           bigint NOT NULL UNIQUE,
  deck_id              bigint NOT NULL,        -- what it pays
  currency             char(3) NOT NULL,       -- one for account and deck, held by the two keys below
  enabled              boolean NOT NULL DEFAULT true,
  may_bind             text[] NOT NULL DEFAULT '{tx,rx,trx}'
                       CHECK (may_bind <@ '{tx,rx,trx}' AND cardinality(may_bind) > 0),
  binds_max            integer NOT NULL DEFAULT 10 CHECK (binds_max > 0),
  window_requests_max  integer NOT NULL DEFAULT 100 CHECK (window_requests_max > 0),
  rate_per_second      bigint NOT NULL DEFAULT 0 CHECK (rate_per_second >= 0),  -- 0: no limit
  rate_burst           bigint NOT NULL DEFAULT 1 CHECK (rate_burst > 0),
  message_class        text NOT NULL DEFAULT 'transactional'
                       CHECK (message_class IN ('otp', 'transactional', 'promo', 'p2p', 'test')),
  tags                 text[] NOT NULL DEFAULT '{}',
  out_of_credit_status bigint NOT NULL DEFAULT 69  -- 0x45 ESME_RSUBMITFAIL
                       CHECK (out_of_credit_status BETWEEN 1 AND 4294967295),
  guard_mode           text NOT NULL DEFAULT 'block' CHECK (guard_mode IN ('block', 'warn', 'off')),
  margin_min_abs       money.rate_t NOT NULL DEFAULT 0,  -- per message
  margin_min_bp        integer NOT NULL DEFAULT 0 CHECK (margin_min_bp BETWEEN 0 AND 10000),  -- of the sell amount
  attempts_max         integer NOT NULL DEFAULT 3 CHECK (attempts_max BETWEEN 1 AND 8),
  created_by           text NOT NULL DEFAULT current_user,
  created_at           timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (account_id, currency) REFERENCES money.account (account_id, currency),
  FOREIGN KEY (deck_id, currency) REFERENCES rate.deck (deck_id, currency)
);

CREATE TABLE crm.supplier (
  supplier_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name                text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_.-]*$'),  -- scripts name it
  type                text NOT NULL DEFAULT 'wholesale'
                      CHECK (type IN ('direct', 'wholesale', 'hq', 'sim', 'ss7', 'test')),
  currency            char(3) NOT NULL,
  deck_id             bigint NOT NULL,  -- what it costs
  enabled             boolean NOT NULL DEFAULT true,
  priority            integer NOT NULL DEFAULT 0,  -- breaks a tie of costs, lower first
  tags                text[] NOT NULL DEFAULT '{}',
  id_form             text NOT NULL DEFAULT 'auto' CHECK (id_form IN ('same', 'hex_to_dec', 'dec_to_hex', 'auto')),
  response_timeout_ms integer NOT NULL DEFAULT 10000 CHECK (response_timeout_ms BETWEEN 100 AND 600000),
  created_by          text NOT NULL DEFAULT current_user,
  created_at          timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (deck_id, currency) REFERENCES rate.deck (deck_id, currency)
);

CREATE TABLE crm.supplier_bind (
  bind_id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  supplier_id         bigint NOT NULL REFERENCES crm.supplier,
  host                text NOT NULL CHECK (host <> ''),
  port                integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  system_id           varchar(15) NOT NULL,
  password            text NOT NULL,  -- a secret that we must say in clear: no view shows it, no reader of bill sees it
  system_type         varchar(12) NOT NULL DEFAULT '',
  interface_version   smallint NOT NULL DEFAULT 52 CHECK (interface_version IN (51, 52, 80)),  -- 0x33, 0x34, 0x50
  mode                text NOT NULL DEFAULT 'trx' CHECK (mode IN ('tx', 'rx', 'trx')),
  sessions            integer NOT NULL DEFAULT 1 CHECK (sessions BETWEEN 1 AND 64),
  window_requests_max integer NOT NULL DEFAULT 100 CHECK (window_requests_max > 0),
  enabled             boolean NOT NULL DEFAULT true,
  UNIQUE (supplier_id, host, port, system_id)
);

CREATE TABLE route.mo_route (
  prefix    varchar(15) PRIMARY KEY CHECK (prefix ~ '^[0-9]+$'),  -- of the destination; the longest wins
  client_id bigint NOT NULL REFERENCES crm.client
);

CALL ops.watch_catalog('crm.client');
CALL ops.watch_catalog('crm.supplier');
CALL ops.watch_catalog('crm.supplier_bind');
CALL ops.watch_catalog('route.mo_route');
