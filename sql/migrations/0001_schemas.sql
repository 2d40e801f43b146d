-- The schemas, the types of money, and the version of the catalog.
-- Every object is named with its schema and every function pins its search_path: no name depends on who calls.

CREATE SCHEMA IF NOT EXISTS ops;  -- the migrator has made it already, for ops.migration
CREATE SCHEMA ref;                -- networks, prefixes, countries, currencies
CREATE SCHEMA crm;                -- clients and suppliers
CREATE SCHEMA rate;               -- decks and their rows
CREATE SCHEMA route;              -- where mobile originated messages go
CREATE SCHEMA money;              -- accounts, leases, ledger
CREATE SCHEMA traffic;            -- messages, attempts, outcomes, rejects
CREATE SCHEMA bill;               -- what billing teams may read: views only

-- equality of numbers and texts within a gist exclusion constraint: rate.rate needs it
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA ops;

-- Money is exact: the hub counts integers of 10^-9, PostgreSQL keeps all nine decimals.
CREATE DOMAIN money.money_t AS numeric(24,9);
CREATE DOMAIN money.rate_t AS numeric(14,9) CHECK (VALUE >= 0);

-- One row that grows with every change of a row the hub keeps in memory. The NOTIFY is for tools: the hub itself does
-- not listen yet, it reads again when hubctl reload says so.
CREATE TABLE ops.catalog_version (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version    bigint NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by bigint NOT NULL  -- the transaction that made this version: it counts once, whatever it changes
);
INSERT INTO ops.catalog_version (version, changed_at, changed_by) VALUES (1, now(), 0);

CREATE FUNCTION ops.bump_catalog() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE ops.catalog_version SET version = version + 1, changed_at = now(), changed_by = txid_current()
    WHERE changed_by <> txid_current();
  NOTIFY hub_catalog;  -- many in one transaction arrive as one
  RETURN NULL;
END $$;

-- One trigger a table and statement: CALL ops.watch_catalog('rate.deck') for each table that the hub reads.
CREATE PROCEDURE ops.watch_catalog(watched regclass) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER bump_catalog AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
                 'FOR EACH STATEMENT EXECUTE FUNCTION ops.bump_catalog()', watched);
END $$;
