-- What a client asks for of a message that it still waits for when the link is lost that it went out on. `resend`, as it was: what the
-- supplier says (0034); `fail`: not sent again because of that, it hears ESME_RSYSERR and decides itself.
ALTER TABLE crm.client
  ADD COLUMN on_link_lost text NOT NULL DEFAULT 'resend' CHECK (on_link_lost IN ('resend', 'fail'));
