-- Ask, decide, confirm, wait, hand to custody, settle. Limits are reserved with the funds.

CREATE TABLE withdrawal (
    id              text        PRIMARY KEY,          -- "wd_…"
    number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,   -- sequential: what an on-chain vault counts by
    party_id        text        NOT NULL REFERENCES party,
    requester       text        NOT NULL,             -- whose credential asked
    asset_id        integer     NOT NULL REFERENCES asset,
    network         text        NOT NULL,
    address         text        NOT NULL,             -- canonical spelling
    memo            text        NOT NULL DEFAULT '',
    saved_address_id text       NOT NULL REFERENCES saved_address,
    units           numeric(78,0) NOT NULL CHECK (units > 0),      -- what leaves the balance, fee inside
    fee_units       numeric(78,0) NOT NULL CHECK (fee_units >= 0),
    fee_ceiling_units numeric(78,0),                  -- the most the customer agreed to; NULL = the fee as shown
    value           numeric(78,0) NOT NULL CHECK (value >= 0),     -- micro-USD, frozen at the request
    payload_hash    text        NOT NULL,             -- what the customer saw and confirms
    status          text        NOT NULL,
    waiting_for     text,                             -- within approved: 'kill_switch', 'freeze', …
    required_factor text,
    tries           smallint    NOT NULL DEFAULT 0,   -- wrong codes so far
    decision_id     text        NOT NULL,             -- the newest
    release_at      timestamptz,                      -- of a delay: fixed at entry
    expires_at      timestamptz,                      -- of awaiting_confirmation / awaiting_information
    cleared         text[]      NOT NULL DEFAULT '{}',-- findings that a person has looked at and let pass
    confirmed_at    timestamptz,
    authorised_at   timestamptz,
    tx              text,                             -- hash of the final payment
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    CHECK (fee_units < units),
    CHECK (status IN ('awaiting_confirmation', 'screening', 'awaiting_information', 'delayed', 'in_review', 'approved',
                      'paying', 'settled', 'returned', 'declined', 'cancelled', 'expired', 'seized')),
    CHECK ((status IN ('settled', 'returned', 'declined', 'cancelled', 'expired', 'seized')) = (ended_at IS NOT NULL)),
    CHECK (status <> 'delayed' OR release_at IS NOT NULL),
    CHECK (status <> 'awaiting_confirmation' OR (required_factor IS NOT NULL AND expires_at IS NOT NULL)),
    CHECK ((status = 'settled') = (tx IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX withdrawal_by_party ON withdrawal (party_id, id DESC);
CREATE INDEX withdrawal_by_status ON withdrawal (status, id DESC);
CREATE INDEX withdrawal_due ON withdrawal (release_at) WHERE status = 'delayed';
CREATE INDEX withdrawal_expiring ON withdrawal (expires_at) WHERE status IN ('awaiting_confirmation', 'awaiting_information');
CREATE INDEX withdrawal_to_authorise ON withdrawal (id) WHERE status = 'approved' AND authorised_at IS NULL;

-- What was asked never changes; an ended withdrawal never lives again.
CREATE FUNCTION withdrawal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR
       (OLD.party_id, OLD.asset_id, OLD.address, OLD.memo, OLD.units, OLD.fee_units, OLD.payload_hash, OLD.value)
       IS DISTINCT FROM (NEW.party_id, NEW.asset_id, NEW.address, NEW.memo, NEW.units, NEW.fee_units, NEW.payload_hash, NEW.value) THEN
        RAISE EXCEPTION 'withdrawal % is % and cannot be rewritten', OLD.id, OLD.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_moves BEFORE UPDATE ON withdrawal FOR EACH ROW EXECUTE FUNCTION withdrawal_moves();
CREATE TRIGGER withdrawal_kept BEFORE DELETE OR TRUNCATE ON withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE decision (
    id             text        PRIMARY KEY,           -- "dec_…"
    withdrawal_id  text        NOT NULL,
    stage          text        NOT NULL CHECK (stage IN ('request', 'confirm', 'release', 'person', 'pay')),
    at             timestamptz NOT NULL,
    outcome        text        NOT NULL CHECK (outcome IN ('allow', 'step_up', 'delay', 'review', 'decline', 'freeze')),
    findings       text        NOT NULL,              -- canonical JSON
    facts          text        NOT NULL,              -- canonical JSON: replay needs nothing else
    facts_hash     text        NOT NULL,
    policy_version integer     NOT NULL REFERENCES policy_version,
    engine         text        NOT NULL               -- version of the code that judged
);
CREATE INDEX decision_by_withdrawal ON decision (withdrawal_id, at);
CREATE TRIGGER decision_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Rolling limits. A window's use = newest total - total before the window - what was given back inside it:
-- three index look-ups however busy the account is.
CREATE TABLE limit_counter (
    scope   text NOT NULL,                            -- "party"
    subject text NOT NULL,                            -- "cus_…"
    total   numeric(78,0) NOT NULL DEFAULT 0,         -- micro-USD ever reserved
    at      timestamptz NOT NULL,                     -- of the newest use: never runs backwards
    PRIMARY KEY (scope, subject)
) WITH (fillfactor = 70);

CREATE TABLE limit_use (
    scope       text        NOT NULL,
    subject     text        NOT NULL,
    ref         text        NOT NULL,                 -- "wd_…"
    at          timestamptz NOT NULL,
    value       numeric(78,0) NOT NULL CHECK (value >= 0),
    total_after numeric(78,0) NOT NULL,
    released_at timestamptz,                          -- given back, once
    PRIMARY KEY (ref, scope, subject)
) WITH (fillfactor = 90);
CREATE INDEX limit_use_window ON limit_use (scope, subject, at DESC, total_after DESC);
CREATE INDEX limit_use_released ON limit_use (scope, subject, at) WHERE released_at IS NOT NULL;
