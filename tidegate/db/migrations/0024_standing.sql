-- Standing withdrawals: what a customer confirmed once, and every run that came of it.

CREATE TABLE standing (
    id          text        PRIMARY KEY,              -- "stw_…"
    party_id    text        NOT NULL REFERENCES party,
    asset_id    integer     NOT NULL REFERENCES asset,
    created_by  text        NOT NULL,                 -- whose credential asked: runs count against its limits
    status      text        NOT NULL CHECK (status IN ('awaiting_confirmation', 'active', 'paused', 'deleted')),
    reason      text,                                 -- why it is paused or deleted, by code
    version     integer     NOT NULL DEFAULT 0 CHECK (version >= 0),   -- of the terms in force; 0 = none yet
    draft       integer     CHECK (draft > version),  -- of the terms that wait for a code
    draft_until timestamptz,                          -- a draft that is not confirmed by then is dropped
    tries       smallint    NOT NULL DEFAULT 0,       -- wrong codes for the draft
    approved_at timestamptz,                          -- since when the destination in force is the customer's word
    alarms      bigint      NOT NULL DEFAULT 0,       -- security events of the customer that their last code knew of
    due_at      timestamptz,                          -- what the next run answers; NULL = nothing is due
    next_at     timestamptz,                          -- when the worker looks again; NULL = never
    waiting_for text,                                 -- why a run that is due has not begun: 'fee_above_ceiling', …
    wait_until  timestamptz,                          -- then it is skipped
    armed       boolean     NOT NULL DEFAULT true,    -- the next crossing counts
    blind       boolean     NOT NULL DEFAULT false,   -- no price is known, and a run has said so
    runs        integer     NOT NULL DEFAULT 0 CHECK (runs >= 0),
    last_at     timestamptz,                          -- of the newest run
    place       integer     NOT NULL DEFAULT 0 CHECK (place >= 0),   -- next of the rotating addresses, or next index
    skips       integer     NOT NULL DEFAULT 0 CHECK (skips >= 0),   -- in a row
    failures    integer     NOT NULL DEFAULT 0,       -- turns in a row that ended in a fault of ours
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    CHECK ((draft IS NULL) = (draft_until IS NULL)),
    CHECK (status <> 'awaiting_confirmation' OR (version = 0 AND draft IS NOT NULL)),
    CHECK (status NOT IN ('active', 'paused') OR (version > 0 AND approved_at IS NOT NULL)),
    CHECK (status NOT IN ('paused', 'deleted') OR reason IS NOT NULL),
    CHECK ((status = 'active') = (next_at IS NOT NULL)),
    CHECK ((waiting_for IS NULL) = (wait_until IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX standing_by_party ON standing (party_id, id DESC);
CREATE INDEX standing_due ON standing (next_at) WHERE status = 'active';
CREATE INDEX standing_unconfirmed ON standing (draft_until) WHERE draft IS NOT NULL;

-- Whose it is and of which asset is for ever; what was deleted stays deleted; a run's number is never used again.
CREATE FUNCTION standing_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'deleted' OR (OLD.id, OLD.party_id, OLD.asset_id, OLD.created_by)
       IS DISTINCT FROM (NEW.id, NEW.party_id, NEW.asset_id, NEW.created_by)
       OR NEW.runs < OLD.runs OR NEW.version < OLD.version THEN
        RAISE EXCEPTION 'standing withdrawal % is % and cannot be rewritten', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER standing_moves BEFORE UPDATE ON standing FOR EACH ROW EXECUTE FUNCTION standing_moves();
CREATE TRIGGER standing_kept BEFORE DELETE OR TRUNCATE ON standing
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE standing_terms (                         -- what was shown and confirmed; wiped with the instruction
    standing_id  text        NOT NULL REFERENCES standing,
    version      integer     NOT NULL CHECK (version > 0),
    body         text        NOT NULL,                -- canonical JSON
    hash         text        NOT NULL,                -- what a code is bound to; the journal has it too
    proposed_at  timestamptz NOT NULL,
    PRIMARY KEY (standing_id, version)
);
CREATE TRIGGER standing_terms_kept BEFORE UPDATE OR TRUNCATE ON standing_terms
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE standing_run (                           -- made or skipped: each leaves its line, for ever
    standing_id   text        NOT NULL REFERENCES standing,
    number        integer     NOT NULL CHECK (number > 0),
    due_at        timestamptz NOT NULL,               -- what it answers: no two runs for one due time
    at            timestamptz NOT NULL,
    version       integer     NOT NULL,               -- of the terms it followed
    reason        text,                               -- why it was skipped, by code; NULL = a withdrawal was made
    detail        text        NOT NULL DEFAULT '',    -- for analysts
    withdrawal_id text        UNIQUE REFERENCES withdrawal,   -- one that was declined at once counts as skipped
    address       text,                               -- where it was to go
    address_index integer,                            -- below the extended public key; NULL = of the book
    PRIMARY KEY (standing_id, number),
    UNIQUE (standing_id, due_at),
    CHECK (reason IS NOT NULL OR withdrawal_id IS NOT NULL)
);
CREATE TRIGGER standing_run_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON standing_run
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
