-- Lists of addresses with their history, what could not be read, and the customers' address books.

CREATE TABLE screening_list (
    name          text        PRIMARY KEY,            -- "sanctions"
    max_age_hours integer     NOT NULL CHECK (max_age_hours > 0),   -- older than this = stale: a gate
    imported_at   timestamptz,                        -- newest good import; NULL = never
    sha256        text                                -- of that file
);

CREATE TABLE list_import (
    id          text        PRIMARY KEY,              -- "imp_…"
    list        text        NOT NULL REFERENCES screening_list,
    at          timestamptz NOT NULL,
    by          text        NOT NULL,
    sha256      text        NOT NULL,
    imported    integer     NOT NULL,                 -- entries now in force that the file named
    removed     integer     NOT NULL,                 -- entries the file no longer names
    quarantined integer     NOT NULL                  -- rows nobody could read: visible until a person looks
);

CREATE TABLE list_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list        text        NOT NULL REFERENCES screening_list,
    family      text        NOT NULL,                 -- "evm": an address counts on every EVM network
    address     text        NOT NULL,                 -- normalised key
    category    text        NOT NULL,                 -- "sanctions", "scam", …
    entry       text        NOT NULL,                 -- the list's own words for it
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz,                          -- NULL = still listed
    CHECK (valid_until IS NULL OR valid_until >= valid_from)
);
CREATE UNIQUE INDEX list_entry_listed ON list_entry (family, address, list) WHERE valid_until IS NULL;
CREATE INDEX list_entry_history ON list_entry (family, address);

CREATE TABLE list_quarantine (
    import_id text    NOT NULL REFERENCES list_import,
    line      integer NOT NULL,
    reason    text    NOT NULL,
    text      text    NOT NULL,
    PRIMARY KEY (import_id, line)
);

CREATE TABLE saved_address (                          -- a customer's address book
    id        text        PRIMARY KEY,                -- "adr_…"
    party_id  text        NOT NULL REFERENCES party,
    network   text        NOT NULL,
    address   text        NOT NULL,                   -- canonical spelling
    memo      text        NOT NULL DEFAULT '',
    label     text        NOT NULL DEFAULT '',
    ownership text        NOT NULL DEFAULT 'unknown' CHECK (ownership IN ('unknown', 'self_hosted', 'vasp')),
    saved_at  timestamptz NOT NULL,                   -- when this customer first named it
    paid_at   timestamptz,                            -- first settled withdrawal to it
    UNIQUE (party_id, network, address, memo)
);
