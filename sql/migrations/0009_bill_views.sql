-- What billing teams select. Views only; numbers masked; no password anywhere near.

CREATE FUNCTION bill.mask_number(number text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN length(number) <= 6 THEN repeat('*', length(number))
              ELSE left(number, 4) || repeat('*', length(number) - 6) || right(number, 2) END
$$;

-- A source is a name ("ACME"), a short code, or somebody's number: only the last is masked.
CREATE FUNCTION bill.mask_source(source text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN source ~ '^\+?[0-9]{9,}$' THEN bill.mask_number(source) ELSE source END
$$;

CREATE VIEW bill.v_cdr AS
SELECT m.accept_day, m.message_id, m.accepted_at, c.system_id AS client,
       bill.mask_source(m.source_addr) AS source_addr,
       bill.mask_number(m.destination_addr) AS destination, n.iso2 AS country, n.mcc, n.mnc, n.name AS network,
       m.class, m.data_coding, m.segments, m.rate_id, m.rate, m.amount, acc.currency,
       s.name AS supplier, s.currency AS cost_currency, coalesce(k.cost, 0) AS cost,
       CASE WHEN s.currency = acc.currency THEN m.amount - coalesce(k.cost, 0) END AS margin,
       CASE WHEN k.uncertain > 0 THEN 'uncertain' ELSE 'certain' END AS cost_state,
       m.attempts,
       CASE o.message_state WHEN 1 THEN 'ENROUTE' WHEN 2 THEN 'DELIVRD' WHEN 3 THEN 'EXPIRED' WHEN 4 THEN 'DELETED'
            WHEN 5 THEN 'UNDELIV' WHEN 6 THEN 'ACCEPTD' WHEN 7 THEN 'UNKNOWN' WHEN 8 THEN 'REJECTD'
            ELSE 'pending' END AS state,
       o.error, o.received_at AS final_at, m.script_version, m.decision
FROM traffic.message m
LEFT JOIN crm.client c ON c.client_id = m.client_id
LEFT JOIN money.account acc ON acc.account_id = m.account_id
LEFT JOIN crm.supplier s ON s.supplier_id = m.supplier_id
LEFT JOIN ref.network n ON n.network_id = m.network_id
LEFT JOIN traffic.outcome o ON o.accept_day = m.accept_day AND o.message_id = m.message_id
LEFT JOIN LATERAL (SELECT sum(a.cost) AS cost, count(*) FILTER (WHERE a.cost_state = 'uncertain') AS uncertain
                   FROM traffic.attempt a
                   WHERE a.accept_day = m.accept_day AND a.message_id = m.message_id) k ON true;

-- The ledger as a client reads it: every entry with the balance after it.
CREATE VIEW bill.v_statement AS
SELECT c.system_id AS client, e.account_id, e.entry_id, e.at, e.kind, e.amount,
       sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.entry_id) AS balance, a.currency, e.reason,
       e.external_ref
FROM money.ledger_entry e
JOIN money.account a ON a.account_id = e.account_id
LEFT JOIN crm.client c ON c.account_id = e.account_id;

CREATE VIEW bill.v_balance_now AS
SELECT c.system_id AS client, a.account_id, a.currency, a.balance, a.credit_limit, a.held, a.leased,
       a.balance + a.credit_limit - a.held - a.leased AS available, a.status
FROM money.account a
LEFT JOIN crm.client c ON c.account_id = a.account_id;

-- Where money was made. A message whose cost is in another currency counts in `messages` and `sold`, its margin is NULL.
CREATE VIEW bill.v_margin_daily AS
SELECT accept_day, client, country, network, mcc, mnc, supplier, currency, cost_currency, count(*) AS messages,
       sum(segments) AS segments, sum(amount) AS sold, sum(cost) AS cost, sum(margin) AS margin
FROM bill.v_cdr
GROUP BY accept_day, client, country, network, mcc, mnc, supplier, currency, cost_currency;

-- What each supplier will ask for, by the day the message was accepted.
CREATE VIEW bill.v_supplier_payable AS
SELECT a.accept_day, s.name AS supplier, s.currency, a.rate_id, a.rate, count(*) AS messages,
       sum(a.segments) AS segments, sum(a.cost) AS payable
FROM traffic.attempt a JOIN crm.supplier s ON s.supplier_id = a.supplier_id
WHERE a.cost_state = 'certain'
GROUP BY a.accept_day, s.name, s.currency, a.rate_id, a.rate;

-- Sent, and never answered: the supplier may bill it all the same.
CREATE VIEW bill.v_uncertain_cost AS
SELECT a.accept_day, a.message_id, a.attempt_no, s.name AS supplier, s.currency, a.result, a.sent_at,
       a.rate * CASE WHEN d.unit = 'message' THEN 1 ELSE a.segments END AS may_cost
FROM traffic.attempt a
JOIN crm.supplier s ON s.supplier_id = a.supplier_id
LEFT JOIN rate.rate r ON r.rate_id = a.rate_id
LEFT JOIN rate.deck d ON d.deck_id = r.deck_id
WHERE a.cost_state = 'uncertain';

CREATE VIEW bill.v_rejects AS
SELECT r.accept_day, r.message_id, r.at, c.system_id AS client, bill.mask_source(r.source_addr) AS source_addr,
       bill.mask_number(r.destination_addr) AS destination, n.iso2 AS country, n.name AS network, r.reason,
       r.command_status, r.decision
FROM traffic.reject r
LEFT JOIN crm.client c ON c.client_id = r.client_id
LEFT JOIN ref.network n ON n.network_id = r.network_id;

-- The decks as they stood, or will stand, at a moment.
CREATE FUNCTION bill.deck_asof(moment timestamptz)
RETURNS TABLE (deck text, currency char(3), unit text, mcc char(3), mnc varchar(3), prefix varchar(15), class text,
               price numeric, blocked boolean, valid_from timestamptz, valid_until timestamptz, rate_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
  SELECT d.name, d.currency, d.unit, r.mcc, r.mnc, r.prefix, r.class, r.price, r.blocked, lower(r.valid),
         upper(r.valid), r.rate_id
  FROM rate.rate r JOIN rate.deck d ON d.deck_id = r.deck_id
  WHERE r.valid @> moment
$$;
CREATE VIEW bill.v_deck_asof AS SELECT * FROM bill.deck_asof(now());

CREATE VIEW bill.v_open_leases AS
SELECT c.system_id AS client, l.account_id, a.currency, l.node_id, l.epoch, l.granted, l.spent,
       l.granted - l.spent - l.returned AS at_node, l.opened_at, e.closed_at IS NOT NULL AS epoch_closed
FROM money.credit_lease l
JOIN money.account a ON a.account_id = l.account_id
JOIN money.node_epoch e ON e.node_id = l.node_id AND e.epoch = l.epoch
LEFT JOIN crm.client c ON c.account_id = l.account_id
WHERE l.state = 'open';
