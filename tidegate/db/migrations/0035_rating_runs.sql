-- A month's rating: the run, a line per subject, what people decided, what was told to whom. Lines are never changed.

CREATE TABLE rating_run (
    id             text        PRIMARY KEY,               -- "rat_…"
    month          text        NOT NULL UNIQUE CHECK (month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
    timezone       text        NOT NULL,
    start_at       timestamptz NOT NULL,                  -- the window: from here on,
    as_of          timestamptz NOT NULL CHECK (as_of > start_at),   -- and before this
    calendar       text        NOT NULL,
    calendar_hash  text        NOT NULL,                  -- of the years that the deadline was counted in
    deadline       timestamptz NOT NULL,                  -- published before this, or late
    policy_version bigint      NOT NULL REFERENCES policy_version,   -- in force at the start of the window (R21)
    readings_hash  text        NOT NULL,                  -- of the reading register
    made_by        text        NOT NULL,
    made_at        timestamptz NOT NULL,
    late_at        timestamptz,                           -- when it was first noticed that it is late
    published_at   timestamptz                            -- every line was told
);

CREATE TABLE rating_line (
    id               text        PRIMARY KEY,             -- "rln_…"
    run_id           text        REFERENCES rating_run,   -- NULL = between months
    subject_id       text        NOT NULL REFERENCES p2p_merchant,
    cause            text        NOT NULL CHECK (cause IN ('month', 'event', 'review', 'appeal')),
    inputs_hash      text        NOT NULL,                -- of facts, numbers, readings and the tier that held
    facts            text[]      NOT NULL,                -- those that counted
    counterparties   integer     CHECK (counterparties >= 0),
    cases_before     text[]      NOT NULL,
    conduct          text        NOT NULL CHECK (conduct IN ('B0', 'B1', 'B2', 'B3')),
    consequence      text        NOT NULL CHECK (consequence IN ('C0', 'C1', 'C2', 'C3', 'C4')),
    computed         text        NOT NULL CHECK (computed IN ('low', 'medium', 'high', 'extreme')),
    basis            text        NOT NULL CHECK (basis IN ('text', 'gap')),
    person           boolean     NOT NULL,                -- a person has to decide
    people           smallint    NOT NULL CHECK (people BETWEEN 0 AND 2),
    clauses          text[]      NOT NULL,
    readings         text[]      NOT NULL,
    characterised    boolean     NOT NULL,
    effective_before text        NOT NULL CHECK (effective_before IN ('low', 'medium', 'high', 'extreme')),
    proposed         text        NOT NULL CHECK (proposed IN ('low', 'medium', 'high', 'extreme')),   -- that would hold
    rule             text        CHECK (rule ~ '^T([1-9]|10)$'),     -- NULL = nothing moves
    policy_version   bigint      NOT NULL REFERENCES policy_version,
    supersedes       text        UNIQUE REFERENCES rating_line,
    made_by          text        NOT NULL,
    made_at          timestamptz NOT NULL,
    CHECK ((cause = 'month') = (run_id IS NOT NULL))
);
CREATE INDEX rating_line_of_run ON rating_line (run_id, subject_id);
CREATE INDEX rating_line_of_subject ON rating_line (subject_id, made_at DESC);
CREATE TRIGGER rating_line_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_line
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_voice (                               -- one person's word on a line
    line_id text        NOT NULL REFERENCES rating_line,
    number  integer     NOT NULL CHECK (number > 0),
    person  text        NOT NULL,
    terms   text        NOT NULL,                         -- canonical JSON: what exactly they agree to
    reason  text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (line_id, number)
);
CREATE TRIGGER rating_voice_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_voice
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_decision (                            -- a line is decided once
    line_id          text        PRIMARY KEY REFERENCES rating_line,
    tier             text        NOT NULL CHECK (tier IN ('low', 'medium', 'high', 'extreme')),
    code             text        NOT NULL,                -- of decision.CODES
    reason           text        NOT NULL,
    measures         text        NOT NULL,                -- canonical JSON
    restriction_days integer,
    secret           boolean     NOT NULL,                -- an authority orders it: nobody is asked before
    decided_by       text[]      NOT NULL,
    decided_at       timestamptz NOT NULL,
    check_until      timestamptz                          -- the merchant can correct facts until then; NULL = not asked
);
CREATE TRIGGER rating_decision_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_decision
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_comment (                             -- what the merchant says to it meanwhile
    id       text        PRIMARY KEY,                     -- "rcm_…"
    line_id  text        NOT NULL REFERENCES rating_line,
    party_id text        NOT NULL REFERENCES party,
    text     text        NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX rating_comment_of ON rating_comment (line_id, id);
CREATE TRIGGER rating_comment_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_comment
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_publication (
    line_id      text        PRIMARY KEY REFERENCES rating_line,
    subject_id   text        NOT NULL REFERENCES p2p_merchant,
    tier         text        NOT NULL CHECK (tier IN ('low', 'medium', 'high', 'extreme')),   -- of the month, as decided
    before       text        NOT NULL,                    -- the tier that held
    after        text        NOT NULL,                    -- and holds now
    late         boolean     NOT NULL,
    appeal_until timestamptz NOT NULL,
    by           text        NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX rating_publication_of ON rating_publication (subject_id, at DESC);
CREATE TRIGGER rating_publication_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_publication
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
