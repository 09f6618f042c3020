-- The rating's ground: working days that people confirmed, facts about merchants, what people made of them, exemptions.

CREATE TABLE rating_calendar (                            -- one year of working days
    id           text        PRIMARY KEY,                 -- "cal_…"
    calendar     text        NOT NULL,                    -- "CN"
    year         integer     NOT NULL CHECK (year BETWEEN 2000 AND 2099),
    weekend      text[]      NOT NULL,                    -- 'sat', 'sun'
    hash         text        NOT NULL,                    -- of everything in it; pinned on each run
    source       text        NOT NULL,                    -- 'holidays' (the library's proposal), 'import'
    imported_by  text        NOT NULL,
    imported_at  timestamptz NOT NULL,
    confirmed_by text,                                    -- a person who looked at it
    confirmed_at timestamptz,
    replaced_at  timestamptz,                             -- another table of that year was confirmed later
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);
CREATE UNIQUE INDEX rating_calendar_in_force ON rating_calendar (calendar, year)
    WHERE confirmed_at IS NOT NULL AND replaced_at IS NULL;

CREATE TABLE rating_calendar_day (                        -- days that are not what their weekday says
    calendar_id text NOT NULL REFERENCES rating_calendar,
    day         date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('off', 'working')),
    name        text NOT NULL,
    PRIMARY KEY (calendar_id, day)
);
CREATE TRIGGER rating_calendar_day_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_calendar_day
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_fact (
    id             text        PRIMARY KEY,               -- "fct_…"
    merchant_id    text        NOT NULL REFERENCES p2p_merchant,
    fact           text        NOT NULL CHECK (fact IN ('alert', 'violation', 'reference_factor',
                                                        'counterparty_freeze', 'authority_action', 'other_harm')),
    at             timestamptz NOT NULL CHECK (at >= '2000-01-01Z'),         -- 1900-01-01 means "no date"
    known_at       timestamptz NOT NULL CHECK (known_at >= '2000-01-01Z'),
    recorded_at    timestamptz NOT NULL CHECK (at <= recorded_at AND known_at <= recorded_at),   -- never of the future
    recorded_by    text        NOT NULL,
    source         text        NOT NULL,                  -- who told us
    source_id      text        NOT NULL,                  -- their name of it: told twice, it counts once
    article        text,                                  -- "5.2c"
    severity       text        CHECK (severity IN ('warn', 'high', 'critical')),
    serious        boolean,
    counterparty_id text,
    order_id       text,
    evidence_level text        CHECK (evidence_level IN ('E0', 'E1', 'E2', 'E3')),
    attributed     boolean,                               -- NULL = nobody has said: the level decides
    kind           text        CHECK (kind IN ('evidence_request', 'investigation', 'freeze', 'detention',
                                               'characterised')),
    case_number    text,                                  -- the authority's own, as written
    case_key       text,                                  -- the same, as it is compared
    names_merchant boolean,
    indicator      text,                                  -- "I-04"
    rule           text,
    rule_version   text,
    evidence       text        NOT NULL,                  -- canonical JSON
    supersedes     text        UNIQUE REFERENCES rating_fact,   -- corrected by this one
    event_id       text        NOT NULL REFERENCES rating_fact, -- its first telling: corrections are the same event
    content        text        NOT NULL,                  -- sha256 of all that was told
    UNIQUE (source, source_id),
    CHECK ((fact = 'alert') = (severity IS NOT NULL)),
    CHECK ((fact = 'counterparty_freeze') = (evidence_level IS NOT NULL)),
    CHECK ((fact = 'counterparty_freeze') <= (counterparty_id IS NOT NULL)),
    CHECK ((fact = 'authority_action') = (kind IS NOT NULL)),
    CHECK ((fact IN ('violation', 'reference_factor')) <= (article IS NOT NULL)),
    CHECK ((case_number IS NULL) = (case_key IS NULL)),
    CHECK (NOT coalesce(names_merchant, false) OR case_key IS NOT NULL)
);
CREATE INDEX rating_fact_of ON rating_fact (merchant_id, greatest(at, known_at));
CREATE TRIGGER rating_fact_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_fact
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE rating_exemption (                           -- a documented reason why a warning sign is none
    id         text        PRIMARY KEY,                   -- "exm_…"
    merchant_id text       NOT NULL REFERENCES p2p_merchant,
    article    text        NOT NULL CHECK (article IN ('5.3a', '5.3b', '5.3c')),
    reason     text        NOT NULL,
    owner      text        NOT NULL,                      -- who answers for it
    from_at    timestamptz NOT NULL,
    until      timestamptz NOT NULL CHECK (until > from_at),
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL,
    ended_by   text,
    ended_at   timestamptz,
    CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX rating_exemption_of ON rating_exemption (merchant_id, article);

CREATE TABLE rating_disposition (                         -- what a person made of a fact; the last one counts
    fact_id      text        NOT NULL REFERENCES rating_fact,
    number       integer     NOT NULL CHECK (number > 0),
    disposition  text        NOT NULL CHECK (disposition IN ('confirmed', 'false_positive', 'exempt')),
    reason       text        NOT NULL,
    exemption_id text        REFERENCES rating_exemption,
    by           text        NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (fact_id, number),
    CHECK ((disposition = 'exempt') = (exemption_id IS NOT NULL))
);
CREATE TRIGGER rating_disposition_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_disposition
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Facts that count, under the person they are about now (R20), with what people made of them. A correction takes the
-- place of what it corrects once a person has judged it: a telling alone takes nothing away.
CREATE VIEW rating_facts_v AS
    SELECT f.id AS fact_id, m.subject_id, f.merchant_id, f.fact, f.at, f.known_at, f.source, f.article, f.severity,
           f.serious, coalesce(d.disposition, 'open') AS disposition, f.rule, f.rule_version, f.counterparty_id,
           f.order_id, f.evidence_level, f.attributed, f.kind, f.case_number, f.names_merchant, f.indicator, f.evidence
      FROM rating_fact f
      JOIN p2p_merchants_v m ON m.merchant_id = f.merchant_id
      LEFT JOIN LATERAL (SELECT disposition FROM rating_disposition d WHERE d.fact_id = f.id
                          ORDER BY number DESC LIMIT 1) d ON true
     WHERE NOT EXISTS (SELECT FROM rating_fact c JOIN rating_disposition e ON e.fact_id = c.id
                        WHERE c.supersedes = f.id);
