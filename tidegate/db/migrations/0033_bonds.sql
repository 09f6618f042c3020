-- Bonds: what merchants lock, every movement of it, who gets what is owed; and assets that the desk lets go.

CREATE TABLE p2p_bond (
    merchant_id   text          NOT NULL REFERENCES p2p_merchant,
    asset_id      integer       NOT NULL REFERENCES asset,
    required      numeric(78,0) NOT NULL CHECK (required >= 0),
    locked        numeric(78,0) NOT NULL DEFAULT 0 CHECK (locked >= 0),
    owed          numeric(78,0) NOT NULL DEFAULT 0 CHECK (owed >= 0),
    releasing     numeric(78,0) NOT NULL DEFAULT 0 CHECK (releasing BETWEEN 0 AND locked),
    release_at    timestamptz,
    top_up_due_at timestamptz,                            -- a demand must be paid by then; NULL = nothing is demanded
    overdue_at    timestamptz,                            -- first seen unpaid
    hold_ref      text,                                   -- of the ledger's hold on the locked units
    movements     integer       NOT NULL DEFAULT 0,       -- number of the last one
    PRIMARY KEY (merchant_id, asset_id),
    CHECK (owed = 0 OR locked = 0),                       -- what is locked pays before anything is owed
    CHECK ((releasing = 0) = (release_at IS NULL)),
    CHECK ((locked = 0) = (hold_ref IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX p2p_bond_release ON p2p_bond (release_at) WHERE release_at IS NOT NULL;
CREATE INDEX p2p_bond_top_up ON p2p_bond (top_up_due_at) WHERE top_up_due_at IS NOT NULL AND overdue_at IS NULL;

CREATE TABLE p2p_bond_movement (
    id           text          PRIMARY KEY,               -- "bmv_…"
    merchant_id  text          NOT NULL,
    asset_id     integer       NOT NULL,
    number       integer       NOT NULL CHECK (number > 0),
    kind         text          NOT NULL CHECK (kind IN ('lock', 'top_up', 'deduct', 'compensate', 'release')),
    locked_delta numeric(78,0) NOT NULL,
    owed_delta   numeric(78,0) NOT NULL,
    locked_after numeric(78,0) NOT NULL CHECK (locked_after >= 0),
    owed_after   numeric(78,0) NOT NULL CHECK (owed_after >= 0),
    decision     text,                                    -- what decided a taking: "case_…", a measure
    receiver     text,                                    -- who gets what was taken: "cus_…", "platform:…"
    reason       text          NOT NULL,
    actor        text          NOT NULL,
    at           timestamptz   NOT NULL,
    UNIQUE (merchant_id, asset_id, number),
    FOREIGN KEY (merchant_id, asset_id) REFERENCES p2p_bond,
    CHECK (locked_delta <> 0 OR owed_delta <> 0),
    CHECK ((kind IN ('deduct', 'compensate')) = (decision IS NOT NULL)),
    CHECK ((kind IN ('deduct', 'compensate')) = (receiver IS NOT NULL)),
    CHECK (CASE kind WHEN 'lock'    THEN locked_delta > 0 AND owed_delta = 0
                     WHEN 'top_up'  THEN locked_delta >= 0 AND owed_delta <= 0
                     WHEN 'release' THEN locked_delta < 0 AND owed_delta = 0
                     ELSE locked_delta <= 0 AND owed_delta >= 0 END)
);
-- A decision takes once from a bond, for each who receives.
CREATE UNIQUE INDEX p2p_bond_taken_once ON p2p_bond_movement (decision, merchant_id, asset_id, receiver)
    WHERE decision IS NOT NULL;
CREATE TRIGGER p2p_bond_movement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_bond_movement
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Each movement goes on where the one before ended, so their sum is what is locked and what is owed.
CREATE FUNCTION bond_movement_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE locked numeric := 0; owed numeric := 0;
BEGIN
    IF NEW.number > 1 THEN
        SELECT locked_after, owed_after INTO STRICT locked, owed FROM p2p_bond_movement
         WHERE merchant_id = NEW.merchant_id AND asset_id = NEW.asset_id AND number = NEW.number - 1;
    END IF;
    IF (locked + NEW.locked_delta, owed + NEW.owed_delta) IS DISTINCT FROM (NEW.locked_after, NEW.owed_after) THEN
        RAISE EXCEPTION 'movement % of % does not follow from the one before', NEW.number, NEW.merchant_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_bond_movement_follows BEFORE INSERT ON p2p_bond_movement
    FOR EACH ROW EXECUTE FUNCTION bond_movement_follows();

CREATE TABLE p2p_bond_claim (                             -- what a bond did not cover: owed to the receiver
    id          text          PRIMARY KEY,                -- "bcl_…"
    movement_id text          NOT NULL REFERENCES p2p_bond_movement,
    merchant_id text          NOT NULL,
    asset_id    integer       NOT NULL,
    receiver    text          NOT NULL,
    units       numeric(78,0) NOT NULL CHECK (units > 0),
    left_units  numeric(78,0) NOT NULL CHECK (left_units BETWEEN 0 AND units),
    at          timestamptz   NOT NULL,
    settled_at  timestamptz,
    FOREIGN KEY (merchant_id, asset_id) REFERENCES p2p_bond,
    CHECK ((left_units = 0) = (settled_at IS NOT NULL))
);
CREATE INDEX p2p_bond_claim_open ON p2p_bond_claim (merchant_id, asset_id, id) WHERE left_units > 0;

CREATE TABLE p2p_deduction (                              -- what staff propose to take; the case decides
    case_id     text          PRIMARY KEY REFERENCES case_file,
    merchant_id text          NOT NULL,
    asset_id    integer       NOT NULL,
    units       numeric(78,0) NOT NULL CHECK (units > 0),
    people      smallint      NOT NULL,                   -- others that must agree, as it stood when it was proposed
    victim_id   text          REFERENCES party,           -- whom it compensates; NULL = the platform keeps it
    reference   text          NOT NULL,                   -- of the decision, order or freeze it carries out
    reason      text          NOT NULL,
    proposed_by text          NOT NULL,
    proposed_at timestamptz   NOT NULL,
    FOREIGN KEY (merchant_id, asset_id) REFERENCES p2p_bond
);
CREATE TRIGGER p2p_deduction_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_deduction
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE p2p_delisting (                              -- assets in which the desk takes no new bonds and ads
    asset_id   integer     PRIMARY KEY REFERENCES asset,
    last_day   date        NOT NULL,                      -- bonds in it should be in another asset by then
    reason     text        NOT NULL,
    ordered_by text        NOT NULL,
    ordered_at timestamptz NOT NULL
);

ALTER TABLE case_file DROP CONSTRAINT case_file_kind_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_kind_check
    CHECK (kind IN ('withdrawal_review', 'withdrawal_appeal', 'seizure', 'books',
                    'merchant_exit', 'bond_deduction', 'bond_delisting', 'p2p_dispute'));

-- For the rungs above.
CREATE VIEW p2p_bonds_v AS
    SELECT merchant_id, asset_id, required, locked, owed, release_at FROM p2p_bond;
