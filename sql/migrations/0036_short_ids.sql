-- Sessions below SMPP v3.4 have room for 8 characters of a message_id: some ids are written so. server/base/short_id.h has the
-- picture; both sides must agree for ever.
ALTER TABLE crm.client ADD COLUMN short_ids boolean NOT NULL DEFAULT true;

-- The id that a client has for a message: of a submit_multi that of its block, for all its messages.
CREATE FUNCTION bill.named_id(p_id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (p_id & 1023) < 512 THEN p_id WHEN (p_id & 1023) < 768 THEN p_id & ~15::bigint ELSE p_id & ~255::bigint END
$$;

-- Of a single message's or a block's id. A second has 80 places of a node and loop: 72 of single messages, 13 ms apart, 4 of small
-- blocks and 4 of large ones, 250 ms apart. What has no place is written in digits.
CREATE FUNCTION bill.id_text(p_id bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  secs  bigint := (p_id >> 22) / 1000;  -- since 2025
  ms    bigint := (p_id >> 22) % 1000;
  place bigint;
  code  bigint;
  told  text := '';
BEGIN
  IF (p_id & 1023) = 511 AND ms % 13 = 0 AND ms / 13 < 72 THEN
    place := ms / 13;
  ELSIF (p_id & 1023) = 752 AND ms % 250 = 0 THEN
    place := 72 + ms / 250;
  ELSIF (p_id & 1023) = 768 AND ms % 250 = 0 THEN
    place := 76 + ms / 250;
  END IF;
  IF place IS NULL OR secs >= 218340105584896 / (4096 * 80) THEN  -- 62^8 codes
    RETURN p_id::text;
  END IF;
  code := (secs * 4096 + ((p_id >> 10) & 4095)) * 80 + place;
  FOR n IN 1 .. 8 LOOP
    told := substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', (code % 62)::integer + 1, 1) || told;
    code := code / 62;
  END LOOP;
  RETURN told;
END $$;

-- As the client reads it, in answers and receipts. Most ids need no look at more than their counter.
CREATE FUNCTION bill.client_message_id(p_message_id bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (p_message_id & 1023) < 511 THEN p_message_id::text
              ELSE bill.id_text(bill.named_id(p_message_id)) END
$$;

-- And back: of a submit_multi its block's id, whose messages have the next 15 (where id & 1023 is below 768) or 255. NULL: no
-- client was ever told so. Decimal digits name a short id, too.
CREATE FUNCTION bill.message_id_of(p_text text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code   bigint := 0;
  place  integer;
  secs   bigint;  -- since 2025
BEGIN
  IF length(p_text) <> 8 THEN
    IF p_text COLLATE "C" !~ '^[1-9][0-9]{0,18}$' THEN
      RETURN NULL;
    END IF;
    RETURN CASE WHEN p_text::numeric <= 9223372036854775807 THEN p_text::bigint END;
  END IF;
  FOR n IN 1 .. 8 LOOP
    place := strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' COLLATE "C", substr(p_text, n, 1));
    IF place = 0 THEN
      RETURN NULL;
    END IF;
    code := code * 62 + place - 1;
  END LOOP;
  secs := code / (4096 * 80);
  IF secs >= 218340105584896 / (4096 * 80) THEN
    RETURN NULL;
  END IF;
  place := code % 80;
  RETURN ((secs * 1000 + CASE WHEN place < 72 THEN place * 13 WHEN place < 76 THEN (place - 72) * 250
                              ELSE (place - 76) * 250 END) << 22)
       | ((code / 80 % 4096) << 10)
       | CASE WHEN place < 72 THEN 511 WHEN place < 76 THEN 752 ELSE 768 END;
END $$;

-- A new column stands at the end.
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
       p.charged, coalesce(r.amount, 0) AS refund, o.cause, o.told_at, o.told_tries,
       bill.client_message_id(m.message_id) AS client_message_id
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
