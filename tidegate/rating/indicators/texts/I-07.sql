-- Fiat that is received and paid on within hours, first in, first out, per currency (Art. 5.1).
-- Only merchants who trade both ways are looked at. Orders of one instant are taken in any order, what was received
-- first: the sums are the same.
-- What is paid out while nothing received is left comes from the merchant's own money: the balance falls to a new
-- lowest point then, and what waits to be paid on is how far the balance stands above it. The oldest is paid on first,
-- so what still waits after a payment is the newest: the rest of what came within the hours before has been paid on.
WITH sides AS (
    SELECT s, count(*) AS n,
           coalesce(sum(value) FILTER (WHERE sells), 0) AS sold, coalesce(sum(value), 0) AS traded
      FROM completed
     GROUP BY s
), both_ways AS (
    SELECT s
      FROM sides
     WHERE n >= :pass_through_orders AND traded > 0
       AND sold * 100 >= traded * :pass_through_least_sell_percent
       AND sold * 100 <= traded * :pass_through_most_sell_percent
), moves AS (
    SELECT c.s, c.f, c.paid_us AS at_us, CASE WHEN c.sells THEN c.value ELSE 0 END AS received,
           CASE WHEN c.sells THEN c.value ELSE -c.value END AS change
      FROM completed c
      JOIN both_ways b ON b.s = c.s
     WHERE c.value IS NOT NULL AND c.paid_us IS NOT NULL
), balances AS (
    SELECT s, f, at_us, received, change,
           sum(change) OVER (PARTITION BY s, f ORDER BY at_us, change DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS balance,
           sum(received) OVER (PARTITION BY s, f ORDER BY at_us
               RANGE BETWEEN (:pass_through_hours * 3600000000 - 1) PRECEDING AND CURRENT ROW) AS fresh
      FROM moves
), lows AS (
    SELECT s, received, change, balance, fresh,
           coalesce(min(balance) OVER (PARTITION BY s, f ORDER BY at_us, change DESC, balance DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS lowest
      FROM balances
), waits AS (
    SELECT s, received, fresh,
           balance - change - least(0, lowest) AS waited,
           balance - least(0, lowest, balance) AS waiting
      FROM lows
), quick AS (
    SELECT s, sum(CASE WHEN fresh <= waiting THEN 0 ELSE least(waited + received - waiting, fresh - waiting) END) AS part,
           sum(received) AS whole
      FROM waits
     GROUP BY s
), found AS (
    SELECT s.s, s.n, q.part, q.whole, :pass_through_share_percent AS limit_part, 100 AS limit_whole,
           q.s IS NOT NULL AS enough,
           CASE WHEN q.whole > 0 AND q.part * 100 >= q.whole * :pass_through_share_percent THEN 1 ELSE 0 END AS grade,
           s.sold, s.traded
      FROM sides s
      LEFT JOIN quick q ON q.s = s.s
), proof AS (
    SELECT s, order_id AS ref, created_us AS at_us FROM completed
)
