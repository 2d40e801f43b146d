-- billing_ro reads the schema bill and nothing else. Roles belong to the whole cluster: a migrating role that may not
-- make one goes on without it, and a DBA may run the grants below later.

DO $$
BEGIN
  CREATE ROLE billing_ro NOLOGIN;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the cluster made it
  WHEN insufficient_privilege THEN RAISE NOTICE 'role billing_ro not made: the migrating role may not';
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA ops, ref, crm, rate, route, money, traffic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rate, money FROM PUBLIC;
REVOKE ALL ON FUNCTION ops.ensure_partitions(integer) FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'billing_ro') THEN
    GRANT USAGE ON SCHEMA bill TO billing_ro;
    GRANT SELECT ON ALL TABLES IN SCHEMA bill TO billing_ro;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bill TO billing_ro;
    ALTER DEFAULT PRIVILEGES IN SCHEMA bill GRANT SELECT ON TABLES TO billing_ro;
  END IF;
END $$;
