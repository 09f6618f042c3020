-- Prices far from the reference, beside what is usual on the same side and channel (Art. 5.1). Orders without a fresh
-- reference are not looked at.
WITH quoted AS (
    SELECT s, order_id, epoch_us(created_at) AS created_us, side, asset_id, fiat, method, price, reference_price AS reference,
           per_million(price_units(price), price_units(reference_price)) - 1000000 AS off
      FROM seen
     WHERE status IN ('released', 'resolved_release') AND reference_price > 0
), middles AS (
    SELECT side, asset_id, fiat, method, percentile_disc(0.5) WITHIN GROUP (ORDER BY off) AS off
      FROM quoted
     GROUP BY side, asset_id, fiat, method
), lines AS (
    SELECT q.side, q.asset_id, q.fiat, q.method,
           greatest(:price_least_percent * 10000,
                    :price_mads * percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(q.off - m.off))) AS line
      FROM quoted q
      JOIN middles m ON m.side = q.side AND m.asset_id = q.asset_id AND m.fiat = q.fiat AND m.method = q.method
     GROUP BY q.side, q.asset_id, q.fiat, q.method
), judged AS (
    SELECT q.s, q.order_id, q.created_us, abs(q.off) AS off,
           abs(q.price - q.reference) * 1000000 > q.reference * l.line AS outside
      FROM quoted q
      JOIN lines l ON l.side = q.side AND l.asset_id = q.asset_id AND l.fiat = q.fiat AND l.method = q.method
), found AS (
    SELECT s, count(*) AS n, count(*) FILTER (WHERE outside) AS part, 1 AS whole,
           :price_orders AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(*) FILTER (WHERE outside) >= :price_orders THEN 1 ELSE 0 END AS grade,
           max(off) AS furthest_ppm
      FROM judged
     GROUP BY s
), proof AS (
    SELECT s, order_id AS ref, created_us AS at_us FROM judged WHERE outside
)
