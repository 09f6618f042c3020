-- Transfers to customers of tokens that are no asset here: nothing is credited, and whoever shows such coins to somebody
-- has shown a false one.

CREATE TABLE unknown_token (                              -- one a day of each contract and customer: dust is cheap
    id        text        PRIMARY KEY,                    -- "utk_…"
    network   text        NOT NULL REFERENCES network,
    contract  text        NOT NULL,
    party_id  text        NOT NULL REFERENCES party,
    day       date        NOT NULL,                       -- of `at`, UTC
    tx        text        NOT NULL,                       -- the first of that day
    sender    text        NOT NULL,
    claimed   numeric(78,0) NOT NULL CHECK (claimed > 0),
    at        timestamptz NOT NULL,                       -- when its block was final here
    UNIQUE (network, contract, party_id, day)
);
CREATE INDEX unknown_token_by_party ON unknown_token (party_id, at);
CREATE TRIGGER unknown_token_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON unknown_token
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For the rungs above. A false token claims whatever its author likes: from 30 digits on nobody counts on with it.
CREATE VIEW unknown_tokens_v AS
    SELECT id, network, contract, party_id, sender, tx,
           CAST(CASE WHEN claimed < power(CAST(10 AS numeric), 30) THEN claimed END AS numeric(78,0)) AS claimed, at,
           at AS known_at
      FROM unknown_token;

CREATE OR REPLACE VIEW counterfeits_v AS
    SELECT deposit_id, party_id, asset_id, claimed, at, known_at, reason FROM counterfeits_here_v
    UNION ALL
    SELECT ref, party_id, asset_id, units, at, at, reason FROM coin_import WHERE reason IS NOT NULL
    UNION ALL
    SELECT id, party_id, CAST(NULL AS integer), claimed, at, known_at, 'no_asset' FROM unknown_tokens_v;
