-- Payers whose name is not the taker's (Art. 5.1). Names that nobody compared do not count.
WITH found AS (
    SELECT s, count(similarity) AS n,
           count(*) FILTER (WHERE similarity < :names_similarity_percent) AS part, 1 AS whole,
           :names_orders AS limit_part, 1 AS limit_whole, count(similarity) > 0 AS enough,
           CASE WHEN count(*) FILTER (WHERE similarity < :names_similarity_percent) >= :names_orders
                THEN 1 ELSE 0 END AS grade
      FROM completed
     GROUP BY s
), proof AS (
    SELECT s, order_id AS ref, created_us AS at_us
      FROM completed WHERE similarity < :names_similarity_percent
)
