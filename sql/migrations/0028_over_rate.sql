-- What becomes of a submit beyond rate_per_second: refused with ESME_RTHROTTLED, or left unread until its turn has come.
ALTER TABLE crm.client ADD COLUMN over_rate text NOT NULL DEFAULT 'throttle' CHECK (over_rate IN ('throttle', 'delay'));
