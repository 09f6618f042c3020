-- Somebody asked that a payment which hangs be made dearer now; it counts for the newest bytes of that time, once.
ALTER TABLE payout_attempt ADD COLUMN bumped_at timestamptz;
