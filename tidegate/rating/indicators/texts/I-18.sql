-- Disputes that the merchant lost: so many, or such a share of a busy merchant's orders (Art. 5.2f).
WITH found AS (
    SELECT s, count(*) FILTER (WHERE completed) AS n,
           count(*) FILTER (WHERE merchant_lost) AS part, 1 AS whole,
           :lost_times AS limit_part, 1 AS limit_whole,
           count(*) FILTER (WHERE completed) >= :lost_orders AS enough,
           CASE WHEN count(*) FILTER (WHERE merchant_lost) >= :lost_times THEN 1
                WHEN count(*) FILTER (WHERE completed) >= :lost_orders
                     AND count(*) FILTER (WHERE merchant_lost) * 100
                         >= count(*) FILTER (WHERE completed) * :lost_percent
                THEN 1 ELSE 0 END AS grade
      FROM ended
     GROUP BY s
), proof AS (
    SELECT s, order_id AS ref, ended_us AS at_us FROM ended WHERE merchant_lost
)
