-- How many different accounts and destinations leave at once, without reading all that left (the egress breaker).

-- The minute of a counter's newest use. An index on `at` itself would move with every use; this one moves once a minute,
-- and until then an update stays on its page.
ALTER TABLE limit_counter
    ADD COLUMN minute timestamp NOT NULL GENERATED ALWAYS AS (date_trunc('minute', at AT TIME ZONE 'UTC')) STORED;
CREATE INDEX limit_counter_recent ON limit_counter (scope, minute) WHERE scope IN ('party', 'address');
DROP INDEX limit_use_recent;

-- The newest count. Since then there are at most as many more as the platform's counter has made steps, so whoever is
-- far from the line need not count again.
CREATE TABLE egress_count (
    one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
    opens        timestamptz NOT NULL,                -- the window that was counted began here
    step         bigint      NOT NULL,                -- of the platform's counter, when it was counted
    accounts     integer     NOT NULL,
    destinations integer     NOT NULL
);
