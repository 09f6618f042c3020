-- Wallets of ours that pay nothing from here: warm and cold ones. Their keys are elsewhere; we look at what they hold.

CREATE TABLE watched_wallet (
    id         text        PRIMARY KEY,                 -- "wch_…"
    network    text        NOT NULL REFERENCES network,
    address    text        NOT NULL,                    -- canonical spelling
    kind       text        NOT NULL CHECK (kind IN ('warm', 'cold')),
    label      text        NOT NULL,
    added_by   text        NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz,
    CHECK ((removed_by IS NULL) = (removed_at IS NULL))
);
CREATE UNIQUE INDEX watched_wallet_once ON watched_wallet (network, address) WHERE removed_at IS NULL;

CREATE TABLE watched_balance (
    wallet_id text           NOT NULL REFERENCES watched_wallet,
    asset_id  integer        NOT NULL REFERENCES asset,
    units     numeric(78,0)  NOT NULL CHECK (units >= 0),
    as_of     timestamptz    NOT NULL,
    PRIMARY KEY (wallet_id, asset_id)
);
