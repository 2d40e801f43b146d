-- What a bind request carries is a C-Octet String with a length (SMPP v3.4 §5.2.1..5.2.3), counted in octets and not in characters; for
-- the password suppliers may give more than the specification's 8. NOT VALID: a row that is too long already stays, costs its bind only,
-- and says so in the log until it is mended.
ALTER TABLE crm.supplier_bind
  ADD CONSTRAINT supplier_bind_system_id_octets   CHECK (octet_length(system_id) <= 15) NOT VALID,
  ADD CONSTRAINT supplier_bind_password_octets    CHECK (octet_length(password) <= 64) NOT VALID,
  ADD CONSTRAINT supplier_bind_system_type_octets CHECK (octet_length(system_type) <= 12) NOT VALID;

-- A client that may bind over TLS only, to smpp.tls_listen: at smpp.listen it is refused like anybody.
ALTER TABLE crm.client ADD COLUMN tls_required boolean NOT NULL DEFAULT false;
