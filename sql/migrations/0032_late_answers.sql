-- A supplier's answer that came after response_timeout says what a timeout did not: the attempt's row becomes accepted or refused.
ALTER TABLE traffic.attempt ADD COLUMN late_at timestamptz;
COMMENT ON COLUMN traffic.attempt.late_at IS
  'when its answer came, if that was after response_timeout; ended_at is when the hub had given up waiting for it';
