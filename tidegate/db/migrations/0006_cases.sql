-- Questions for people, their answers, four eyes.

CREATE TABLE case_file (
    id         text        PRIMARY KEY,              -- "case_…"
    kind       text        NOT NULL CHECK (kind IN ('withdrawal_review')),
    subject    text        NOT NULL,                 -- "wd_…"
    party_id   text        NOT NULL REFERENCES party,
    requester  text        NOT NULL,                 -- who caused the question: may not answer it
    reasons    text[]      NOT NULL,                 -- finding codes that asked for a person
    quorum     smallint    NOT NULL CHECK (quorum BETWEEN 1 AND 5),   -- approvals needed; one decline ends it
    status     text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'declined', 'moot')),
    assignee   text,
    opened_at  timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    closed_at  timestamptz,
    CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX case_open_once ON case_file (subject) WHERE status = 'open';
CREATE INDEX case_open ON case_file (due_at) WHERE status = 'open';

CREATE TABLE case_answer (
    case_id text        NOT NULL REFERENCES case_file,
    person  text        NOT NULL,                    -- one voice each
    answer  text        NOT NULL CHECK (answer IN ('approve', 'decline')),
    reason  text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, person)
);

CREATE TABLE case_evidence (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text        NOT NULL REFERENCES case_file,
    person  text        NOT NULL,
    note    text        NOT NULL,
    at      timestamptz NOT NULL
);
