-- Fiat that is received and paid on within hours, first in, first out, per currency (Art. 5.1).
-- Only merchants who trade both ways are looked at. Orders of one instant are taken in any order, what was received
-- first: the sums are the same.
-- What is paid out while nothing received is left comes from the merchant's own money: `own` is how much so far.
WITH sides AS (
    SELECT s, count(*) AS n,
           coalesce(sum(value) FILTER (WHERE side = 'sell'), 0) AS sold, coalesce(sum(value), 0) AS traded
      FROM completed
     GROUP BY s
), both_ways AS (
    SELECT s
      FROM sides
     WHERE n >= :pass_through_orders AND traded > 0
       AND sold * 100 >= traded * :pass_through_least_sell_percent
       AND sold * 100 <= traded * :pass_through_most_sell_percent
), moves AS (
    SELECT c.s, c.fiat, c.paid_us AS at_us,
           CASE WHEN c.side = 'sell' THEN c.value ELSE 0 END AS received,
           CASE WHEN c.side = 'buy' THEN c.value ELSE 0 END AS paid
      FROM completed c
      JOIN both_ways b ON b.s = c.s
     WHERE c.value IS NOT NULL AND c.paid_us IS NOT NULL
), running AS (
    SELECT s, fiat, at_us, received,
           sum(received) OVER so_far AS received_so_far,
           sum(paid) OVER so_far AS paid_so_far
      FROM moves
    WINDOW so_far AS (PARTITION BY s, fiat ORDER BY at_us, received DESC
                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), own_money AS (
    SELECT s, fiat, at_us, received, received_so_far, paid_so_far,
           max(CASE WHEN paid_so_far > received_so_far THEN paid_so_far - received_so_far ELSE 0 END)
               OVER (PARTITION BY s, fiat ORDER BY at_us, received DESC
                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS own
      FROM running
), in_time AS (
    SELECT s, received, received_so_far,
           max(paid_so_far - own) OVER (PARTITION BY s, fiat ORDER BY at_us
               RANGE BETWEEN UNBOUNDED PRECEDING AND (:pass_through_hours * 3600000000 - 1) FOLLOWING) AS passed_on
      FROM own_money
), quick AS (
    SELECT s,
           sum(CASE WHEN passed_on >= received_so_far THEN received
                    WHEN passed_on > received_so_far - received THEN passed_on - (received_so_far - received)
                    ELSE 0 END) AS part,
           sum(received) AS whole
      FROM in_time
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
