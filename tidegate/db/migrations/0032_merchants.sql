-- Merchants: their life, who is rated from when to when, their payment accounts.

CREATE TABLE p2p_merchant (
    id               text        PRIMARY KEY,             -- "mer_…"
    party_id         text        NOT NULL REFERENCES party,
    subject_id       text        NOT NULL REFERENCES p2p_merchant,  -- the person's first merchant account
    country          text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    certification    text        NOT NULL CHECK (certification IN
                     ('pending', 'certified', 'rejected', 'exiting', 'closed', 'dismissed')),
    reason           text,                                -- a person's last words on it
    rules_version    text,                                -- agreed to; NULL = declined
    applied_at       timestamptz NOT NULL,
    certified_at     timestamptz,
    exit_from        text        CHECK (exit_from IN ('pending', 'certified', 'rejected', 'dismissed')),
    exit_asked_at    timestamptz,
    exit_approved_at timestamptz,
    closed_at        timestamptz,
    changed_at       timestamptz NOT NULL,
    CHECK ((exit_from IS NULL) = (exit_asked_at IS NULL)),
    CHECK (exit_approved_at IS NULL OR exit_asked_at IS NOT NULL),
    CHECK (certification <> 'exiting' OR exit_asked_at IS NOT NULL),
    CHECK (certification <> 'closed' OR closed_at IS NOT NULL),
    CHECK (certification <> 'certified' OR certified_at IS NOT NULL)
) WITH (fillfactor = 80);
-- One merchant account per person at a time. Who was dismissed does not come back under the same account.
CREATE UNIQUE INDEX p2p_merchant_of_party ON p2p_merchant (party_id) WHERE certification <> 'closed';
CREATE INDEX p2p_merchant_by_party ON p2p_merchant (party_id, id);
CREATE INDEX p2p_merchant_by_subject ON p2p_merchant (subject_id);
CREATE INDEX p2p_merchant_by_certification ON p2p_merchant (certification, id);

CREATE INDEX p2p_merchant_leaving ON p2p_merchant (exit_approved_at)
    WHERE exit_approved_at IS NOT NULL AND closed_at IS NULL;

CREATE TABLE p2p_consent (                                -- what was said about each version of the rules
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id   text        NOT NULL REFERENCES p2p_merchant,
    rules_version text        NOT NULL,
    agreed        boolean     NOT NULL,
    actor         text        NOT NULL,
    at            timestamptz NOT NULL
);
CREATE INDEX p2p_consent_of_merchant ON p2p_consent (merchant_id, id);
CREATE TRIGGER p2p_consent_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_consent
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE p2p_link (                                   -- a person found two accounts to be one person's (R20)
    merchant_id    text        NOT NULL REFERENCES p2p_merchant,
    subject_id     text        NOT NULL REFERENCES p2p_merchant,   -- joined
    subject_before text        NOT NULL REFERENCES p2p_merchant,
    evidence       text        NOT NULL CHECK (evidence IN
                   ('identity_document', 'ownership_record', 'own_statement', 'authority', 'shared_account')),
    note           text        NOT NULL,
    actor          text        NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, subject_id)
);
CREATE TRIGGER p2p_link_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_link
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE p2p_matter (                                 -- something open about a merchant: no bond goes back meanwhile
    merchant_id text        NOT NULL REFERENCES p2p_merchant,
    kind        text        NOT NULL CHECK (kind IN ('dispute', 'rating', 'appeal', 'freeze', 'deduction', 'other')),
    ref         text        NOT NULL,                     -- what it is: "ord_…", "case_…"
    opened_by   text        NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_by   text,
    closed_at   timestamptz,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX p2p_matter_open ON p2p_matter (merchant_id, ref) WHERE closed_at IS NULL;

-- Who is rated (S2 Art. 2), as half-open intervals [from_at, until_at). Closed ones never change.
CREATE TABLE p2p_scope (
    subject_id text        NOT NULL REFERENCES p2p_merchant,
    from_at    timestamptz NOT NULL,
    until_at   timestamptz CHECK (until_at >= from_at),   -- NULL = open
    ground     text        NOT NULL CHECK (ground IN ('certified', 'application', 'exit'))
);
CREATE UNIQUE INDEX p2p_scope_open ON p2p_scope (subject_id) WHERE until_at IS NULL;
CREATE INDEX p2p_scope_by_subject ON p2p_scope (subject_id, from_at);

CREATE FUNCTION scope_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.until_at IS NOT NULL
        OR (OLD.subject_id, OLD.from_at, OLD.ground) IS DISTINCT FROM (NEW.subject_id, NEW.from_at, NEW.ground) THEN
        RAISE EXCEPTION 'the scope of % from % does not change', OLD.subject_id, OLD.from_at
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_scope_ends_once BEFORE UPDATE OR DELETE ON p2p_scope
    FOR EACH ROW EXECUTE FUNCTION scope_ends_once();

CREATE TABLE p2p_account (                                -- a payment account, seen with a person
    id                 text        PRIMARY KEY,           -- "pac_…"
    party_id           text        NOT NULL REFERENCES party,
    method             text        NOT NULL CHECK (method IN ('bank', 'wallet', 'cash')),
    institution        text        NOT NULL,
    hash               text        CHECK (hash ~ '^[0-9a-f]{64}$'),   -- keyed, of the one spelling; NULL = cash
    sealed             bytea,                             -- the number, encrypted with the platform's data key
    ending             text,                              -- its last four characters
    holder_name        text        NOT NULL,
    name_score         smallint    CHECK (name_score BETWEEN 0 AND 100),  -- against the verified name; NULL = none is
    verified           boolean     NOT NULL,
    attested_elsewhere boolean     NOT NULL DEFAULT false,
    first_at           timestamptz NOT NULL,
    last_at            timestamptz NOT NULL CHECK (last_at >= first_at),
    retired_at         timestamptz,
    CHECK ((method = 'cash') = (hash IS NULL)),
    CHECK ((hash IS NULL) = (sealed IS NULL) AND (hash IS NULL) = (ending IS NULL)),
    CHECK (NOT verified OR name_score IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX p2p_account_once ON p2p_account (party_id, hash);
CREATE UNIQUE INDEX p2p_account_cash_once ON p2p_account (party_id, institution) WHERE hash IS NULL;
CREATE INDEX p2p_account_by_hash ON p2p_account (hash);

CREATE TABLE p2p_attestation (                            -- that an account is used at another platform as well (5.2d)
    account_id text        NOT NULL REFERENCES p2p_account,
    platform   text        NOT NULL,
    source     text        NOT NULL CHECK (source IN ('own_statement', 'document', 'other_platform')),
    since      date        CHECK (since >= '2009-01-03'),
    reference  text,
    actor      text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (account_id, platform, source)
);
CREATE TRIGGER p2p_attestation_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_attestation
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For the rungs above.
CREATE VIEW p2p_merchants_v AS
    SELECT id AS merchant_id, subject_id, party_id, certification, country, certified_at, applied_at, exit_asked_at,
           closed_at
      FROM p2p_merchant;
CREATE VIEW p2p_scope_v AS
    SELECT subject_id, from_at, until_at, ground FROM p2p_scope WHERE until_at IS NULL OR until_at > from_at;
CREATE VIEW p2p_accounts_v AS
    SELECT hash AS account_hash, party_id, method, holder_name, verified, attested_elsewhere, first_at, last_at
      FROM p2p_account WHERE hash IS NOT NULL;
