-- What is peculiar to a supplier, as rows: which TLVs it takes, how it wants addresses and data_coding, how it writes receipts, and
-- what clients see of its errors.
ALTER TABLE crm.supplier
  ADD COLUMN tlvs             text NOT NULL DEFAULT 'pass'       -- shown: if its bind response shows sc_interface_version >= 0x34
             CHECK (tlvs IN ('pass', 'shown', 'none')),
  ADD COLUMN force_receipts   boolean NOT NULL DEFAULT false,    -- ask for a receipt of each message
  ADD COLUMN receipts_by_text boolean NOT NULL DEFAULT false;    -- its receipts may come with the esm_class of a message

-- TLVs of submits. The body and its parts are no matter of rules: message_payload (1060), the SAR tags (524, 526, 527).
CREATE TABLE crm.supplier_tlv (
  supplier_id bigint NOT NULL REFERENCES crm.supplier,
  tag         integer NOT NULL CHECK (tag BETWEEN 0 AND 65535 AND tag NOT IN (524, 526, 527, 1060)),
  action      text NOT NULL CHECK (action IN ('add', 'drop', 'map')),
  to_tag      integer CHECK (to_tag BETWEEN 0 AND 65535 AND to_tag NOT IN (524, 526, 527, 1060)),
  value       bytea CHECK (octet_length(value) <= 1024),
  PRIMARY KEY (supplier_id, tag),
  CONSTRAINT supplier_tlv_action CHECK (CASE action WHEN 'add'  THEN to_tag IS NULL AND value IS NOT NULL
                                                    WHEN 'drop' THEN to_tag IS NULL AND value IS NULL
                                                    ELSE to_tag IS NOT NULL END)
);
CALL ops.watch_catalog('crm.supplier_tlv');

-- Addresses of submits: of each side the first row by position that matches counts.
CREATE TABLE crm.supplier_address (
  supplier_id bigint NOT NULL REFERENCES crm.supplier,
  side        text NOT NULL CHECK (side IN ('source', 'destination')),
  position    smallint NOT NULL CHECK (position BETWEEN 1 AND 256),
  ton         smallint CHECK (ton BETWEEN 0 AND 255),            -- NULL: any
  npi         smallint CHECK (npi BETWEEN 0 AND 255),
  prefix      text NOT NULL DEFAULT '' CHECK (prefix ~ '^[ -~]{0,20}$'),
  action      text NOT NULL CHECK (action IN ('keep', 'prefix', 'address', 'refuse')),
  to_text     text NOT NULL DEFAULT '' CHECK (to_text ~ '^[ -~]{0,20}$'),
  to_ton      smallint CHECK (to_ton BETWEEN 0 AND 255),         -- NULL: stays
  to_npi      smallint CHECK (to_npi BETWEEN 0 AND 255),
  PRIMARY KEY (supplier_id, side, position),
  CONSTRAINT supplier_address_action CHECK (CASE action WHEN 'refuse'  THEN to_text = '' AND to_ton IS NULL AND to_npi IS NULL
                                                        WHEN 'keep'    THEN to_text = ''
                                                        WHEN 'address' THEN side = 'source' OR to_text <> ''
                                                        ELSE true END)
);
CALL ops.watch_catalog('crm.supplier_address');

-- data_coding: the client's, and what it is called there. The octets of the text stay.
CREATE TABLE crm.supplier_data_coding (
  supplier_id    bigint NOT NULL REFERENCES crm.supplier,
  data_coding    smallint NOT NULL CHECK (data_coding BETWEEN 0 AND 255),
  to_data_coding smallint NOT NULL CHECK (to_data_coding BETWEEN 0 AND 255),
  PRIMARY KEY (supplier_id, data_coding)
);
CALL ops.watch_catalog('crm.supplier_data_coding');

-- Words of its own in a receipt's `stat:`, and what they mean: SMPP v5.0 §4.7.15.
CREATE TABLE crm.supplier_receipt_state (
  supplier_id   bigint NOT NULL REFERENCES crm.supplier,
  word          text NOT NULL CHECK (word ~ '^[!-~]{1,32}$' AND word = upper(word)),
  message_state smallint NOT NULL CHECK (message_state BETWEEN 0 AND 9),
  PRIMARY KEY (supplier_id, word)
);
CALL ops.watch_catalog('crm.supplier_receipt_state');

-- A status may mean what the default table says and still be shown to clients as another one.
ALTER TABLE crm.supplier_status
  ADD COLUMN client_status bigint CHECK (client_status BETWEEN 1 AND 4294967295),  -- NULL: as the supplier said it
  DROP CONSTRAINT supplier_status_class_check,
  ADD CONSTRAINT supplier_status_class_check CHECK (class IN ('throttle', 'transient', 'permanent', 'default'));
