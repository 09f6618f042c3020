-- Who took them.
SELECT CAST(row_number() OVER (ORDER BY taker_id) AS INTEGER) AS t, taker_id
  FROM (SELECT DISTINCT taker_id FROM seen) AS met
