-- A receipt after its release is noted in traffic.outcome_late and charges nothing: a choice that nothing heeds is none.
ALTER TABLE crm.client DROP COLUMN late_dlr;
