-- Several orders just under a limit within hours, by one account or device, on several days (Art. 5.1).
WITH limits (most) AS (
    VALUES :structuring_limits
), near AS (
    SELECT c.s, c.order_id, l.most, c.sells, c.created_us, c.created_day
      FROM completed c
      JOIN limits l ON c.value <= l.most AND c.value * 100 >= l.most * :structuring_from_percent
), used AS (
    SELECT n.s, n.order_id, n.most, n.created_us, n.created_day, o.device_id,
           CASE WHEN n.sells THEN o.payer_hash ELSE o.payee_hash END AS account_hash
      FROM near n
      JOIN p2p_orders_v o ON o.order_id = n.order_id
), near_by AS (
    SELECT s, order_id, most, 'account ' || account_hash AS who, created_us, created_day
      FROM used WHERE account_hash IS NOT NULL
    UNION ALL
    SELECT s, order_id, most, 'device ' || device_id, created_us, created_day
      FROM used WHERE device_id IS NOT NULL
), runs AS (
    SELECT s, order_id, most, who, created_us, created_day,
           count(*) OVER (PARTITION BY s, most, who ORDER BY created_us
               RANGE BETWEEN (:structuring_hours * 3600000000) PRECEDING AND CURRENT ROW) AS orders
      FROM near_by
), days AS (
    SELECT s, most, who, count(DISTINCT created_day) AS days
      FROM runs WHERE orders >= :structuring_orders
     GROUP BY s, most, who
), longest AS (
    SELECT s, max(days) AS days FROM days GROUP BY s
), active AS (
    SELECT s, count(*) AS n FROM completed GROUP BY s
), found AS (
    SELECT a.s, a.n, coalesce(d.days, 0) AS part, 1 AS whole,
           :structuring_days AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN d.days >= :structuring_days THEN 1 ELSE 0 END AS grade
      FROM active a
      LEFT JOIN longest d ON d.s = a.s
), proof AS (
    SELECT b.s, b.order_id AS ref, b.created_us AS at_us
      FROM near_by b
      JOIN days d ON d.s = b.s AND d.most = b.most AND d.who = b.who
     WHERE d.days >= :structuring_days
)
