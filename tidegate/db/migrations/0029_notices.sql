-- Staff who want to be told, and mails that go to them: without a link, because they have no account to freeze.

CREATE TABLE subscription (
    id         text        PRIMARY KEY,                -- "sub_…"
    topic      text        NOT NULL CHECK (topic IN ('market')),   -- what about
    email      text,                                   -- NULL = it has ended: whose it was is forgotten
    language   text        NOT NULL CHECK (language IN ('en', 'zh')),
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz,
    CHECK ((email IS NULL) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX subscription_once ON subscription (topic, lower(email)) WHERE ended_at IS NULL;

ALTER TABLE mail
    ALTER COLUMN party_id DROP NOT NULL,               -- NULL = it goes to a subscriber
    ALTER COLUMN freeze_until DROP NOT NULL,           -- NULL = it has no link
    ADD COLUMN subscription_id text REFERENCES subscription,
    ADD CHECK ((party_id IS NULL) <> (subscription_id IS NULL)),
    ADD CHECK ((party_id IS NULL) = (freeze_until IS NULL)),
    ADD CHECK (subject IS NULL OR party_id IS NOT NULL);
CREATE INDEX mail_to ON mail (subscription_id, id DESC) WHERE subscription_id IS NOT NULL;
