-- Coins that leave again within hours of a deposit or purchase, several times within days (Art. 5.1).
-- A unit leaves once: what came last leaves first (R27). So an arrival has left as far as the level of what came less
-- what went falls below where it stood after the arrival; what falls below where it stood before was there already.
-- What comes at one instant is one arrival, and what goes at that instant went before it.
WITH moves AS (
    SELECT s, asset_id, at_us, CASE WHEN direction = 'in' THEN units ELSE 0 END AS came,
           CASE WHEN direction = 'out' THEN units ELSE 0 END AS went
      FROM flows
     WHERE recent AND counterpart <> 'own'
    UNION ALL
    SELECT s, asset_id, released_us, units, 0
      FROM completed
     WHERE NOT sells AND released_us IS NOT NULL
), instants AS (
    SELECT s, asset_id, at_us, sum(came) AS came, sum(went) AS went FROM moves GROUP BY s, asset_id, at_us
), near AS (
    -- Nothing else matters: what came longer before anything went has not left soon.
    SELECT DISTINCT i.s, i.asset_id, i.at_us, i.came, i.went
      FROM instants i
      JOIN instants g ON g.s = i.s AND g.asset_id = i.asset_id AND g.at_us >= i.at_us
       AND g.at_us - i.at_us <= :fast_out_hours * 3600000000
     WHERE g.went > 0
), levels AS (
    SELECT s, asset_id, at_us, came, sum(came - went) OVER (PARTITION BY s, asset_id ORDER BY at_us) AS level
      FROM near
), followed AS (
    SELECT s, asset_id, at_us, came,
           level - min(level - came) OVER (PARTITION BY s, asset_id ORDER BY at_us
               RANGE BETWEEN 1 FOLLOWING AND (:fast_out_hours * 3600000000) FOLLOWING) AS left_soon
      FROM levels
), quick AS (
    SELECT s, asset_id, at_us,
           count(*) OVER (PARTITION BY s ORDER BY at_us
               RANGE BETWEEN (:fast_out_days * 86400000000) PRECEDING AND CURRENT ROW) AS times
      FROM followed
     WHERE came > 0 AND left_soon > 0 AND left_soon * 100 >= came * :fast_out_percent
), most AS (
    SELECT s, max(times) AS times FROM quick GROUP BY s
), arrivals AS (
    SELECT s, count(*) AS n FROM instants WHERE came > 0 GROUP BY s
), found AS (
    SELECT a.s, a.n, coalesce(m.times, 0) AS part, 1 AS whole,
           :fast_out_times AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN m.times >= :fast_out_times THEN 1 ELSE 0 END AS grade
      FROM arrivals a
      LEFT JOIN most m ON m.s = a.s
), proof AS (
    SELECT q.s, f.ref, q.at_us
      FROM quick q
      JOIN flows f ON f.s = q.s AND f.asset_id = q.asset_id AND f.at_us = q.at_us
     WHERE f.direction = 'in' AND f.recent AND f.counterpart <> 'own'
    UNION ALL
    SELECT q.s, c.order_id, q.at_us
      FROM quick q
      JOIN completed c ON c.s = q.s AND c.asset_id = q.asset_id AND c.released_us = q.at_us
     WHERE NOT c.sells
)
