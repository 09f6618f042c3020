-- Coins that moved before this platform kept the books: windows that reach back have to see them. They are nobody's
-- deposit or withdrawal here, no chain is asked about them, and the ledger knows only what was left of them.

CREATE TABLE coin_import (
    ref         text        PRIMARY KEY,              -- the teller's own name of it
    party_id    text        NOT NULL REFERENCES party,
    direction   text        NOT NULL CHECK (direction IN ('in', 'out')),
    asset_id    integer     NOT NULL REFERENCES asset,
    units       numeric(78,0) NOT NULL CHECK (units > 0),
    value       numeric(38,0) CHECK (value >= 0),     -- micro-USD at that time; NULL = nobody knows
    at          timestamptz NOT NULL,
    counterpart text        NOT NULL CHECK (counterpart IN ('exchange', 'listed', 'own', 'other')),
    address     text        NOT NULL,
    reason      text        CHECK (reason IN ('no_movement')),   -- why nothing came in; NULL = it did
    CHECK (reason IS NULL OR direction = 'in')
);
CREATE INDEX coin_import_by_party ON coin_import (party_id, at);
CREATE TRIGGER coin_import_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON coin_import
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

ALTER VIEW coin_flows_v RENAME TO coin_flows_here_v;
CREATE VIEW coin_flows_v AS
    SELECT party_id, direction, ref, asset_id, units, value, at, known_at, counterpart, address FROM coin_flows_here_v
    UNION ALL
    SELECT party_id, direction, ref, asset_id, units, value, at, at, counterpart, address
      FROM coin_import WHERE reason IS NULL;

ALTER VIEW counterfeits_v RENAME TO counterfeits_here_v;
CREATE VIEW counterfeits_v AS
    SELECT deposit_id, party_id, asset_id, claimed, at, known_at, reason FROM counterfeits_here_v
    UNION ALL
    SELECT ref, party_id, asset_id, units, at, at, reason FROM coin_import WHERE reason IS NOT NULL;
