-- A bond that does not cover what is required (Art. 7 and 8): of several the one that covers least.
WITH bonds AS (
    SELECT n.s, b.merchant_id, b.locked, b.required, b.owed,
           row_number() OVER (PARTITION BY n.s ORDER BY per_million(b.locked, b.required), md5(b.merchant_id)) AS place
      FROM p2p_bonds_v b
      JOIN p2p_merchants_v m ON m.merchant_id = b.merchant_id
      JOIN subjects n ON n.subject_id = m.subject_id
     WHERE b.required > 0
), found AS (
    SELECT s, 1 AS n, locked AS part, required AS whole, :bond_percent AS limit_part, 100 AS limit_whole,
           true AS enough, CASE WHEN locked * 100 < required * :bond_percent THEN 1 ELSE 0 END AS grade, owed
      FROM bonds
     WHERE place = 1
), proof AS (
    SELECT s, merchant_id AS ref, 0 AS at_us FROM bonds WHERE place = 1
)
