-- Who may come in as a client: from where, with how many binds of each mode, until when, and with which password while it changes.
ALTER TABLE crm.client
  ADD COLUMN allow_from              cidr[] NOT NULL DEFAULT '{}'  -- none: from anywhere
             CHECK (array_position(allow_from, NULL) IS NULL),
  ADD COLUMN binds_max_tx            integer NOT NULL DEFAULT 0 CHECK (binds_max_tx >= 0),  -- 0: binds_max only
  ADD COLUMN binds_max_rx            integer NOT NULL DEFAULT 0 CHECK (binds_max_rx >= 0),
  ADD COLUMN binds_max_trx           integer NOT NULL DEFAULT 0 CHECK (binds_max_trx >= 0),
  ADD COLUMN password_valid_until    timestamptz,  -- NULL: for ever
  ADD COLUMN previous_password_hash  text,         -- taken, too, while the client changes over
  ADD COLUMN previous_password_until timestamptz CHECK (isfinite(previous_password_until)),
  ADD CONSTRAINT client_previous_password_ends
    CHECK ((previous_password_hash IS NULL) = (previous_password_until IS NULL));
