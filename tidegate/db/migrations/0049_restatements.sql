-- A line that puts EXTREME right once the facts it stood on were corrected, and interim measures that a rating replaces.

ALTER TABLE rating_line ADD COLUMN restates text REFERENCES rating_line;   -- the line that had raised to EXTREME
ALTER TABLE rating_line DROP CONSTRAINT rating_line_cause_check;
ALTER TABLE rating_line ADD CONSTRAINT rating_line_cause_check
    CHECK (cause IN ('month', 'event', 'review', 'appeal', 'restatement'));
ALTER TABLE rating_line ADD CONSTRAINT rating_line_restates_what
    CHECK ((cause = 'restatement') = (restates IS NOT NULL));
CREATE INDEX rating_line_restates ON rating_line (restates) WHERE restates IS NOT NULL;

ALTER TABLE rating_measure DROP CONSTRAINT rating_measure_state_check;
ALTER TABLE rating_measure ADD CONSTRAINT rating_measure_state_check
    CHECK (state IN ('waiting', 'active', 'done', 'lifted', 'expired', 'reversed', 'replaced'));
