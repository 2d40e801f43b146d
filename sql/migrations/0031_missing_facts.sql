-- What rows could not say: whose a stored MO is that came to a bad end, and whether a text begins with a header.

-- What 0027 left unchecked: every row, while everybody goes on reading and writing. So it stands before what locks others out
-- until the end of this file.
ALTER TABLE traffic.outcome VALIDATE CONSTRAINT outcome_cause_check;
ALTER TABLE traffic.outcome_late VALIDATE CONSTRAINT outcome_cause_check;
ALTER TABLE traffic.refund VALIDATE CONSTRAINT refund_reason_check;

-- As the client sent it. NULL: accepted by an earlier version. No default, so no row is written anew.
ALTER TABLE traffic.message ADD COLUMN esm_class smallint;

-- Of a receipt its message knows client and supplier; an MO has no message.
ALTER TABLE traffic.receipt ADD COLUMN supplier_id bigint;        -- an MO came from it; NULL: a receipt, or stored by an earlier version
ALTER TABLE traffic.receipt_event
  ADD COLUMN client_id   bigint,                                  -- NULL: by an earlier version, or its row had gone before
  ADD COLUMN supplier_id bigint;                                  -- as of the row

-- A start asks by message, and would read all that waits. An index of ids that grow is written at its end, and most receipts end
-- within their batch and never stand here.
CREATE INDEX ON traffic.receipt (message_id) WHERE message_id <> 0;

-- As 0015 says. Whose they are goes with them.
CREATE OR REPLACE FUNCTION ops.expire_receipts(p_node integer, p_limit integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  WITH late AS (
    SELECT r.receipt_id FROM traffic.receipt r
    WHERE r.node_id = p_node AND r.expires_at < now() - interval '2 minutes'
    ORDER BY r.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM traffic.receipt r USING late WHERE r.receipt_id = late.receipt_id
    RETURNING r.message_id, r.receipt_id, r.tries, r.client_id, r.supplier_id
  )
  INSERT INTO traffic.receipt_event (at, message_id, receipt_id, what, tries, possible_duplicate, command_status, client_id,
                                     supplier_id)
  SELECT now(), message_id, receipt_id, 'expired', tries, tries > 0, 0, client_id, supplier_id FROM gone;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- Receipts and stored MO that did not simply arrive: sent more than once, refused, over. An MO has the day of its receipt_id.
CREATE VIEW bill.v_receipt_events AS
SELECT traffic.accept_day(CASE e.message_id WHEN 0 THEN e.receipt_id ELSE e.message_id END) AS accept_day, e.message_id,
       e.receipt_id, CASE e.message_id WHEN 0 THEN 'mo' ELSE 'receipt' END AS kind, c.system_id AS client,
       s.name AS supplier, e.what, e.tries, e.possible_duplicate, e.command_status, e.at
FROM traffic.receipt_event e
LEFT JOIN traffic.message m ON m.accept_day = traffic.accept_day(e.message_id) AND m.message_id = e.message_id
LEFT JOIN traffic.outcome o ON o.accept_day = traffic.accept_day(e.message_id) AND o.message_id = e.message_id
LEFT JOIN crm.client c ON c.client_id = coalesce(e.client_id, m.client_id)
LEFT JOIN crm.supplier s ON s.supplier_id = coalesce(e.supplier_id, nullif(o.supplier_id, 0), m.supplier_id);

-- As 0014 says. `supplier`, at the end: where it went, or came from.
CREATE OR REPLACE VIEW bill.v_duplicates AS
SELECT t.accept_day, t.message_id, 'submit' AS what, t.attempt_no::bigint AS no, s.name AS party, t.result AS became,
       t.sent_at AS at, s.name AS supplier
FROM traffic.attempt t LEFT JOIN crm.supplier s ON s.supplier_id = t.supplier_id
WHERE t.possible_duplicate
UNION ALL
SELECT e.accept_day, e.message_id, e.kind, e.receipt_id, e.client, e.what, e.at, e.supplier
FROM bill.v_receipt_events e
WHERE e.possible_duplicate;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'billing_ro') THEN
    GRANT SELECT ON ALL TABLES IN SCHEMA bill TO billing_ro;
  END IF;
END $$;
