-- What a supplier's row could not say.

-- What becomes of a message whose client still waits for its answer when the link is lost that it went out on. `resend`, as it was:
-- once more by another link or route, marked as a possible duplicate; `fail`: its client hears ESME_RSYSERR, and decides itself.
-- Messages that are ours go by on_unknown.
ALTER TABLE crm.supplier
  ADD COLUMN on_link_lost text NOT NULL DEFAULT 'resend' CHECK (on_link_lost IN ('resend', 'fail')),

-- It may be asked by query_sm what became of a message that it took, while nobody here knows the end.
  ADD COLUMN relays_query boolean NOT NULL DEFAULT false;
