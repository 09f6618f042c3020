-- Customers, the keys of machines and staff, factors, events, restrictions in force.

CREATE TABLE party (
    id            text        PRIMARY KEY,             -- "cus_…"
    kind          text        NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'merchant')),
    external_id   text        NOT NULL UNIQUE,         -- the platform's own id
    country       text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),   -- ISO 3166-1 alpha-2
    name          text        NOT NULL,
    email         text        NOT NULL,
    level         smallint    CHECK (level BETWEEN 0 AND 3),             -- NULL = nobody has said
    verified_name text,
    date_of_birth date,
    provider      text,                                -- who verified
    reference     text,                                -- their file
    version       bigint      NOT NULL DEFAULT 0,      -- rises with every change
    created_at    timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE party_event (
    id        text        PRIMARY KEY,                 -- "evt_…"
    party_id  text        NOT NULL REFERENCES party,
    type      text        NOT NULL CHECK (type IN
              ('login', 'password_changed', 'mfa_changed', 'email_changed', 'phone_changed')),
    at        timestamptz NOT NULL,                    -- when it happened
    known_at  timestamptz NOT NULL,                    -- when we were told
    device_id text,
    ip        text,
    country   text
);
CREATE INDEX party_event_latest ON party_event (party_id, type, at DESC);

CREATE TABLE factor (
    id         text        PRIMARY KEY,                -- "fac_…"
    party_id   text        NOT NULL REFERENCES party,
    kind       text        NOT NULL CHECK (kind IN ('totp')),
    sealed     bytea       NOT NULL,                   -- the secret, encrypted with the platform's data key
    last_step  bigint      NOT NULL DEFAULT 0,         -- newest time step accepted: a code works once
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX factor_in_use ON factor (party_id, kind) WHERE revoked_at IS NULL;

CREATE TABLE api_key (
    id         text        PRIMARY KEY,                -- "key_…"
    role       text        NOT NULL CHECK (role IN ('integrator', 'analyst', 'compliance', 'treasury', 'support',
                                                    'auditor', 'admin', 'customer')),
    party_id   text        REFERENCES party,           -- the customer whose objects it may see; others: NULL
    label      text        NOT NULL,                   -- whose it is, for the journal
    hash       bytea       NOT NULL UNIQUE,            -- sha256 of the key: 256 random bits need no slow hash
    scopes     text[],                                 -- NULL = all scopes of its role
    addresses  text[],                                 -- networks it may call from; NULL = anywhere
    expires_at timestamptz,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((role = 'customer') = (party_id IS NOT NULL))
);

CREATE TABLE staff_session (                           -- a person at the console
    hash       bytea       PRIMARY KEY,                -- sha256 of the cookie
    key_id     text        NOT NULL REFERENCES api_key,
    csrf       text        NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ended_at   timestamptz
);

CREATE TABLE restriction (                             -- an overlay: blocks moves, never rewrites a status
    id         text        PRIMARY KEY,                -- "res_…"
    party_id   text        NOT NULL REFERENCES party,
    kind       text        NOT NULL CHECK (kind IN ('freeze', 'step_up', 'withdrawal_delay', 'withdrawal_limit',
                           'withdrawal_block', 'trade_limit', 'trade_block', 'watch', 'ban')),
    until      timestamptz,                            -- NULL = until lifted
    value      text,                                   -- hours of a delay, USD of a limit
    reason     text        NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    lifted_by  text,
    lifted_at  timestamptz,
    lift_reason text,
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE INDEX restriction_in_force ON restriction (party_id) WHERE lifted_at IS NULL;

-- For the rungs above: what nobody has lifted. Readers compare `until` with their own `now`.
CREATE VIEW restrictions_v AS
    SELECT id, party_id, kind, until, value, reason FROM restriction WHERE lifted_at IS NULL;
