-- Since when a source's prices have come without a gap.

ALTER TABLE market_source ADD COLUMN back_at timestamptz;   -- its first price, or the one that ended a silence
UPDATE market_source SET back_at = at;
ALTER TABLE market_source ALTER COLUMN back_at SET NOT NULL;
