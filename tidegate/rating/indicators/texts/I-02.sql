-- A single trade above what the merchant brought before the first order (Art. 5.3a); weak alone.
WITH first_orders AS (
    SELECT n.s, epoch_us(o.first_at) AS first_us
      FROM (SELECT subject_id, min(created_at) AS first_at
              FROM p2p_orders_v
             WHERE status IN ('released', 'resolved_release') AND ended_at < :end AND known_at < :end
             GROUP BY subject_id) AS o
      JOIN subjects n ON n.subject_id = o.subject_id
), funds AS (
    SELECT o.s, o.first_us, coalesce(sum(f.value), 0) AS brought,
           count(f.ref) FILTER (WHERE f.value IS NULL) AS unpriced
      FROM first_orders o
      LEFT JOIN flows f
        ON f.s = o.s AND f.direction = 'in' AND f.counterpart <> 'own' AND f.at_us < o.first_us
     GROUP BY o.s, o.first_us
), bonded AS (
    SELECT o.s, b.movement_id, b.value, epoch_us(b.at) AS at_us
      FROM p2p_bond_movements_v b
      JOIN p2p_merchants_v m ON m.merchant_id = b.merchant_id
      JOIN subjects n ON n.subject_id = m.subject_id
      JOIN first_orders o ON o.s = n.s
     WHERE b.kind IN ('lock', 'top_up', 'release') AND b.at < :end AND b.known_at < :end
       AND epoch_us(b.at) < o.first_us
), bonds AS (
    SELECT s, sum(value) AS locked, count(CASE WHEN value IS NULL THEN 1 END) AS unpriced FROM bonded GROUP BY s
), own AS (
    SELECT f.s, f.first_us, f.unpriced + coalesce(b.unpriced, 0) AS unpriced,
           CASE WHEN f.brought > coalesce(b.locked, 0) THEN f.brought - coalesce(b.locked, 0) ELSE 0 END AS funds
      FROM funds f
      LEFT JOIN bonds b ON b.s = f.s
), largest AS (
    SELECT s, count(value) AS n, max(value) AS part FROM completed GROUP BY s
), found AS (
    SELECT l.s, l.n, l.part, f.funds AS whole, :initial_funds_percent AS limit_part, 100 AS limit_whole,
           l.n > 0 AND f.unpriced = 0 AS enough,
           CASE WHEN l.n > 0 AND f.unpriced = 0 AND l.part * 100 > f.funds * :initial_funds_percent
                THEN 1 ELSE 0 END AS grade,
           f.first_us, f.unpriced
      FROM largest l
      JOIN own f ON f.s = l.s
), proof AS (
    SELECT c.s, c.order_id AS ref, c.created_us AS at_us
      FROM completed c
      JOIN found f ON f.s = c.s AND f.part = c.value
    UNION ALL
    SELECT f.s, f.ref, f.at_us
      FROM flows f
      JOIN found w ON w.s = f.s
     WHERE f.direction = 'in' AND f.counterpart <> 'own' AND f.at_us < w.first_us
    UNION ALL
    SELECT s, movement_id, at_us FROM bonded
)
