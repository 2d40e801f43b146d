-- broadcast_sm (SMPP v5.0) has no destination, so no deck prices it: a client's broadcasts go to one supplier, for a flat price, and cost
-- a flat sum there. NULL: none are taken. One currency on both sides, held by the key below.
ALTER TABLE crm.supplier
  ADD COLUMN broadcast_cost money.rate_t,          -- of one broadcast_sm; NULL: it carries none
  ADD CONSTRAINT supplier_currency UNIQUE (supplier_id, currency);

ALTER TABLE crm.client
  ADD COLUMN broadcast_supplier_id bigint,
  ADD COLUMN broadcast_price       money.rate_t,   -- of one broadcast_sm
  ADD CONSTRAINT client_broadcast_whole    CHECK ((broadcast_supplier_id IS NULL) = (broadcast_price IS NULL)),
  ADD CONSTRAINT client_broadcast_supplier FOREIGN KEY (broadcast_supplier_id, currency)
             REFERENCES crm.supplier (supplier_id, currency);
