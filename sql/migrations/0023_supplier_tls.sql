-- A supplier's bind may go over TLS, and says whom it trusts. The files are read on the machine of the hub.
ALTER TABLE crm.supplier_bind
  ADD COLUMN tls             text NOT NULL DEFAULT 'off' CHECK (tls IN ('off', 'verify', 'insecure')),  -- insecure: whoever answers
  ADD COLUMN tls_server_name text NOT NULL DEFAULT '' CHECK (octet_length(tls_server_name) <= 255),     -- '': host
  ADD COLUMN tls_ca          text NOT NULL DEFAULT '' CHECK (tls_ca = '' OR tls_ca LIKE '/%'),          -- '': the system's
  ADD COLUMN tls_certificate text NOT NULL DEFAULT '' CHECK (tls_certificate = '' OR tls_certificate LIKE '/%'),  -- ours, if it asks
  ADD COLUMN tls_key         text NOT NULL DEFAULT '' CHECK (tls_key = '' OR tls_key LIKE '/%'),
  ADD CONSTRAINT supplier_bind_certificate_has_key CHECK ((tls_certificate = '') = (tls_key = ''));
