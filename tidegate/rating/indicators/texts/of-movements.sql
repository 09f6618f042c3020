WITH records AS (
    SELECT n.s, concat_ws('|', b.movement_id, b.asset_id, b.kind, b.units, coalesce(b.value, -1), epoch_us(b.at)) AS line
      FROM p2p_bond_movements_v b
      JOIN p2p_merchants_v m ON m.merchant_id = b.merchant_id
      JOIN subjects n ON n.subject_id = m.subject_id
     WHERE b.at < :end AND b.known_at < :end
)
