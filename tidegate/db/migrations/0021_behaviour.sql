-- What a decision knows of people's ways: logins, the customer's past, the hot wallet's balance, the platform's haste;
-- and payers that stop after ten failures.

-- Every device, network and country a customer ever logged in with: when first, when last. Told in any order, it says
-- the same, and it stays small however often somebody logs in. `parties/party.py: network_of` names networks.
CREATE TABLE login_seen (
    party_id text        NOT NULL REFERENCES party,
    kind     text        NOT NULL CHECK (kind IN ('device', 'network', 'country')),
    value    text        NOT NULL,                    -- "203.0.113.0/24"
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (party_id, kind, value),
    CHECK (first_at <= last_at)
) WITH (fillfactor = 80);
CREATE INDEX login_seen_newest ON login_seen (party_id, kind, first_at DESC);
INSERT INTO login_seen (party_id, kind, value, first_at, last_at)
    SELECT e.party_id, s.kind, s.value, min(e.at), max(e.at)
      FROM party_event e
     CROSS JOIN LATERAL (VALUES
           ('device', e.device_id),
           ('network', CASE WHEN pg_input_is_valid(e.ip, 'inet')
                            THEN network(set_masklen(e.ip::inet, CASE family(e.ip::inet) WHEN 4 THEN 24 ELSE 48 END))::text
                       END),
           ('country', e.country)) AS s (kind, value)
     WHERE e.type = 'login' AND s.value IS NOT NULL
     GROUP BY e.party_id, s.kind, s.value;

-- The customer's past, for the rungs above.
CREATE INDEX ledger_entry_newest ON ledger_entry (account_id, transfer_id DESC);
CREATE VIEW ledger_entries_v AS
    SELECT a.owner, a.asset_id, e.account_id, e.transfer_id, t.at, e.units, e.posted_after
      FROM ledger_entry e JOIN ledger_transfer t ON t.id = e.transfer_id JOIN ledger_account a ON a.id = e.account_id;
CREATE INDEX deposit_credited ON deposit (party_id, asset_id, decided_at DESC) WHERE status = 'credited';
CREATE VIEW deposits_v AS
    SELECT id, party_id, asset_id, credited, decided_at FROM deposit WHERE status = 'credited';
CREATE INDEX saved_address_newest ON saved_address (party_id, saved_at DESC);
CREATE VIEW saved_addresses_v AS SELECT id, party_id, saved_at FROM saved_address;
CREATE INDEX withdrawal_recent ON withdrawal (party_id, created_at DESC);
CREATE INDEX withdrawal_settled ON withdrawal (party_id, ended_at DESC) WHERE status = 'settled';
CREATE INDEX withdrawal_largest ON withdrawal (party_id, asset_id, units DESC) WHERE status = 'settled';

-- What our paying wallets were last seen to hold. Written by a job: no decision ever asks a node.
CREATE TABLE wallet_balance (
    wallet_id text          NOT NULL REFERENCES wallet,
    asset_id  integer       NOT NULL REFERENCES asset,
    units     numeric(78,0) NOT NULL CHECK (units >= 0),
    as_of     timestamptz   NOT NULL,
    PRIMARY KEY (wallet_id, asset_id)
) WITH (fillfactor = 50);
CREATE VIEW hot_balances_v AS
    SELECT w.network, b.asset_id, b.units, b.as_of
      FROM wallet_balance b JOIN wallet w ON w.id = b.wallet_id WHERE w.kind = 'hot';

-- The egress breaker. A trip is numbered, so that everybody who notices it at once calls it the same.
CREATE TABLE egress_trip (
    number   integer       PRIMARY KEY CHECK (number > 0),
    since    timestamptz   NOT NULL,
    line     text          NOT NULL CHECK (line IN ('accounts', 'destinations', 'value')),
    seen     numeric(78,0) NOT NULL,
    allowed  numeric(78,0) NOT NULL,                  -- the policy's line then; of value in micro-USD
    minutes  integer       NOT NULL,
    reset_at timestamptz,                             -- NULL = it holds
    CHECK (seen > allowed),
    CHECK (reset_at >= since)
);
CREATE UNIQUE INDEX egress_holds ON egress_trip ((true)) WHERE reset_at IS NULL;
CREATE TABLE egress_reset (                           -- who asked for the reset; the last one needed brings it about
    trip   integer     NOT NULL REFERENCES egress_trip,
    person text        NOT NULL,
    reason text        NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (trip, person)
);
CREATE FUNCTION trip_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reset_at IS NOT NULL OR (to_jsonb(OLD) - 'reset_at') IS DISTINCT FROM (to_jsonb(NEW) - 'reset_at') THEN
        RAISE EXCEPTION 'trip % of the egress breaker does not change', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER egress_trip_ends_once BEFORE UPDATE ON egress_trip FOR EACH ROW EXECUTE FUNCTION trip_ends_once();
CREATE TRIGGER egress_trip_kept BEFORE DELETE OR TRUNCATE ON egress_trip
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER egress_reset_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON egress_reset
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
-- One row, always: how many trips there were, when the newest reset was, and the trip that holds or NULLs.
CREATE VIEW egress_v AS
    SELECT coalesce(n.trips, 0) AS trips, n.reset_at, t.number, t.since, t.line, t.seen, t.allowed, t.minutes
      FROM (SELECT max(number) AS trips, max(reset_at) AS reset_at FROM egress_trip) n
      LEFT JOIN egress_trip t ON t.reset_at IS NULL;
CREATE INDEX limit_use_recent ON limit_use ((ats[1]));  -- a reservation's time: its steps are of one act

-- Payers that fail. No row = no failure so far.
CREATE TABLE lane (                                   -- of a wallet
    wallet_id   text        PRIMARY KEY REFERENCES wallet,
    failures    integer     NOT NULL DEFAULT 0,       -- in a row
    last_payout text,                                 -- whose failure it was: one that always fails counts once
    detail      text,
    next_at     timestamptz NOT NULL,                 -- nothing is claimed or signed before
    stopped_at  timestamptz                           -- NULL = it works; else until a person resumes it
) WITH (fillfactor = 50);
ALTER TABLE payout ADD COLUMN stopped_at timestamptz; -- failed too often: until a person resumes it
CREATE INDEX payout_stopped ON payout (wallet_id) WHERE stopped_at IS NOT NULL;
