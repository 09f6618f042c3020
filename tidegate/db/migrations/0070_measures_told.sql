-- A measure on its own: who decided and who agreed apart, what it stands on, what the merchant was told, each step kept.

ALTER TABLE rating_measure
    ADD COLUMN approved_by text[] NOT NULL DEFAULT '{}',  -- who agreed after whoever decided; empty = one person, or the text
    ADD COLUMN evidence    text[] NOT NULL DEFAULT '{}',  -- the facts that it stands on
    ADD COLUMN notice_en   text,                          -- what the merchant reads; NULL = ordered before notices were kept
    ADD COLUMN notice_zh   text;
ALTER TABLE rating_measure ADD CHECK ((notice_en IS NULL) = (notice_zh IS NULL));
UPDATE rating_measure m SET evidence = l.facts FROM rating_line l WHERE l.id = m.line_id;
UPDATE rating_measure SET evidence = ARRAY[fact_id] WHERE fact_id IS NOT NULL;
UPDATE rating_measure m
   SET decided_by = v.people[1:1], approved_by = v.people[2:]
  FROM (SELECT line_id, array_agg(person ORDER BY number) AS people FROM rating_voice GROUP BY line_id) v
 WHERE v.line_id = m.line_id AND cardinality(m.decided_by) > 1;

CREATE INDEX rating_measure_off_boarding ON rating_measure (id) WHERE measure = 'off_boarding' AND state = 'active';

CREATE TABLE rating_measure_step (                        -- what became of it, each time; before: see the journal
    measure_id text        NOT NULL REFERENCES rating_measure,
    number     integer     NOT NULL CHECK (number > 0),
    state      text        NOT NULL,
    ends_at    timestamptz,
    by         text        NOT NULL,
    reason     text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (measure_id, number)
);
CREATE TRIGGER rating_measure_step_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_measure_step
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
INSERT INTO rating_measure_step (measure_id, number, state, ends_at, by, reason, at)
SELECT id, 1, CASE WHEN state = 'done' AND ended_at > starts_at THEN 'waiting' ELSE 'active' END, ends_at,
       coalesce(decided_by[1], 'worker'), reason, starts_at
  FROM rating_measure;
INSERT INTO rating_measure_step (measure_id, number, state, ends_at, by, reason, at)
SELECT id, 2, state, ends_at, ended_by, end_reason, ended_at FROM rating_measure WHERE ended_at IS NOT NULL;
