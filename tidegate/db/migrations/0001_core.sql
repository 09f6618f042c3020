-- The journal: what happened, who did it, why. Append-only, one hash link per transaction.
-- It is also the outbox: whoever waits for news reads it in order behind a cursor of their own.

CREATE TABLE journal_tip (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL,              -- links so far
    tip      bytea  NOT NULL               -- hash of the newest link; 32 zero bytes before the first
);
INSERT INTO journal_tip (seq, tip) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE journal_link (
    seq     bigint      PRIMARY KEY,       -- gap-free: the tip's row lock is held until commit
    entries integer     NOT NULL CHECK (entries > 0),
    root    bytea       NOT NULL,          -- sha256 over the entries' canonical lines
    tip     bytea       NOT NULL,          -- sha256(previous tip, seq, root)
    at      timestamptz NOT NULL
);

CREATE TABLE journal (
    link     bigint      NOT NULL REFERENCES journal_link DEFERRABLE INITIALLY DEFERRED,
    position integer     NOT NULL,         -- place within its transaction, from 0
    at       timestamptz NOT NULL,         -- the act's `now`
    actor    text        NOT NULL,         -- who: an API key, a person, "worker", a customer
    kind     text        NOT NULL,         -- "withdrawal.settled"
    subject  text        NOT NULL,         -- the id it is about
    body     text        NOT NULL,         -- canonical JSON: hashed as it stands
    PRIMARY KEY (link, position)
);
CREATE INDEX journal_by_subject ON journal (subject, link, position);

CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER journal_link_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_link
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE reader (                      -- how far each reader of the journal has come
    name     text    PRIMARY KEY,          -- "withdrawals"
    link     bigint  NOT NULL DEFAULT 0,
    position integer NOT NULL DEFAULT -1
);

CREATE TABLE unread (                      -- news whose reader failed: set aside, retried, visible
    reader   text        NOT NULL REFERENCES reader (name),
    link     bigint      NOT NULL,
    position integer     NOT NULL,
    subject  text        NOT NULL,
    failures integer     NOT NULL DEFAULT 1,
    error    text        NOT NULL,
    next_at  timestamptz NOT NULL,
    PRIMARY KEY (reader, link, position)
);

CREATE TABLE lease (                       -- one holder at a time; the token fences off the ones before
    name   text        PRIMARY KEY,        -- "deposits:evm-local"
    holder text        NOT NULL,
    token  bigint      NOT NULL,           -- rises with every change of holder
    until  timestamptz NOT NULL
);

CREATE TABLE replay (                      -- Idempotency-Key: the first answer, for the life of the thing
    scope     text        NOT NULL,        -- "platform", or the customer whose credential was used
    key       text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request   text        NOT NULL,        -- hash of route and body
    status    smallint    NOT NULL,        -- HTTP status of the first answer
    answer    text        NOT NULL,        -- its body
    at        timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
