-- More takers who have only just registered than elsewhere on the desk, or many of them at once (Art. 5.1).
WITH newcomers AS (
    SELECT s, t, min(created_us) AS young_us
      FROM completed
     WHERE created_us - taker_since_us < :newcomers_days * 86400000000
     GROUP BY s, t
), shares AS (
    SELECT p.s, CAST(sum(p.orders) AS BIGINT) AS n, count(*) AS takers, count(y.t) AS young
      FROM pairs p
      LEFT JOIN newcomers y ON y.s = p.s AND y.t = p.t
     GROUP BY p.s
), peers AS (
    SELECT per_million(young, takers) AS share FROM shares WHERE n >= :newcomers_orders
), middle AS (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY share) AS share FROM peers
), spread AS (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(p.share - m.share)) AS share
      FROM peers p
     CROSS JOIN middle m
), line AS (
    SELECT greatest(:newcomers_least_percent * 10000, m.share + :newcomers_mads * s.share) AS share
      FROM middle m
     CROSS JOIN spread s
), near AS (
    SELECT s, count(*) OVER (PARTITION BY s ORDER BY young_us
               RANGE BETWEEN (:newcomers_burst_hours * 3600000000) PRECEDING AND CURRENT ROW) AS young
      FROM newcomers
), bursts AS (
    SELECT s, max(young) AS young FROM near GROUP BY s
), found AS (
    SELECT s.s, s.n, s.young AS part, s.takers AS whole, l.share AS limit_part, 1000000 AS limit_whole,
           s.n >= :newcomers_orders AS enough,
           CASE WHEN s.n >= :newcomers_orders AND s.young * 1000000 > s.takers * l.share THEN 1
                WHEN b.young >= :newcomers_burst THEN 1 ELSE 0 END AS grade,
           coalesce(b.young, 0) AS burst
      FROM shares s
     CROSS JOIN line l
      LEFT JOIN bursts b ON b.s = s.s
), proof AS (
    SELECT f.s, n.taker_id AS ref, f.young_us AS at_us
      FROM newcomers f
      JOIN takers n ON n.t = f.t
)
