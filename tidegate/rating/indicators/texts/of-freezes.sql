WITH records AS (
    SELECT s, concat_ws('|', fact_id, coalesce(counterparty_id, ''), coalesce(order_id, ''),
           CASE WHEN proven THEN 1 ELSE 0 END, CASE WHEN attributed THEN 1 ELSE 0 END, at_us) AS line
      FROM freezes
)
