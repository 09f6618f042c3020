-- Distinct counterparties with an attributed freeze (Art. 5.2e). Grade 2 is a mass freeze.
WITH frozen AS (
    SELECT s, count(DISTINCT counterparty_id) AS people FROM freezes WHERE attributed GROUP BY s
), met AS (
    SELECT s, count(*) AS counterparties FROM pairs GROUP BY s
), found AS (
    SELECT f.s, f.people AS n, f.people AS part, 1 AS whole,
           :freezes_people AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN f.people >= :freezes_mass_people THEN 2
                WHEN f.people >= :freezes_mass_share_people
                     AND f.people * 100 >= coalesce(m.counterparties, 0) * :freezes_mass_share_percent THEN 2
                WHEN f.people >= :freezes_people THEN 1 ELSE 0 END AS grade,
           coalesce(m.counterparties, 0) AS counterparties
      FROM frozen f
      LEFT JOIN met m ON m.s = f.s
), proof AS (
    SELECT s, fact_id AS ref, at_us FROM freezes WHERE attributed
)
