-- One counterparty with most of the trade, or coins that go in a circle of merchants and takers (Art. 5.1).
-- A step leads from the merchant who sells to a taker and from the taker to a merchant who buys, soon and about as much.
-- Two or four steps close a circle; whoever stands in it counts the sales that began one.
WITH tops AS (
    SELECT s, CAST(sum(orders) AS BIGINT) AS n, max(value) AS part, sum(value) AS whole
      FROM pairs
     GROUP BY s
), sales AS (
    SELECT s, t, order_id, value, released_us FROM completed
     WHERE sells AND value IS NOT NULL AND released_us IS NOT NULL
), returns AS (
    SELECT s, t, order_id, value, released_us FROM completed
     WHERE NOT sells AND value IS NOT NULL AND released_us IS NOT NULL
), steps AS (
    SELECT s.s AS giver, r.s AS getter, s.order_id AS sale, r.order_id AS back,
           s.value, r.value AS returned, s.released_us AS from_us, r.released_us AS to_us
      FROM sales s
      JOIN returns r ON r.t = s.t AND r.released_us > s.released_us
       AND r.released_us - s.released_us <= :concentration_cycle_hours * 3600000000
       AND abs(r.value - s.value) * 100 <= s.value * :concentration_cycle_percent
), circles AS (
    SELECT giver AS s, sale, back, from_us FROM steps WHERE giver = getter
    UNION
    SELECT a.giver, a.sale, b.back, a.from_us
      FROM steps a
      JOIN steps b ON b.giver = a.getter AND b.getter = a.giver AND b.from_us >= a.to_us
       AND b.to_us - a.from_us <= :concentration_cycle_hours * 3600000000
       AND abs(b.returned - a.value) * 100 <= a.value * :concentration_cycle_percent
     WHERE a.giver <> a.getter
), counted AS (
    SELECT s, count(DISTINCT sale) AS circles FROM circles GROUP BY s
), found AS (
    SELECT t.s, t.n, t.part, t.whole, :concentration_percent AS limit_part, 100 AS limit_whole,
           t.n >= :concentration_orders AS enough,
           CASE WHEN t.n >= :concentration_orders AND t.part * 100 > t.whole * :concentration_percent THEN 1
                WHEN c.circles >= :concentration_cycles THEN 1 ELSE 0 END AS grade,
           coalesce(c.circles, 0) AS circles
      FROM tops t
      LEFT JOIN counted c ON c.s = t.s
), proof AS (
    SELECT s, sale AS ref, from_us AS at_us FROM circles
    UNION ALL
    SELECT s, back, from_us FROM circles
    UNION ALL
    SELECT b.s, n.taker_id, 0
      FROM pairs b
      JOIN tops t ON t.s = b.s AND t.part = b.value
      JOIN takers n ON n.t = b.t
     WHERE t.part * 100 > t.whole * :concentration_percent
)
