-- Deposits that a chain's events told of and that brought nothing (Art. 5.1).
WITH false_ones AS (
    SELECT p.s, c.deposit_id, epoch_us(c.at) AS at_us
      FROM counterfeits_v c
      JOIN people p ON p.party_id = c.party_id
     WHERE c.at < :end AND c.known_at < :end AND (c.at >= :start OR c.known_at >= :start)
), found AS (
    SELECT s, count(DISTINCT deposit_id) AS n, count(DISTINCT deposit_id) AS part, 1 AS whole,
           :counterfeit_events AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(DISTINCT deposit_id) >= :counterfeit_events THEN 1 ELSE 0 END AS grade
      FROM false_ones
     GROUP BY s
), proof AS (
    SELECT s, deposit_id AS ref, at_us FROM false_ones
)
