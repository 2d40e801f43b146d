-- What must always be true, as views of what breaks it: each must be empty at every moment. A row is a page to someone.

-- I1: an accepted message is charged what its price says, and was not refused as well.
CREATE VIEW bill.v_broken_i1 AS
SELECT m.accept_day, m.message_id, 'amount is not rate x units' AS what
FROM traffic.message m
LEFT JOIN rate.rate r ON r.rate_id = m.rate_id
LEFT JOIN rate.deck d ON d.deck_id = r.deck_id
WHERE m.amount <> m.rate * CASE WHEN d.unit = 'message' THEN 1 ELSE m.segments END
UNION ALL
SELECT m.accept_day, m.message_id, 'accepted and refused'
FROM traffic.message m JOIN traffic.reject j ON j.accept_day = m.accept_day AND j.message_id = m.message_id;

-- I2: a balance is the sum of its ledger.
CREATE VIEW bill.v_broken_i2 AS
SELECT a.account_id, a.balance, coalesce(e.total, 0) AS ledger
FROM money.account a
LEFT JOIN (SELECT account_id, sum(amount) AS total FROM money.ledger_entry GROUP BY account_id) e
  ON e.account_id = a.account_id
WHERE a.balance <> coalesce(e.total, 0);

-- I3: what a batch took from an account is what its messages cost; and a batch's check sum holds.
CREATE VIEW bill.v_broken_i3 AS
SELECT node_id, epoch, batch_seq, account_id, charged, booked
FROM (SELECT node_id, epoch, batch_seq, account_id, sum(amount) AS charged
      FROM traffic.message WHERE amount <> 0 GROUP BY node_id, epoch, batch_seq, account_id) m
FULL JOIN (SELECT node_id, epoch, batch_seq, account_id, -sum(amount) AS booked
           FROM money.ledger_entry WHERE kind = 'usage' GROUP BY node_id, epoch, batch_seq, account_id) e
  USING (node_id, epoch, batch_seq, account_id)
WHERE charged IS DISTINCT FROM booked
UNION ALL
SELECT b.node_id, b.epoch, b.batch_seq, NULL, b.total, coalesce(e.booked, 0)
FROM money.settle_batch b
LEFT JOIN (SELECT node_id, epoch, batch_seq, -sum(amount) AS booked
           FROM money.ledger_entry WHERE kind = 'usage' GROUP BY node_id, epoch, batch_seq) e
  USING (node_id, epoch, batch_seq)
WHERE b.total <> coalesce(e.booked, 0);

-- I4: nobody is past the limit, whatever nodes still hold.
CREATE VIEW bill.v_broken_i4 AS
SELECT account_id, balance, credit_limit, held, leased
FROM money.account WHERE balance + credit_limit - held - leased < 0;

-- I5: what an account has lent is what open leases hold, and a closed epoch holds nothing.
CREATE VIEW bill.v_broken_i5 AS
SELECT a.account_id, a.leased, coalesce(l.total, 0) AS in_leases, 'leased is not the sum of its leases' AS what
FROM money.account a
LEFT JOIN (SELECT account_id, sum(granted - spent - returned) AS total
           FROM money.credit_lease WHERE state = 'open' GROUP BY account_id) l ON l.account_id = a.account_id
WHERE a.leased <> coalesce(l.total, 0)
UNION ALL
SELECT l.account_id, l.granted, l.spent, 'open lease of a closed epoch'
FROM money.credit_lease l JOIN money.node_epoch e ON e.node_id = l.node_id AND e.epoch = l.epoch
WHERE l.state = 'open' AND e.closed_at IS NOT NULL
UNION ALL
SELECT a.account_id, a.held, 0, 'held, and nothing holds yet' FROM money.account a WHERE a.held <> 0;

-- I7: every attempt a supplier took has its cost, and stands for a message that was charged or refused. The last minute
-- is left out: an attempt and its message may travel in two batches.
CREATE VIEW bill.v_broken_i7 AS
SELECT t.accept_day, t.message_id, t.attempt_no, 'cost is not rate x units' AS what
FROM traffic.attempt t
LEFT JOIN rate.rate r ON r.rate_id = t.rate_id
LEFT JOIN rate.deck d ON d.deck_id = r.deck_id
WHERE t.cost <> CASE WHEN t.result <> 'accepted' THEN 0
                     ELSE t.rate * CASE WHEN d.unit = 'message' THEN 1 ELSE t.segments END END
UNION ALL
SELECT t.accept_day, t.message_id, t.attempt_no, 'taken, but neither charged nor refused'
FROM traffic.attempt t
WHERE t.result = 'accepted' AND t.ended_at < now() - interval '1 minute'
  AND NOT EXISTS (SELECT FROM traffic.message m
                  WHERE m.accept_day = t.accept_day AND m.message_id = t.message_id)
  AND NOT EXISTS (SELECT FROM traffic.reject j
                  WHERE j.accept_day = t.accept_day AND j.message_id = t.message_id);

-- All of them in one look: nothing to see is what one wants to see.
CREATE VIEW bill.v_broken AS
SELECT 'i1' AS invariant, count(*) AS rows FROM bill.v_broken_i1 HAVING count(*) > 0 UNION ALL
SELECT 'i2', count(*) FROM bill.v_broken_i2 HAVING count(*) > 0 UNION ALL
SELECT 'i3', count(*) FROM bill.v_broken_i3 HAVING count(*) > 0 UNION ALL
SELECT 'i4', count(*) FROM bill.v_broken_i4 HAVING count(*) > 0 UNION ALL
SELECT 'i5', count(*) FROM bill.v_broken_i5 HAVING count(*) > 0 UNION ALL
SELECT 'i7', count(*) FROM bill.v_broken_i7 HAVING count(*) > 0;
