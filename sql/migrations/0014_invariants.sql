-- What must always be true, with holds, refunds, the queue and receipts that wait; and what people ask about messages whose
-- end is in doubt. I9 (an invoice is the sum of its messages) waits for invoices.

-- New columns stand at the end: `charged` is what the client pays in the end, so far.
CREATE OR REPLACE VIEW bill.v_cdr AS
SELECT m.accept_day, m.message_id, m.accepted_at, c.system_id AS client,
       bill.mask_source(m.source_addr) AS source_addr,
       bill.mask_number(m.destination_addr) AS destination, n.iso2 AS country, n.mcc, n.mnc, n.name AS network,
       m.class, m.data_coding, m.segments, m.rate_id, m.rate, m.amount, acc.currency,
       s.name AS supplier, s.currency AS cost_currency, coalesce(k.cost, 0) AS cost,
       CASE WHEN s.currency = acc.currency THEN p.charged - coalesce(k.cost, 0) END AS margin,
       CASE WHEN k.uncertain > 0 THEN 'uncertain' ELSE 'certain' END AS cost_state,
       greatest(m.attempts, k.attempts::integer) AS attempts,
       CASE o.message_state WHEN 1 THEN 'ENROUTE' WHEN 2 THEN 'DELIVRD' WHEN 3 THEN 'EXPIRED' WHEN 4 THEN 'DELETED'
            WHEN 5 THEN 'UNDELIV' WHEN 6 THEN 'ACCEPTD' WHEN 7 THEN 'UNKNOWN' WHEN 8 THEN 'REJECTD'
            ELSE CASE WHEN m.registered_delivery & 3 = 0 AND m.basis <> 'delivered' AND k.taken > 0 THEN 'none asked'
                      ELSE 'pending' END END AS state,
       o.error, o.received_at AS final_at, m.script_version, m.decision,
       m.basis,
       CASE WHEN m.amount = 0 THEN 'free' WHEN r.amount IS NOT NULL THEN 'refunded' WHEN m.basis = 'submit' THEN 'charged'
            WHEN f.amount IS NULL THEN 'held' WHEN f.amount = 0 THEN 'released' ELSE 'charged' END AS charge_state,
       p.charged, coalesce(r.amount, 0) AS refund, o.cause, o.told_at, o.told_tries
FROM traffic.message m
LEFT JOIN crm.client c ON c.client_id = m.client_id
LEFT JOIN money.account acc ON acc.account_id = m.account_id
LEFT JOIN ref.network n ON n.network_id = m.network_id
LEFT JOIN traffic.outcome o ON o.accept_day = m.accept_day AND o.message_id = m.message_id
LEFT JOIN traffic.charge_final f ON f.accept_day = m.accept_day AND f.message_id = m.message_id
LEFT JOIN traffic.refund r ON r.accept_day = m.accept_day AND r.message_id = m.message_id
LEFT JOIN LATERAL (SELECT sum(a.cost) AS cost, count(*) FILTER (WHERE a.cost_state = 'uncertain') AS uncertain,
                          count(*) AS attempts, count(*) FILTER (WHERE a.result = 'accepted') AS taken,
                          (array_agg(a.supplier_id ORDER BY a.attempt_no DESC) FILTER (WHERE a.result = 'accepted'))[1]
                            AS supplier_id
                   FROM traffic.attempt a
                   WHERE a.accept_day = m.accept_day AND a.message_id = m.message_id) k ON true
-- of a queued message only its attempts know the supplier
LEFT JOIN crm.supplier s ON s.supplier_id = CASE m.supplier_id WHEN 0 THEN k.supplier_id ELSE m.supplier_id END
CROSS JOIN LATERAL (SELECT (CASE m.basis WHEN 'submit' THEN m.amount - coalesce(r.amount, 0)
                                         ELSE coalesce(f.amount, 0) END)::numeric AS charged) p;

-- A message that is held counts in `messages`, and in `sold` when it is charged.
CREATE OR REPLACE VIEW bill.v_margin_daily AS
SELECT accept_day, client, country, network, mcc, mnc, supplier, currency, cost_currency, count(*) AS messages,
       sum(segments) AS segments, sum(charged) AS sold, sum(cost) AS cost, sum(margin) AS margin
FROM bill.v_cdr
GROUP BY accept_day, client, country, network, mcc, mnc, supplier, currency, cost_currency;

CREATE OR REPLACE VIEW bill.v_open_leases AS
SELECT c.system_id AS client, l.account_id, a.currency, l.node_id, l.epoch, l.granted, l.spent,
       l.granted - l.spent - l.held - l.returned AS at_node, l.opened_at, e.closed_at IS NOT NULL AS epoch_closed,
       l.held, e.ended_at IS NOT NULL AS epoch_ended
FROM money.credit_lease l
JOIN money.account a ON a.account_id = l.account_id
JOIN money.node_epoch e ON e.node_id = l.node_id AND e.epoch = l.epoch
LEFT JOIN crm.client c ON c.account_id = l.account_id
WHERE l.state = 'open';

-- Submits of which nobody knows whether the supplier took them, and what became of their messages.
CREATE VIEW bill.v_unknown AS
SELECT t.accept_day, t.message_id, t.attempt_no, t.sent_at, c.system_id AS client, s.name AS supplier, s.on_unknown,
       CASE WHEN o.message_id IS NOT NULL THEN 'final'
            WHEN q.message_id IS NOT NULL THEN CASE WHEN q.next_at = 'infinity' THEN 'held' ELSE 'queued' END
            WHEN m.message_id IS NOT NULL THEN 'taken'
            WHEN j.message_id IS NOT NULL THEN 'refused' ELSE 'lost' END AS now,
       o.message_state, o.cause
FROM traffic.attempt t
LEFT JOIN crm.supplier s ON s.supplier_id = t.supplier_id
LEFT JOIN traffic.message m ON m.accept_day = t.accept_day AND m.message_id = t.message_id
LEFT JOIN LATERAL (SELECT r.message_id, r.client_id FROM traffic.reject r
                   WHERE r.accept_day = t.accept_day AND r.message_id = t.message_id LIMIT 1) j ON true
LEFT JOIN crm.client c ON c.client_id = coalesce(m.client_id, j.client_id)
LEFT JOIN traffic.outcome o ON o.accept_day = t.accept_day AND o.message_id = t.message_id
LEFT JOIN traffic.queue q ON q.message_id = t.message_id
WHERE t.result = 'unknown';

-- What may have arrived twice: submits at a supplier, receipts at a client.
CREATE VIEW bill.v_duplicates AS
SELECT t.accept_day, t.message_id, 'submit' AS what, t.attempt_no::bigint AS no, s.name AS party, t.result AS became,
       t.sent_at AS at
FROM traffic.attempt t LEFT JOIN crm.supplier s ON s.supplier_id = t.supplier_id
WHERE t.possible_duplicate
UNION ALL
SELECT traffic.accept_day(e.message_id), e.message_id, 'receipt', e.receipt_id, c.system_id, e.what, e.at
FROM traffic.receipt_event e
LEFT JOIN traffic.message m ON m.accept_day = traffic.accept_day(e.message_id) AND m.message_id = e.message_id
LEFT JOIN crm.client c ON c.client_id = m.client_id
WHERE e.possible_duplicate;

-- I1: an accepted message is one row, priced as its rate says, and was not refused as well; once its end is known, what was
-- held for it is charged or released, once.
CREATE OR REPLACE VIEW bill.v_broken_i1 AS
SELECT m.accept_day, m.message_id, 'amount is not rate x units' AS what
FROM traffic.message m
LEFT JOIN rate.rate r ON r.rate_id = m.rate_id
LEFT JOIN rate.deck d ON d.deck_id = r.deck_id
WHERE m.amount <> m.rate * CASE WHEN d.unit = 'message' THEN 1 ELSE m.segments END
UNION ALL
SELECT m.accept_day, m.message_id, 'accepted and refused'
FROM traffic.message m JOIN traffic.reject j ON j.accept_day = m.accept_day AND j.message_id = m.message_id
UNION ALL
SELECT m.accept_day, m.message_id, 'final, and still held'
FROM traffic.message m
JOIN traffic.outcome o ON o.accept_day = m.accept_day AND o.message_id = m.message_id
LEFT JOIN traffic.charge_final f ON f.accept_day = m.accept_day AND f.message_id = m.message_id
WHERE m.basis <> 'submit' AND m.amount > 0 AND f.message_id IS NULL
UNION ALL
SELECT m.accept_day, m.message_id, 'taken by a supplier, and still held'
FROM traffic.message m
JOIN traffic.attempt t ON t.accept_day = m.accept_day AND t.message_id = m.message_id AND t.result = 'accepted'
LEFT JOIN traffic.charge_final f ON f.accept_day = m.accept_day AND f.message_id = m.message_id
WHERE m.basis = 'upstream_ack' AND m.amount > 0 AND f.message_id IS NULL
UNION ALL
SELECT f.accept_day, f.message_id, 'resolved what was not held so'
FROM traffic.charge_final f
LEFT JOIN traffic.message m ON m.accept_day = f.accept_day AND m.message_id = f.message_id
WHERE m.basis IS NULL OR m.basis = 'submit' OR m.amount <> f.held OR m.account_id <> f.account_id;

-- I3: what a batch took from an account is what its messages cost and its held ones came to; what it gave back is its
-- refunds; and its check sum holds.
CREATE OR REPLACE VIEW bill.v_broken_i3 AS
SELECT node_id, epoch, batch_seq, account_id, charged, booked
FROM (SELECT node_id, epoch, batch_seq, account_id, sum(amount) AS charged
      FROM (SELECT node_id, epoch, batch_seq, account_id, amount FROM traffic.message WHERE basis = 'submit'
            UNION ALL
            SELECT node_id, epoch, batch_seq, account_id, amount FROM traffic.charge_final) u
      WHERE amount <> 0 GROUP BY node_id, epoch, batch_seq, account_id) m
FULL JOIN (SELECT node_id, epoch, batch_seq, account_id, -sum(amount) AS booked
           FROM money.ledger_entry WHERE kind = 'usage' GROUP BY node_id, epoch, batch_seq, account_id) e
  USING (node_id, epoch, batch_seq, account_id)
WHERE charged IS DISTINCT FROM booked
UNION ALL
SELECT node_id, epoch, batch_seq, account_id, refunded, booked
FROM (SELECT node_id, epoch, batch_seq, account_id, sum(amount) AS refunded
      FROM traffic.refund GROUP BY node_id, epoch, batch_seq, account_id) r
FULL JOIN (SELECT node_id, epoch, batch_seq, account_id, sum(amount) AS booked
           FROM money.ledger_entry WHERE kind = 'refund' AND batch_seq IS NOT NULL
           GROUP BY node_id, epoch, batch_seq, account_id) e
  USING (node_id, epoch, batch_seq, account_id)
WHERE refunded IS DISTINCT FROM booked
UNION ALL
SELECT b.node_id, b.epoch, b.batch_seq, NULL, b.total, coalesce(m.total, 0)
FROM money.settle_batch b
LEFT JOIN (SELECT node_id, epoch, batch_seq, sum(amount) AS total
           FROM traffic.message GROUP BY node_id, epoch, batch_seq) m
  USING (node_id, epoch, batch_seq)
WHERE b.total <> coalesce(m.total, 0);

-- I5: what an account has lent is what open leases hold, a closed epoch holds nothing, and what is held for messages is what
-- they cost.
CREATE OR REPLACE VIEW bill.v_broken_i5 AS
SELECT a.account_id, a.leased, coalesce(l.total, 0) AS in_leases, 'leased is not the sum of its leases' AS what
FROM money.account a
LEFT JOIN (SELECT account_id, sum(granted - spent - held - returned) AS total
           FROM money.credit_lease WHERE state = 'open' GROUP BY account_id) l ON l.account_id = a.account_id
WHERE a.leased <> coalesce(l.total, 0)
UNION ALL
SELECT l.account_id, l.granted, l.spent, 'open lease of a closed epoch'
FROM money.credit_lease l JOIN money.node_epoch e ON e.node_id = l.node_id AND e.epoch = l.epoch
WHERE l.state = 'open' AND e.closed_at IS NOT NULL
UNION ALL
SELECT a.account_id, a.held, coalesce(h.total, 0), 'held is not the sum of its held messages'
FROM money.account a
LEFT JOIN (SELECT m.account_id, sum(m.amount) AS total
           FROM traffic.message m
           LEFT JOIN traffic.charge_final f ON f.accept_day = m.accept_day AND f.message_id = m.message_id
           WHERE m.basis <> 'submit' AND f.message_id IS NULL
           GROUP BY m.account_id) h ON h.account_id = a.account_id
WHERE a.held <> coalesce(h.total, 0);

-- I6: nothing is given back that was not charged, nor more.
CREATE VIEW bill.v_broken_i6 AS
SELECT r.accept_day, r.message_id, r.amount AS refunded, CASE WHEN m.basis = 'submit' THEN m.amount END AS charged
FROM traffic.refund r
LEFT JOIN traffic.message m ON m.accept_day = r.accept_day AND m.message_id = r.message_id
WHERE m.basis IS DISTINCT FROM 'submit' OR r.amount > m.amount OR r.account_id <> m.account_id;

-- I7: every attempt a supplier took has its cost.
CREATE OR REPLACE VIEW bill.v_broken_i7 AS
SELECT t.accept_day, t.message_id, t.attempt_no, 'cost is not rate x units' AS what
FROM traffic.attempt t
LEFT JOIN rate.rate r ON r.rate_id = t.rate_id
LEFT JOIN rate.deck d ON d.deck_id = r.deck_id
WHERE t.cost <> CASE WHEN t.result <> 'accepted' THEN 0
                     ELSE t.rate * CASE WHEN d.unit = 'message' THEN 1 ELSE t.segments END END;

-- I8: what a supplier took stands for a message that was accepted or refused; nothing waits that is over, or for another
-- client. The last minute of attempts and outcomes is left out: what a turn of a loop wrote may travel in two batches.
CREATE VIEW bill.v_broken_i8 AS
SELECT t.accept_day, t.message_id, 'taken, but neither accepted nor refused' AS what
FROM traffic.attempt t
LEFT JOIN traffic.message m ON m.accept_day = t.accept_day AND m.message_id = t.message_id
LEFT JOIN traffic.reject j ON j.accept_day = t.accept_day AND j.message_id = t.message_id
WHERE t.result = 'accepted' AND t.ended_at < now() - interval '1 minute'
  AND m.message_id IS NULL AND j.message_id IS NULL
UNION ALL
SELECT o.accept_day, q.message_id, 'final, and still queued'
FROM traffic.queue q
JOIN traffic.outcome o ON o.accept_day = traffic.accept_day(q.message_id) AND o.message_id = q.message_id
WHERE o.received_at < now() - interval '1 minute'
UNION ALL
SELECT traffic.accept_day(q.message_id), q.message_id, 'queued, but never accepted'
FROM traffic.queue q
LEFT JOIN traffic.message m ON m.accept_day = traffic.accept_day(q.message_id) AND m.message_id = q.message_id
WHERE m.message_id IS NULL
UNION ALL
SELECT m.accept_day, w.message_id, 'a receipt waits for another client'
FROM traffic.receipt w
JOIN traffic.message m ON m.accept_day = traffic.accept_day(w.message_id) AND m.message_id = w.message_id
WHERE m.client_id <> w.client_id;

CREATE OR REPLACE VIEW bill.v_broken AS
SELECT 'i1' AS invariant, count(*) AS rows FROM bill.v_broken_i1 HAVING count(*) > 0 UNION ALL
SELECT 'i2', count(*) FROM bill.v_broken_i2 HAVING count(*) > 0 UNION ALL
SELECT 'i3', count(*) FROM bill.v_broken_i3 HAVING count(*) > 0 UNION ALL
SELECT 'i4', count(*) FROM bill.v_broken_i4 HAVING count(*) > 0 UNION ALL
SELECT 'i5', count(*) FROM bill.v_broken_i5 HAVING count(*) > 0 UNION ALL
SELECT 'i6', count(*) FROM bill.v_broken_i6 HAVING count(*) > 0 UNION ALL
SELECT 'i7', count(*) FROM bill.v_broken_i7 HAVING count(*) > 0 UNION ALL
SELECT 'i8', count(*) FROM bill.v_broken_i8 HAVING count(*) > 0;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'billing_ro') THEN
    GRANT SELECT ON ALL TABLES IN SCHEMA bill TO billing_ro;
  END IF;
END $$;
