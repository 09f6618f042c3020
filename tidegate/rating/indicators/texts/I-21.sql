-- How well the merchant serves (Art. 4): shown, and without weight. No order, no figure: not a rate of 0.
WITH found AS (
    SELECT s, count(*) AS n,
           count(*) FILTER (WHERE completed) AS part, count(*) AS whole,
           CAST(NULL AS BIGINT) AS limit_part, 1 AS limit_whole, true AS enough, 0 AS grade,
           count(*) FILTER (WHERE merchant_cancelled) AS cancelled,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY CASE WHEN released THEN released_us - paid_us END)
               AS release_us
      FROM ended
     GROUP BY s
), proof AS (
    SELECT s, order_id AS ref, ended_us AS at_us FROM ended
)
