-- The tier that holds, how it moved, what was ordered because of it, and appeals.

CREATE TABLE rating_tier (
    subject_id         text        PRIMARY KEY REFERENCES p2p_merchant,
    tier               text        NOT NULL CHECK (tier IN ('low', 'medium', 'high', 'extreme')),
    since              timestamptz,                       -- NULL = nobody has rated them yet
    medium_since       timestamptz,
    -- Timers are instants: a policy that changes later moves none of them.
    observation_ends   timestamptz,
    relapse_ends       timestamptz,
    restriction_starts timestamptz,
    restriction_ends   timestamptz,
    last_event         timestamptz,
    quiet_medium       timestamptz,
    quiet_high         timestamptz,
    cooperation_by     text,                              -- who recorded that they cooperate
    cooperation_at     timestamptz,
    closed_at          timestamptz,                       -- T10
    joined             text        REFERENCES p2p_merchant,   -- another subject carries their tier (R20)
    CHECK ((tier = 'high') = (restriction_ends IS NOT NULL)),
    CHECK ((cooperation_by IS NULL) = (cooperation_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX rating_tier_medium ON rating_tier (least(observation_ends, quiet_medium)) WHERE tier = 'medium';
CREATE INDEX rating_tier_high ON rating_tier (restriction_ends) WHERE tier = 'high';

CREATE TABLE rating_move (                                -- every change of it
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_id text        NOT NULL REFERENCES p2p_merchant,
    before     text        NOT NULL,
    after      text        NOT NULL,
    rule       text        NOT NULL CHECK (rule ~ '^(T([1-9]|10)|R20)$'),
    line_id    text        REFERENCES rating_line,        -- NULL = time alone, or a link of two accounts
    people     text[]      NOT NULL,                      -- who decided; empty = nobody had to
    at         timestamptz NOT NULL,
    CHECK (NOT (before = 'high' AND after = 'low')),      -- never in one step
    CHECK (before <> 'extreme' OR rule IN ('T9', 'T10') AND (rule = 'T10' OR cardinality(people) >= 2)),
    CHECK (after <> 'extreme' OR before = 'extreme' OR rule = 'R20' OR cardinality(people) >= 2)
);
CREATE INDEX rating_move_of ON rating_move (subject_id, id);
CREATE TRIGGER rating_move_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_move
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_lift (                                -- one event justifies one rise
    event_id text       PRIMARY KEY REFERENCES rating_fact,
    line_id text        NOT NULL REFERENCES rating_line,
    at      timestamptz NOT NULL
);
CREATE TRIGGER rating_lift_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_lift
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_measure (
    id         text        PRIMARY KEY,                   -- "msr_…"
    subject_id text        NOT NULL REFERENCES p2p_merchant,
    line_id    text        REFERENCES rating_line,        -- NULL = an interim measure
    fact_id    text        REFERENCES rating_fact,        -- of an interim measure: what it stands on
    measure    text        NOT NULL,
    value      text,
    by_text    boolean     NOT NULL,                      -- it follows without anybody choosing
    article    text        NOT NULL,
    readings   text[]      NOT NULL,
    reversible boolean     NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'active', 'done', 'lifted', 'expired', 'reversed')),
    starts_at  timestamptz NOT NULL,                      -- of a waiting one: when it will be carried out
    ends_at    timestamptz,                               -- NULL = until lifted
    decided_by text[]      NOT NULL,                      -- empty = by the text
    reason     text        NOT NULL,
    ended_at   timestamptz,
    ended_by   text,
    end_reason text,
    CHECK (by_text OR cardinality(decided_by) >= 1),      -- every measure has a rule or a decision
    CHECK ((line_id IS NULL) = (fact_id IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'active')))
) WITH (fillfactor = 80);
CREATE INDEX rating_measure_of ON rating_measure (subject_id, id);
CREATE INDEX rating_measure_ends ON rating_measure (ends_at) WHERE state = 'active' AND ends_at IS NOT NULL;
CREATE INDEX rating_measure_waits ON rating_measure (starts_at) WHERE state = 'waiting';

CREATE TABLE rating_measure_order (                       -- the restrictions that a measure became
    measure_id     text NOT NULL REFERENCES rating_measure,
    restriction_id text NOT NULL REFERENCES restriction,
    party_id       text NOT NULL REFERENCES party,
    PRIMARY KEY (measure_id, restriction_id)
);

CREATE TABLE rating_appeal (
    id         text        PRIMARY KEY,                   -- "apl_…"
    line_id    text        NOT NULL REFERENCES rating_line,
    subject_id text        NOT NULL REFERENCES p2p_merchant,
    party_id   text        NOT NULL REFERENCES party,
    text       text        NOT NULL,
    made_at    timestamptz NOT NULL,
    status     text        NOT NULL CHECK (status IN ('open', 'upheld', 'rejected')),
    answered_at timestamptz,
    CHECK ((status = 'open') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX rating_appeal_once ON rating_appeal (line_id);

CREATE TABLE rating_appeal_voice (
    appeal_id text        NOT NULL REFERENCES rating_appeal,
    number    integer     NOT NULL CHECK (number > 0),
    person    text        NOT NULL,
    answer    text        NOT NULL CHECK (answer IN ('uphold', 'reject')),
    tier      text        CHECK (tier IN ('low', 'medium', 'high', 'extreme')),   -- to go back to
    reason    text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, number),
    CHECK ((answer = 'uphold') = (tier IS NOT NULL))
);
CREATE TRIGGER rating_appeal_voice_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_appeal_voice
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For whoever reads ratings in bulk: the tier that holds, and the lines that were told.
CREATE VIEW rating_tiers_v AS
    SELECT m.merchant_id, m.party_id, m.subject_id, coalesce(t.tier, 'low') AS tier, t.since, t.observation_ends,
           t.restriction_ends
      FROM p2p_merchants_v m LEFT JOIN rating_tier t ON t.subject_id = m.subject_id;
