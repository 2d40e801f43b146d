-- A password ends at a moment or never, not in all eternity: neither '-infinity' nor 'infinity' is a number of microseconds.
UPDATE crm.client SET password_valid_until = CASE WHEN password_valid_until < now() THEN 'epoch'::timestamptz END
 WHERE NOT isfinite(password_valid_until);

ALTER TABLE crm.client
  ADD CONSTRAINT client_password_valid_until_check CHECK (isfinite(password_valid_until)),
  -- Those that `hubctl client passwd` took out of force, the newest first: a file that is older than that does not bring them back.
  ADD COLUMN replaced_password_hashes text[] NOT NULL DEFAULT '{}'
      CHECK (array_position(replaced_password_hashes, NULL) IS NULL);

UPDATE crm.client SET replaced_password_hashes = ARRAY[previous_password_hash] WHERE previous_password_hash IS NOT NULL;
