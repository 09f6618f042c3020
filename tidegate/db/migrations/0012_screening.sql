-- What people mistake for each other, which addresses are ours, the history of lists, warnings, allow-lists.

-- The part of an address that people compare: without the prefix that all of its kind share, in small letters.
-- `screening/lookalike.py: body` says the same in Python, and a test holds the two together.
CREATE FUNCTION address_body(address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(CASE WHEN address LIKE '0x%' THEN substr(address, 3)
                      WHEN address ~ '^(bc|tb|bcrt)1' THEN regexp_replace(address, '^(bc|tb|bcrt)1.', '')
                      ELSE substr(address, 2) END)
$$;

ALTER TABLE saved_address
    ADD COLUMN booked_at timestamptz,                 -- when the customer put it into the book; NULL = only ever paid to
    ADD COLUMN head text GENERATED ALWAYS AS (left(address_body(address), 3)) STORED,
    ADD COLUMN tail text GENERATED ALWAYS AS (right(address_body(address), 3)) STORED;
UPDATE saved_address SET booked_at = saved_at WHERE label <> '' OR ownership <> 'unknown';
CREATE INDEX saved_address_head ON saved_address (party_id, head);
CREATE INDEX saved_address_tail ON saved_address (party_id, tail);

CREATE TABLE own_address (                            -- every address of this platform; custody writes it
    network  text NOT NULL,                           -- where we watch it
    family   text NOT NULL,                           -- where its key would open it too
    address  text NOT NULL,                           -- canonical spelling
    kind     text NOT NULL CHECK (kind IN ('hot', 'deposit')),
    party_id text REFERENCES party,                   -- whose deposits it receives
    whose    text GENERATED ALWAYS AS (coalesce(party_id, '')) STORED,   -- '' = the platform's
    head     text GENERATED ALWAYS AS (left(address_body(address), 3)) STORED,
    tail     text GENERATED ALWAYS AS (right(address_body(address), 3)) STORED,
    PRIMARY KEY (network, address),
    CHECK ((kind = 'deposit') = (party_id IS NOT NULL))
);
CREATE INDEX own_address_key ON own_address (family, address);
CREATE INDEX own_address_head ON own_address (whose, head);
CREATE INDEX own_address_tail ON own_address (whose, tail);
INSERT INTO own_address (network, family, address, kind, party_id)    -- so far every network of ours is an EVM one
    SELECT network, 'evm', address, kind, party_id FROM wallet;

-- An import passes through here, so that a file of any size needs little memory. Empty between imports.
CREATE UNLOGGED TABLE list_staging (
    import_id   text    NOT NULL,
    line        integer NOT NULL,
    family      text    NOT NULL,
    address     text    NOT NULL,
    category    text    NOT NULL,
    entry       text    NOT NULL,
    rank        integer NOT NULL,                     -- of several rows about one address the lowest counts
    valid_from  timestamptz,                          -- NULL = from this import on
    valid_until timestamptz
);
CREATE INDEX list_entry_of ON list_entry (list, family, address);

CREATE TABLE listed_warning (                         -- a customer was told that the destination is on our blocklist
    id             text        PRIMARY KEY,           -- "lwn_…"
    party_id       text        NOT NULL REFERENCES party,
    withdrawal_id  text        NOT NULL,              -- the one that was asked for
    network        text        NOT NULL,
    family         text        NOT NULL,
    address        text        NOT NULL,              -- the list's key
    list           text        NOT NULL REFERENCES screening_list,
    category       text        NOT NULL,
    entry          text        NOT NULL,              -- the list's own words at that moment
    listed_since   timestamptz NOT NULL,
    text_version   integer     NOT NULL,              -- of notifications/templates.py: WARNINGS
    language       text        NOT NULL CHECK (language IN ('en', 'zh')),
    shown_at       timestamptz NOT NULL,
    shown_evidence text        NOT NULL,              -- canonical JSON: channel, device, …
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledged_evidence text,
    UNIQUE (withdrawal_id, list),
    CHECK (listed_since <= shown_at),                 -- listed later does not count
    CHECK (acknowledged_at >= shown_at),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_evidence IS NULL))
);
CREATE INDEX listed_warning_place ON listed_warning (party_id, family, address, shown_at DESC);

CREATE TABLE listed_insistence (                      -- warned, acknowledged, and asked again all the same
    warning_id    text        NOT NULL REFERENCES listed_warning,
    withdrawal_id text        NOT NULL,
    at            timestamptz NOT NULL,
    by            text        NOT NULL,
    evidence      text        NOT NULL,
    PRIMARY KEY (warning_id, withdrawal_id)
);

CREATE FUNCTION listed_warning_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.acknowledged_at IS NOT NULL OR (to_jsonb(OLD) - '{acknowledged_at,acknowledged_by,acknowledged_evidence}'::text[])
       IS DISTINCT FROM (to_jsonb(NEW) - '{acknowledged_at,acknowledged_by,acknowledged_evidence}'::text[]) THEN
        RAISE EXCEPTION 'warning % is evidence and cannot be rewritten', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listed_warning_kept BEFORE UPDATE ON listed_warning FOR EACH ROW EXECUTE FUNCTION listed_warning_kept();
CREATE TRIGGER listed_warning_stays BEFORE DELETE OR TRUNCATE ON listed_warning
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER listed_insistence_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON listed_insistence
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For the rungs above: one row per warning and withdrawal that insisted on it; NULL = nobody insisted.
CREATE VIEW listed_warnings_v AS
    SELECT w.id, w.party_id, w.withdrawal_id, w.network, w.family, w.address, w.list, w.category, w.entry,
           w.listed_since, w.text_version, w.language, w.shown_at, w.acknowledged_at,
           i.withdrawal_id AS insisted_withdrawal_id, i.at AS insisted_at
      FROM listed_warning w LEFT JOIN listed_insistence i ON i.warning_id = w.id;

CREATE TABLE allow_list (                             -- only addresses in the book may be paid
    party_id     text        PRIMARY KEY REFERENCES party,
    since        timestamptz NOT NULL,
    on_by        text        NOT NULL,
    off_asked_at timestamptz,                         -- NULL = nobody asked to switch it off
    off_by       text,
    off_from     timestamptz,                         -- in force until then
    CHECK ((off_asked_at IS NULL) = (off_from IS NULL) AND (off_from IS NULL) = (off_by IS NULL)),
    CHECK (off_from >= off_asked_at AND off_asked_at >= since)
);
