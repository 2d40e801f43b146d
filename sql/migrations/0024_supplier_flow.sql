-- How fast a supplier may be sent to, and where else one of its binds may be found.
ALTER TABLE crm.supplier ADD COLUMN rate_per_second bigint NOT NULL DEFAULT 0  -- of all its binds together, of each node; 0: no limit
  CHECK (rate_per_second BETWEEN 0 AND 1000000);
ALTER TABLE crm.supplier_bind
  ADD COLUMN rate_per_second bigint NOT NULL DEFAULT 0   -- of each of its sessions; 0: no limit
  CHECK (rate_per_second BETWEEN 0 AND 1000000),
  ADD COLUMN other_hosts text[] NOT NULL DEFAULT '{}'    -- "host" or "host:port": tried in turn, with `host` first
  CHECK (cardinality(other_hosts) <= 16 AND array_position(other_hosts, NULL) IS NULL AND NOT '' = ANY (other_hosts));
