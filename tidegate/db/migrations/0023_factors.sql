-- Passkeys, several factors for one withdrawal, mails with links, freezes that customers order themselves.

ALTER TABLE party
    ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh')),   -- of what we write to them
    ADD COLUMN identified_at timestamptz;             -- when somebody last verified who they are; NULL = never

ALTER TABLE factor DROP CONSTRAINT factor_kind_check;
ALTER TABLE factor
    ADD CONSTRAINT factor_kind_check CHECK (kind IN ('totp', 'passkey')),
    ALTER COLUMN sealed DROP NOT NULL,                -- a passkey has no secret of ours
    ADD COLUMN name text NOT NULL DEFAULT '',         -- the customer's own: "My telephone"
    ADD COLUMN credential bytea,                      -- the authenticator's name for the key
    ADD COLUMN public_key bytea,                      -- COSE
    ADD COLUMN sign_count bigint NOT NULL DEFAULT 0 CHECK (sign_count >= 0),   -- highest one seen; 0 = it does not count
    ADD CHECK ((kind = 'totp') = (sealed IS NOT NULL)),
    ADD CHECK ((kind = 'passkey') = (credential IS NOT NULL)),
    ADD CHECK ((credential IS NULL) = (public_key IS NULL));
DROP INDEX factor_in_use;
CREATE UNIQUE INDEX factor_in_use ON factor (party_id) WHERE revoked_at IS NULL AND kind = 'totp';
CREATE UNIQUE INDEX factor_credential ON factor (credential) WHERE revoked_at IS NULL;
CREATE INDEX factor_of ON factor (party_id, kind) WHERE revoked_at IS NULL;

CREATE TABLE passkey_challenge (                      -- what an authenticator has to sign; each is good for one answer
    challenge  bytea       PRIMARY KEY,
    party_id   text        NOT NULL REFERENCES party,
    subject    text        NOT NULL,                  -- the factor to be ("fac_…"), or the withdrawal to confirm ("wd_…")
    nonce      bytea       NOT NULL,                  -- challenge = sha256(what it is bound to, nonce)
    name       text        NOT NULL DEFAULT '',       -- of the passkey to be
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX passkey_challenge_of ON passkey_challenge (subject);

-- What a withdrawal asks its customer for, and what was given. A passkey also does where a code is asked, not the
-- other way round; the terms of a standing withdrawal do for all of them. `withdrawals/factors.py: met` says the same in Python, and a test holds the two together.
CREATE FUNCTION factors_met(required text[], used text[]) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT 'standing' = ANY (used)
        OR required <@ (used || CASE WHEN 'passkey' = ANY (used) THEN '{totp}'::text[] ELSE '{}'::text[] END)
$$;
ALTER TABLE withdrawal
    ADD COLUMN required_factors text[] NOT NULL DEFAULT '{}',
    ADD COLUMN used_factors     text[] NOT NULL DEFAULT '{}';
ALTER TABLE withdrawal DISABLE TRIGGER withdrawal_moves;   -- ended withdrawals get the columns too
UPDATE withdrawal SET required_factors = CASE WHEN required_factor IS NULL THEN '{}'::text[] ELSE ARRAY[required_factor] END,
                      used_factors = CASE WHEN confirmed_at IS NULL THEN '{}'::text[] ELSE ARRAY['totp'] END;
ALTER TABLE withdrawal ENABLE TRIGGER withdrawal_moves;
ALTER TABLE withdrawal
    ADD CHECK (required_factors <@ '{totp,passkey,mail}' AND used_factors <@ '{totp,passkey,mail,standing}'),
    ADD CHECK (status <> 'awaiting_confirmation' OR cardinality(required_factors) > 0),
    -- Nothing goes on towards payment before every factor that it asks for was used.
    ADD CONSTRAINT withdrawal_factors_used CHECK (
        status IN ('awaiting_confirmation', 'declined', 'cancelled', 'expired', 'seized')
        OR (cardinality(required_factors) > 0 AND factors_met(required_factors, used_factors)));

-- The outbox of mails. No row holds a body or a link's token: both are made when it is sent.
CREATE TABLE mail (
    id            text        PRIMARY KEY,            -- "mail_…"; its Message-ID is made from it and never changes
    party_id      text        NOT NULL REFERENCES party,
    kind          text        NOT NULL,               -- "confirm", "settled", …: `notifications/letters.py`
    recipient     text        NOT NULL,               -- the address on file when it was ordered
    language      text        NOT NULL CHECK (language IN ('en', 'zh')),
    data          text        NOT NULL,               -- canonical JSON: what its words are filled with
    subject       text,                               -- the withdrawal that its link confirms; NULL = it confirms nothing
    payload       text,                               -- what the link is bound to
    confirm_until timestamptz,
    freeze_until  timestamptz NOT NULL,               -- the link freezes the account until then
    created_at    timestamptz NOT NULL,
    status        text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sending', 'sent', 'given_up')),
    attempts      integer     NOT NULL DEFAULT 0,     -- also the fencing token of the sender who has it
    next_at       timestamptz NOT NULL,               -- due; of one being sent: when another sender may take it
    sent_at       timestamptz,
    error         text,                               -- of the newest failure, for staff
    CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((subject IS NULL) = (payload IS NULL) AND (payload IS NULL) = (confirm_until IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX mail_due ON mail (next_at) WHERE status IN ('queued', 'sending');
CREATE INDEX mail_of ON mail (party_id, id DESC);
CREATE INDEX mail_about ON mail (subject, created_at DESC) WHERE subject IS NOT NULL;

CREATE TABLE mail_token (                             -- a link's secret, as its hash: each attempt to send makes one
    hash    bytea       PRIMARY KEY,                  -- sha256 of 256 random bits
    mail_id text        NOT NULL REFERENCES mail ON DELETE CASCADE,
    made_at timestamptz NOT NULL,
    used_at timestamptz                               -- it has confirmed; freezing uses nothing up
);
CREATE INDEX mail_token_of ON mail_token (mail_id);

-- Nobody is told of what happened before there were mails.
INSERT INTO reader (name, link, position) SELECT 'mails', seq, 2147483647 FROM journal_tip;
