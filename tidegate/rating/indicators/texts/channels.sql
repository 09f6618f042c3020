-- And what they were paid in and how, numbered; `f` numbers the currency alone.
SELECT CAST(row_number() OVER (ORDER BY fiat, method) AS INTEGER) AS c,
       CAST(dense_rank() OVER (ORDER BY fiat) AS INTEGER) AS f, fiat, method
  FROM (SELECT DISTINCT fiat, method FROM seen) AS met
