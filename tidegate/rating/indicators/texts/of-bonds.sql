WITH records AS (
    SELECT n.s, concat_ws('|', b.merchant_id, b.asset_id, b.required, b.locked, b.owed) AS line
      FROM p2p_bonds_v b
      JOIN p2p_merchants_v m ON m.merchant_id = b.merchant_id
      JOIN subjects n ON n.subject_id = m.subject_id
)
