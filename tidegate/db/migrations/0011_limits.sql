-- Limits by party, address, key, asset, network and platform; which checks answered; answers from outside;
-- decisions for platforms that keep their own ledger.

-- A counter per scope and subject. A window's use = total - total before it - what was given back inside it.
ALTER TABLE limit_counter
    ADD COLUMN count          bigint        NOT NULL DEFAULT 0,   -- reservations ever
    ADD COLUMN released       numeric(78,0) NOT NULL DEFAULT 0,   -- of total: given back
    ADD COLUMN released_count bigint        NOT NULL DEFAULT 0,
    ADD CHECK (released BETWEEN 0 AND total),
    ADD CHECK (released_count BETWEEN 0 AND count);

-- What one act took of one counter: one row for a whole batch, so a busy platform's counter grows by acts.
CREATE TABLE limit_step (
    scope          text          NOT NULL,            -- "party", "address", "key", "asset", "network", "platform"
    subject        text          NOT NULL,
    at             timestamptz   NOT NULL,            -- never before the step before it, whatever the clocks say
    step           bigint        NOT NULL,            -- the counter's count after it
    value          numeric(78,0) NOT NULL CHECK (value >= 0),
    count          bigint        NOT NULL CHECK (count > 0),
    total_after    numeric(78,0) NOT NULL,
    released       numeric(78,0) NOT NULL DEFAULT 0,  -- of value: given back since
    released_count bigint        NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, subject, at, step),
    CHECK (released BETWEEN 0 AND value),
    CHECK (released_count BETWEEN 0 AND count)
) WITH (fillfactor = 90);
CREATE INDEX limit_step_released ON limit_step (scope, subject, at) INCLUDE (released, released_count)
    WHERE released_count > 0;

ALTER TABLE limit_use RENAME TO limit_use_before;
ALTER TABLE limit_use_before RENAME CONSTRAINT limit_use_pkey TO limit_use_before_pkey;

-- One reservation, and in which steps it stands: the arrays run side by side.
CREATE TABLE limit_use (
    ref         text          PRIMARY KEY,            -- "wd_…", or "dec_…" of a decision that stands alone
    value       numeric(78,0) NOT NULL CHECK (value >= 0),   -- micro-USD
    scopes      text[]        NOT NULL,
    subjects    text[]        NOT NULL,
    ats         timestamptz[] NOT NULL,
    steps       bigint[]      NOT NULL,
    released_at timestamptz,                          -- given back, once
    CHECK (cardinality(scopes) > 0 AND cardinality(subjects) = cardinality(scopes)
           AND cardinality(ats) = cardinality(scopes) AND cardinality(steps) = cardinality(scopes))
) WITH (fillfactor = 90);

CREATE FUNCTION use_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.released_at IS NOT NULL OR (OLD.ref, OLD.value, OLD.scopes, OLD.subjects, OLD.ats, OLD.steps)
        IS DISTINCT FROM (NEW.ref, NEW.value, NEW.scopes, NEW.subjects, NEW.ats, NEW.steps) THEN
        RAISE EXCEPTION 'the room of % is given back at most once', OLD.ref USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- What was reserved before counts in every scope, as if it had been counted there from the beginning.
CREATE TEMPORARY TABLE counted ON COMMIT DROP AS
    SELECT s.scope, s.subject, u.ref, u.at, u.value, u.released_at, sum(u.value) OVER so_far AS total_after,
           row_number() OVER so_far AS step
      FROM limit_use_before u
      JOIN withdrawal w ON w.id = u.ref
      JOIN asset a ON a.id = w.asset_id
     CROSS JOIN LATERAL (VALUES
           ('party', w.party_id),
           ('address', CASE WHEN w.network IN ('evm-local', 'ethereum', 'bsc', 'polygon', 'arbitrum', 'optimism', 'base',
                                               'avalanche')
                            THEN 'evm:' || lower(w.address) ELSE w.network || ':' || w.address END),
           ('key', w.requester),
           ('asset', a.symbol || '@' || a.network),
           ('network', w.network),
           ('platform', 'platform')) AS s (scope, subject)
     WHERE u.scope = 'party'
    WINDOW so_far AS (PARTITION BY s.scope, s.subject ORDER BY u.at, u.total_after, u.ref
                      ROWS UNBOUNDED PRECEDING);
INSERT INTO limit_step (scope, subject, at, step, value, count, total_after, released, released_count)
    SELECT scope, subject, at, step, value, 1, total_after, CASE WHEN released_at IS NULL THEN 0 ELSE value END,
           CASE WHEN released_at IS NULL THEN 0 ELSE 1 END
      FROM counted;
INSERT INTO limit_use (ref, value, scopes, subjects, ats, steps, released_at)
    SELECT ref, min(value), array_agg(scope ORDER BY scope), array_agg(subject ORDER BY scope),
           array_agg(at ORDER BY scope), array_agg(step ORDER BY scope), min(released_at)
      FROM counted GROUP BY ref;
DELETE FROM limit_counter;
INSERT INTO limit_counter (scope, subject, total, at, count, released, released_count)
    SELECT scope, subject, sum(value), max(at), count(*), coalesce(sum(value) FILTER (WHERE released_at IS NOT NULL), 0),
           count(released_at)
      FROM counted GROUP BY scope, subject;
DROP TABLE limit_use_before;
CREATE TRIGGER limit_use_ends_once BEFORE UPDATE ON limit_use FOR EACH ROW EXECUTE FUNCTION use_ends_once();
CREATE TRIGGER limit_use_kept BEFORE DELETE OR TRUNCATE ON limit_use
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Which checks answered, erred, timed out or were skipped. Decisions of before say nothing of it.
ALTER TABLE decision ADD COLUMN checks text NOT NULL DEFAULT '[]';   -- canonical JSON: [{"check", "state"}]
ALTER TABLE decision ALTER COLUMN withdrawal_id DROP NOT NULL;       -- NULL = it stands alone (stage 'decide')
ALTER TABLE decision DROP CONSTRAINT decision_stage_check;
ALTER TABLE decision ADD CONSTRAINT decision_stage_check
    CHECK (stage IN ('request', 'confirm', 'release', 'person', 'pay', 'outside', 'decide'));
ALTER TABLE decision ADD CHECK ((stage = 'decide') = (withdrawal_id IS NULL));

CREATE TABLE outside_answer (                         -- an outside check that a withdrawal's decision is pinned to
    ref         text        NOT NULL REFERENCES withdrawal,
    check_id    text        NOT NULL,                 -- "vendor_a", "travel_rule"
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'answered', 'error', 'timeout')),
    outcome     text        CHECK (outcome IN ('allow', 'step_up', 'delay', 'review', 'decline', 'freeze')),
    detail      text        NOT NULL DEFAULT '',      -- for analysts
    asked_at    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,                 -- unanswered by then = timed out
    answered_at timestamptz,
    PRIMARY KEY (ref, check_id),
    CHECK ((state = 'answered') = (outcome IS NOT NULL)),
    CHECK ((state = 'pending') = (answered_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX outside_answer_open ON outside_answer (due_at) WHERE state = 'pending';
CREATE FUNCTION answers_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'pending' THEN
        RAISE EXCEPTION 'check % of % has answered already', OLD.check_id, OLD.ref USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outside_answer_once BEFORE UPDATE ON outside_answer FOR EACH ROW EXECUTE FUNCTION answers_once();
CREATE TRIGGER outside_answer_kept BEFORE DELETE OR TRUNCATE ON outside_answer
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE lone_decision (                          -- a decision without a withdrawal: the platform pays by itself
    decision_id text        PRIMARY KEY REFERENCES decision,
    party_id    text        NOT NULL REFERENCES party,
    requester   text        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('open', 'committed', 'released', 'expired', 'declined')),
    expires_at  timestamptz,                          -- of its room in the limits; NULL = declined, it has none
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK ((status = 'open') = (ended_at IS NULL)),
    CHECK ((status = 'declined') = (expires_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX lone_decision_expiring ON lone_decision (expires_at) WHERE status = 'open';
CREATE FUNCTION lone_decision_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'open' OR (OLD.decision_id, OLD.party_id) IS DISTINCT FROM (NEW.decision_id, NEW.party_id) THEN
        RAISE EXCEPTION 'decision % is % and does not change', OLD.decision_id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lone_decision_ends_once BEFORE UPDATE ON lone_decision
    FOR EACH ROW EXECUTE FUNCTION lone_decision_ends_once();
CREATE TRIGGER lone_decision_kept BEFORE DELETE OR TRUNCATE ON lone_decision
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
