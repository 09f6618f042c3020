-- More takers who have only just registered than elsewhere on the desk, or many of them at once (Art. 5.1).
WITH faces AS (
    SELECT s, t, count(*) AS orders,
           min(CASE WHEN created_us - taker_since_us < :newcomers_days * 86400000000 THEN created_us END) AS young_us
      FROM completed
     GROUP BY s, t
), shares AS (
    SELECT s, CAST(sum(orders) AS BIGINT) AS n, count(*) AS takers, count(young_us) AS young
      FROM faces
     GROUP BY s
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
      FROM faces
     WHERE young_us IS NOT NULL
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
      FROM faces f
      JOIN takers n ON n.t = f.t
     WHERE f.young_us IS NOT NULL
)
