-- A decision that was wrong gives back what it took from a bond, and a dismissal that was wrong is taken back.

ALTER TABLE p2p_bond ADD COLUMN waived numeric(78,0) NOT NULL DEFAULT 0;   -- what was required before the trade was over

ALTER TABLE p2p_bond_claim ADD COLUMN forgiven_units numeric(78,0) NOT NULL DEFAULT 0;   -- owed no more: it was wrong
ALTER TABLE p2p_bond_claim ADD CHECK (forgiven_units >= 0 AND left_units + forgiven_units <= units);

ALTER TABLE p2p_bond_movement DROP CONSTRAINT p2p_bond_movement_kind_check;
ALTER TABLE p2p_bond_movement ADD CONSTRAINT p2p_bond_movement_kind_check
    CHECK (kind IN ('lock', 'top_up', 'deduct', 'compensate', 'release', 'refund'));
ALTER TABLE p2p_bond_movement DROP CONSTRAINT p2p_bond_movement_check1;
ALTER TABLE p2p_bond_movement ADD CONSTRAINT p2p_bond_movement_decided
    CHECK ((kind IN ('deduct', 'compensate', 'refund')) = (decision IS NOT NULL));
ALTER TABLE p2p_bond_movement DROP CONSTRAINT p2p_bond_movement_check3;
ALTER TABLE p2p_bond_movement ADD CONSTRAINT p2p_bond_movement_signs
    CHECK (CASE kind WHEN 'lock'    THEN locked_delta > 0 AND owed_delta = 0
                     WHEN 'top_up'  THEN locked_delta >= 0 AND owed_delta <= 0
                     WHEN 'refund'  THEN locked_delta >= 0 AND owed_delta <= 0
                     WHEN 'release' THEN locked_delta < 0 AND owed_delta = 0
                     ELSE locked_delta <= 0 AND owed_delta >= 0 END);
CREATE UNIQUE INDEX p2p_bond_given_back_once ON p2p_bond_movement (decision, merchant_id, asset_id)
    WHERE kind = 'refund';
