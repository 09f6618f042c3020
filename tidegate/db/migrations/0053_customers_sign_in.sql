-- Customers sign in themselves: a password beside their factors, an invitation to set one, sessions of their own.

CREATE TABLE customer_password (
    party_id text        PRIMARY KEY REFERENCES party,
    login    text        NOT NULL UNIQUE,               -- the mail address when it was set, in small letters
    hash     text        NOT NULL,                      -- Argon2id, with its salt and costs
    set_at   timestamptz NOT NULL
);

CREATE TABLE invitation (                               -- a link to set a password: the mail that carries it names it
    id         text        PRIMARY KEY,                 -- "inv_…"
    party_id   text        NOT NULL REFERENCES party,
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX invitation_of ON invitation (party_id, made_at DESC);

CREATE TABLE customer_session (
    id         text        PRIMARY KEY,                 -- "ses_…", as its customer sees it
    hash       bytea       NOT NULL UNIQUE,             -- sha256 of the cookie
    party_id   text        NOT NULL REFERENCES party,
    csrf       text        NOT NULL,
    way        text        NOT NULL CHECK (way IN ('totp', 'passkey', 'link')),
    ip         text,
    agent      text        NOT NULL,                    -- what the browser calls itself
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX customer_session_of ON customer_session (party_id, seen_at DESC) WHERE ended_at IS NULL;
CREATE INDEX customer_session_seen ON customer_session (seen_at);

CREATE TABLE sign_in_try (                              -- wrong ones in a row, by account and by network
    subject   text        PRIMARY KEY,                  -- "login:<sha256>", "network:203.0.113.0/24"
    wrong     integer     NOT NULL,
    newest_at timestamptz NOT NULL
);
CREATE INDEX sign_in_try_newest ON sign_in_try (newest_at);

CREATE TABLE sign_in_challenge (                        -- a passkey says itself whose it is: nobody is named before
    challenge  bytea       PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_challenge_over ON sign_in_challenge (expires_at);

CREATE TABLE sign_in_link (                             -- the demo's way in: once, for a quarter of an hour
    hash       bytea       PRIMARY KEY,
    party_id   text        NOT NULL REFERENCES party,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
