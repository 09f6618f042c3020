-- Who traded with whom: a merchant and a taker, how often and how much.
SELECT s, t, count(*) AS orders, coalesce(sum(value), 0) AS value
  FROM completed
 GROUP BY s, t
