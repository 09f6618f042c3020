-- Cases: who may answer, timers, questions to customers, appeals, seizures, and the check of the books.

ALTER TABLE case_file DROP CONSTRAINT case_file_kind_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_kind_check
    CHECK (kind IN ('withdrawal_review', 'withdrawal_appeal', 'seizure', 'books'));
ALTER TABLE case_file ALTER COLUMN party_id DROP NOT NULL;            -- NULL = about the house, not about a customer
ALTER TABLE case_file ADD CONSTRAINT case_file_party CHECK (party_id IS NOT NULL OR kind = 'books');
ALTER TABLE case_file
    ADD COLUMN policy_version integer REFERENCES policy_version,      -- that asked for a person; NULL = none did
    ADD COLUMN escalation     smallint NOT NULL DEFAULT 0 CHECK (escalation BETWEEN 0 AND 3),   -- higher = more urgent
    ADD COLUMN escalates_at   timestamptz,                            -- next raise; NULL = it stands as high as it goes
    ADD COLUMN overdue_at     timestamptz,                            -- first seen late; stays on the record
    ADD COLUMN snoozed_until  timestamptz,
    ADD COLUMN snooze_reason  text,
    ADD CHECK ((snoozed_until IS NULL) = (snooze_reason IS NULL));
UPDATE case_file SET escalates_at = due_at;
-- Cases that are open already keep who judged them, so that its author cannot answer.
UPDATE case_file c SET policy_version = (SELECT d.policy_version FROM decision d
                                          WHERE d.withdrawal_id = c.subject ORDER BY d.at DESC, d.id DESC LIMIT 1)
 WHERE status = 'open';

DROP INDEX case_open_once;
CREATE UNIQUE INDEX case_open_once ON case_file (subject, kind) WHERE status = 'open';
CREATE INDEX case_by_subject ON case_file (subject, id);
CREATE INDEX case_escalating ON case_file (escalates_at) WHERE status = 'open' AND escalates_at IS NOT NULL;

-- What a reviewer asks of the customer; the case waits for it.
CREATE TABLE case_question (
    id          text        PRIMARY KEY,             -- "que_…"
    case_id     text        NOT NULL REFERENCES case_file,
    what        text        NOT NULL,                -- a known kind, or the reviewer's own words for the customer
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    kind        text        CHECK (kind IN ('source_of_funds', 'purpose', 'document_reference', 'other')),
    text        text,                                -- the answer
    answered_by text,
    ended_at    timestamptz,                         -- answered, or no longer needed
    CHECK (due_at > asked_at),
    CHECK ((kind IS NULL) = (text IS NULL) AND (kind IS NULL) = (answered_by IS NULL)),
    CHECK (kind IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX case_question_open ON case_question (case_id) WHERE ended_at IS NULL;

CREATE TABLE seizure_order (                          -- a lawful order on one withdrawal; the case decides on it
    case_id         text        PRIMARY KEY REFERENCES case_file,
    withdrawal_id   text        NOT NULL REFERENCES withdrawal,
    order_reference text        NOT NULL,
    document_sha256 text        NOT NULL CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    proposed_by     text        NOT NULL,
    proposed_at     timestamptz NOT NULL
);
CREATE TRIGGER seizure_order_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON seizure_order
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- What the last round of reconciliation found, one row per asset.
CREATE TABLE book_check (
    asset_id     integer     PRIMARY KEY REFERENCES asset,
    block        bigint      NOT NULL,               -- the wallets were read at this final block
    ledger_units numeric(78,0) NOT NULL,             -- what the ledger says they hold
    chain_units  numeric(78,0) NOT NULL,             -- what they hold
    moving_units numeric(78,0) NOT NULL,             -- of the ledger's: may have left in payments that are under way
    rounds       integer     NOT NULL CHECK (rounds >= 0),   -- in a row that nothing under way explains the difference
    noted_units  numeric(78,0) NOT NULL,             -- chain minus ledger as last told in the journal; 0 = they agree
    checked_at   timestamptz NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE ledger_check (                           -- accounts that are not the sum of their entries or holds
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    accounts   integer     NOT NULL CHECK (accounts >= 0),
    what       text        NOT NULL,                 -- the first of them, in words; '' = all add up
    checked_at timestamptz NOT NULL
);
