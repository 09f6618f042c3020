-- Who owns what, as double entries. Units are whole base units of the asset (wei, satoshi).

CREATE TABLE asset (
    id       integer PRIMARY KEY,
    symbol   text    NOT NULL,
    network  text    NOT NULL,
    decimals integer NOT NULL CHECK (decimals BETWEEN 0 AND 30),
    contract text,                         -- canonical spelling; NULL = the network's native coin
    UNIQUE (symbol, network)
);
CREATE UNIQUE INDEX asset_contract ON asset (network, coalesce(contract, ''));

-- What we owe is positive (customers, fees earned); what we own is negative (coins on chain, costs paid).
CREATE TABLE ledger_account (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner    text    NOT NULL,             -- "cus_…", or "platform:chain", "platform:fees", …
    asset_id integer NOT NULL REFERENCES asset,
    posted   numeric(78,0) NOT NULL DEFAULT 0,   -- sum of its entries
    held     numeric(78,0) NOT NULL DEFAULT 0,   -- sum of its open holds; available = posted - held
    UNIQUE (owner, asset_id),
    CHECK (held >= 0),
    CHECK (owner LIKE 'platform:%' OR posted >= held)
) WITH (fillfactor = 70);

CREATE TABLE ledger_transfer (
    id   text        PRIMARY KEY,
    kind text        NOT NULL,             -- "deposit", "settlement", "gas", "seizure", "funding"
    ref  text        NOT NULL,             -- what it is for: "wd_…", "dep_…"
    at   timestamptz NOT NULL,
    UNIQUE (kind, ref)                     -- nothing is posted twice
);

CREATE TABLE ledger_entry (
    transfer_id text   NOT NULL REFERENCES ledger_transfer,
    account_id  bigint NOT NULL REFERENCES ledger_account,
    units       numeric(78,0) NOT NULL CHECK (units <> 0),   -- signed; a transfer's entries sum to 0 per asset
    posted_after numeric(78,0) NOT NULL,                     -- the account's balance once this is in
    PRIMARY KEY (transfer_id, account_id)
);
CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id);

CREATE TABLE ledger_hold (
    id         text        PRIMARY KEY,
    account_id bigint      NOT NULL REFERENCES ledger_account,
    purpose    text        NOT NULL CHECK (purpose IN ('withdrawal', 'bond', 'escrow', 'retention', 'legal')),
    ref        text        NOT NULL,       -- "wd_…"
    units      numeric(78,0) NOT NULL CHECK (units > 0),
    status     text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'released', 'spent')),
    expires_at timestamptz,                -- NULL = until its purpose ends it
    at         timestamptz NOT NULL,
    ended_at   timestamptz,
    UNIQUE (purpose, ref),
    CHECK ((status = 'open') = (ended_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX ledger_hold_open ON ledger_hold (account_id) WHERE status = 'open';

CREATE TRIGGER ledger_transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER ledger_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Units are never created: checked at commit, per transfer and asset.
CREATE FUNCTION entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE off record;
BEGIN
    SELECT a.asset_id, sum(e.units) AS units INTO off
      FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
     WHERE e.transfer_id = NEW.transfer_id GROUP BY a.asset_id HAVING sum(e.units) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % is off by % units of asset %', NEW.transfer_id, off.units, off.asset_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entries_sum_to_zero();

-- A hold that ended stays ended, and says the same of whom and how much for ever.
CREATE FUNCTION hold_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'open' OR (OLD.id, OLD.account_id, OLD.purpose, OLD.ref, OLD.units)
        IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.purpose, NEW.ref, NEW.units) THEN
        RAISE EXCEPTION 'hold % is % and does not change', OLD.id, OLD.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_hold_ends_once BEFORE UPDATE ON ledger_hold FOR EACH ROW EXECUTE FUNCTION hold_ends_once();
CREATE TRIGGER ledger_hold_kept BEFORE DELETE OR TRUNCATE ON ledger_hold
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
