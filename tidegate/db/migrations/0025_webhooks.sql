-- Webhooks: whom we tell what happened, and what became of each delivery.

CREATE TABLE webhook_endpoint (
    id            text        PRIMARY KEY,            -- "whk_…"
    url           text        NOT NULL CHECK (length(url) <= 500),
    label         text        NOT NULL,               -- for people
    types         text[]      NOT NULL CHECK (cardinality(types) > 0),   -- of events; '*' = every one
    status        text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'removed')),
    created_by    text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_sequence bigint      NOT NULL DEFAULT 0,     -- of its newest delivery; gap-free
    failing_since timestamptz,                        -- first failure since the last success; NULL = it works
    failures      integer     NOT NULL DEFAULT 0,     -- in a row
    rests_until   timestamptz NOT NULL,               -- not tried before: one that fails keeps nobody else waiting
    ended_at      timestamptz,                        -- disabled or removed
    why           text,                               -- disabled: in words
    CHECK ((status = 'active') = (ended_at IS NULL)),
    CHECK ((status = 'disabled') = (why IS NOT NULL))
);

CREATE TABLE webhook_secret (                         -- the newest signs; the one before does too for a while
    id          text        PRIMARY KEY,              -- "whs_…"
    endpoint_id text        NOT NULL REFERENCES webhook_endpoint,
    sealed      bytea       NOT NULL,                 -- `base/sealing.py`
    created_at  timestamptz NOT NULL,
    ends_at     timestamptz                           -- NULL = in force until the next one
);
CREATE UNIQUE INDEX webhook_secret_in_force ON webhook_secret (endpoint_id) WHERE ends_at IS NULL;

CREATE TABLE webhook_delivery (
    endpoint_id  text        NOT NULL REFERENCES webhook_endpoint,
    sequence     bigint      NOT NULL CHECK (sequence > 0),
    event_id     text        NOT NULL,                -- "msg_…": the same however often it is sent
    type         text        NOT NULL,
    body         text        NOT NULL,                -- to the byte
    created_at   timestamptz NOT NULL,
    status       text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sending', 'delivered', 'dead')),
    attempts     integer     NOT NULL DEFAULT 0,      -- also the fencing token of the sender who has it
    failures     integer     NOT NULL DEFAULT 0,      -- of this round: delivering it again begins a new one
    deaths       integer     NOT NULL DEFAULT 0,      -- senders that died with it, in this round
    next_at      timestamptz NOT NULL,                -- due; of one being sent: when another sender may take it
    delivered_at timestamptz,
    answer       integer,                             -- HTTP status of the newest attempt; NULL = none came
    error        text,                                -- of the newest failure
    PRIMARY KEY (endpoint_id, sequence),
    UNIQUE (endpoint_id, event_id),                   -- whoever reads the journal twice tells it once
    CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at) WHERE status IN ('queued', 'sending');
CREATE INDEX webhook_delivery_dead ON webhook_delivery (endpoint_id, sequence) WHERE status = 'dead';
CREATE INDEX webhook_delivery_old ON webhook_delivery (created_at);

-- What is told stays as it was told.
CREATE FUNCTION webhook_delivery_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.endpoint_id, OLD.sequence, OLD.event_id, OLD.type, OLD.body, OLD.created_at)
       IS DISTINCT FROM (NEW.endpoint_id, NEW.sequence, NEW.event_id, NEW.type, NEW.body, NEW.created_at) THEN
        RAISE EXCEPTION 'delivery % of % is sent as it was stored', OLD.sequence, OLD.endpoint_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER webhook_delivery_told BEFORE UPDATE ON webhook_delivery
    FOR EACH ROW EXECUTE FUNCTION webhook_delivery_told();

-- A person looks at an endpoint that was switched off.
ALTER TABLE case_file DROP CONSTRAINT case_file_kind_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_kind_check
    CHECK (kind IN ('withdrawal_review', 'withdrawal_appeal', 'seizure', 'books', 'webhook'));
ALTER TABLE case_file DROP CONSTRAINT case_file_party;
ALTER TABLE case_file ADD CONSTRAINT case_file_party CHECK (party_id IS NOT NULL OR kind IN ('books', 'webhook'));

-- Nobody is told of what happened before there were webhooks.
INSERT INTO reader (name, link, position) SELECT 'webhooks', seq, 2147483647 FROM journal_tip;
