-- Prices far from the reference, beside what is usual on the same side and channel (Art. 5.1). Orders without a fresh
-- reference are not looked at.
WITH quoted AS (
    SELECT s, sells, asset_id, c, price, reference,
           per_million(price_units(price), price_units(reference)) - 1000000 AS off
      FROM completed
     WHERE reference > 0
), middles AS (
    SELECT sells, asset_id, c, percentile_disc(0.5) WITHIN GROUP (ORDER BY off) AS off
      FROM quoted
     GROUP BY sells, asset_id, c
), lines AS (
    SELECT q.sells, q.asset_id, q.c,
           greatest(:price_least_percent * 10000,
                    :price_mads * percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(q.off - m.off))) AS line
      FROM quoted q
      JOIN middles m ON m.sells = q.sells AND m.asset_id = q.asset_id AND m.c = q.c
     GROUP BY q.sells, q.asset_id, q.c
), judged AS (
    SELECT q.s, abs(q.off) AS off, abs(q.price - q.reference) * 1000000 > q.reference * l.line AS outside
      FROM quoted q
      JOIN lines l ON l.sells = q.sells AND l.asset_id = q.asset_id AND l.c = q.c
), found AS (
    SELECT s, count(*) AS n, count(*) FILTER (WHERE outside) AS part, 1 AS whole,
           :price_orders AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(*) FILTER (WHERE outside) >= :price_orders THEN 1 ELSE 0 END AS grade,
           max(off) AS furthest_ppm
      FROM judged
     GROUP BY s
), proof AS (
    SELECT o.s, o.order_id AS ref, o.created_us AS at_us
      FROM completed o
      JOIN lines l ON l.sells = o.sells AND l.asset_id = o.asset_id AND l.c = o.c
     WHERE o.reference > 0 AND abs(o.price - o.reference) * 1000000 > o.reference * l.line
)
