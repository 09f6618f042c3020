-- One-sided trading with a counter-flow to or from other exchanges (Art. 5.3b).
WITH sides AS (
    SELECT s, count(*) AS n,
           coalesce(sum(value) FILTER (WHERE NOT sells), 0) AS bought,
           coalesce(sum(value) FILTER (WHERE sells), 0) AS sold
      FROM completed
     GROUP BY s
), tagged AS (
    SELECT s,
           coalesce(sum(value) FILTER (WHERE direction = 'out'), 0) AS sent,
           coalesce(sum(value) FILTER (WHERE direction = 'in'), 0) AS received
      FROM flows
     WHERE recent AND counterpart = 'exchange'
     GROUP BY s
), both_ways AS (
    SELECT s.s, s.n, s.bought, s.sold, abs(s.bought - s.sold) AS part, s.bought + s.sold AS whole,
           CASE WHEN s.bought > s.sold THEN s.bought ELSE s.sold END AS traded,
           coalesce(CASE WHEN s.bought > s.sold THEN t.sent ELSE t.received END, 0) AS counter_flow
      FROM sides s
      LEFT JOIN tagged t ON t.s = s.s
), found AS (
    SELECT s, n, part, whole, :one_sided_share_percent AS limit_part, 100 AS limit_whole,
           n >= :one_sided_orders AS enough,
           CASE WHEN n >= :one_sided_orders AND whole > 0 AND part * 100 >= whole * :one_sided_share_percent
                     AND counter_flow * 100 >= traded * :one_sided_counter_flow_percent THEN 1 ELSE 0 END AS grade,
           bought, sold, counter_flow
      FROM both_ways
), proof AS (
    SELECT f.s, f.ref, f.at_us
      FROM flows f
      JOIN found w ON w.s = f.s
     WHERE f.recent AND f.counterpart = 'exchange'
       AND f.direction = CASE WHEN w.bought > w.sold THEN 'out' ELSE 'in' END
)
