-- Staff come in by more than their key: a password with an app's code, or a passkey. Whoever they are stays the key.

CREATE TABLE staff_password (
    key_id    text        PRIMARY KEY REFERENCES api_key,
    login     text        NOT NULL UNIQUE,              -- the name that is typed, in small letters
    hash      text        NOT NULL,                     -- Argon2id, with its salt and costs
    sealed    bytea       NOT NULL,                     -- the app's secret under the data key
    last_step bigint      NOT NULL,                     -- the newest time step whose code was accepted
    set_at    timestamptz NOT NULL
);

CREATE TABLE staff_passkey (
    id         text        PRIMARY KEY,                 -- "way_…"
    key_id     text        NOT NULL REFERENCES api_key,
    name       text        NOT NULL,
    credential bytea       NOT NULL UNIQUE,
    public_key bytea       NOT NULL,
    sign_count bigint      NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX staff_passkey_of ON staff_passkey (key_id, created_at);

CREATE TABLE staff_challenge (                          -- what an authenticator is asked to sign: a key to be, or a proof
    challenge  bytea       PRIMARY KEY,
    key_id     text        NOT NULL REFERENCES api_key,
    subject    text        NOT NULL,                    -- "way_…" to be, or "prove"
    name       text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX staff_challenge_over ON staff_challenge (expires_at);

CREATE TABLE staff_key_barred (                         -- a key that opens the API and no longer the console
    key_id    text        PRIMARY KEY REFERENCES api_key,
    barred_by text        NOT NULL,
    barred_at timestamptz NOT NULL
);

ALTER TABLE staff_session ADD COLUMN way text NOT NULL DEFAULT 'key'
    CHECK (way IN ('key', 'link', 'password', 'passkey'));
