-- Warned that the address is listed, acknowledged, and asked again all the same (Art. 5.2c). Grade 2 is a violation case.
-- A warning is only ever stored for an address that was listed when it was shown.
WITH again AS (
    SELECT p.s, w.insisted_withdrawal_id AS ref, min(epoch_us(w.insisted_at)) AS at_us
      FROM listed_warnings_v w
      JOIN people p ON p.party_id = w.party_id
     WHERE w.listed_since <= w.shown_at AND w.acknowledged_at <= w.insisted_at
       AND epoch_us(w.insisted_at) - epoch_us(w.shown_at) <= :insisted_hours * 3600000000
       AND w.insisted_at >= :start AND w.insisted_at < :end
     GROUP BY p.s, w.insisted_withdrawal_id
), found AS (
    SELECT a.s, count(*) AS n, count(*) AS part, 1 AS whole,
           :insisted_times AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(*) >= :insisted_case_times OR count(f.ref) > 0 THEN 2
                WHEN count(*) >= :insisted_times THEN 1 ELSE 0 END AS grade,
           count(f.ref) AS executed
      FROM again a
      LEFT JOIN flows f ON f.s = a.s AND f.ref = a.ref AND f.direction = 'out'
     GROUP BY a.s
), proof AS (
    SELECT s, ref, at_us FROM again
)
