-- Where mobile originated messages go: by number, range or prefix, by keyword, by supplier; and what becomes of them while their
-- client is away. What was there, a prefix for a client, stays what it was.
ALTER TABLE route.mo_route
  DROP CONSTRAINT mo_route_pkey,
  ALTER COLUMN prefix DROP NOT NULL,
  ADD COLUMN mo_route_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ADD COLUMN number      varchar(15) CHECK (number ~ '^[0-9]+$'),  -- the whole destination, a short code too
  ADD COLUMN range_from  varchar(15) CHECK (range_from ~ '^[0-9]+$'),
  ADD COLUMN range_to    varchar(15) CHECK (range_to ~ '^[0-9]+$'),
  ADD COLUMN keyword     text NOT NULL DEFAULT ''                  -- the text's first word, in capitals; '': any text
             CHECK (keyword !~ '\s' AND length(keyword) <= 32),
  ADD COLUMN supplier_id bigint REFERENCES crm.supplier,           -- it came from; NULL: from any
  ADD CONSTRAINT mo_route_one_destination CHECK (num_nonnulls(number, prefix, range_from) = 1),
  ADD CONSTRAINT mo_route_range
    CHECK ((range_from IS NULL) = (range_to IS NULL) AND length(range_from) = length(range_to)
           AND range_from::bigint < range_to::bigint),
  ADD CONSTRAINT mo_route_once UNIQUE NULLS NOT DISTINCT (number, prefix, range_from, keyword, supplier_id),
  ADD CONSTRAINT mo_route_no_overlap EXCLUDE USING gist (
    keyword WITH =, (coalesce(supplier_id, 0)) WITH =, (length(range_from)) WITH =,
    int8range(range_from::bigint, range_to::bigint, '[]') WITH &&) WHERE (range_from IS NOT NULL);

ALTER TABLE crm.client
  ADD COLUMN mo_offline text NOT NULL DEFAULT 'refuse'  -- no bind that receives: the supplier keeps the message, or we do
             CHECK (mo_offline IN ('refuse', 'store')),
  ADD COLUMN mo_ttl_s integer NOT NULL DEFAULT 259200   -- how long a stored one waits for the client
             CHECK (mo_ttl_s BETWEEN 1 AND 2592000);

-- A stored one is a receipt without a message: message_id 0. A start counts them.
CREATE INDEX receipt_mo ON traffic.receipt (node_id, client_id, receipt_id) INCLUDE (expires_at) WHERE message_id = 0;
