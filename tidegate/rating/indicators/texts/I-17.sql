-- A new device, a change of credentials and a new address within hours: somebody else may hold the account (Art. 5.1).
-- The merchant is the victim then, not a violator.
WITH signs AS (
    SELECT DISTINCT p.s, s.sign, s.ref, epoch_us(s.at) AS at_us
      FROM account_signs_v s
      JOIN people p ON p.party_id = s.party_id
     WHERE s.at < :end AND s.known_at < :end AND (s.at >= :start OR s.known_at >= :start)
), spans AS (
    SELECT s, at_us,
           max(CASE WHEN sign = 'device' THEN 1 ELSE 0 END) OVER soon
         + max(CASE WHEN sign = 'credential' THEN 1 ELSE 0 END) OVER soon
         + max(CASE WHEN sign = 'address' THEN 1 ELSE 0 END) OVER soon AS kinds
      FROM signs
    WINDOW soon AS (PARTITION BY s ORDER BY at_us
                    RANGE BETWEEN CURRENT ROW AND (:takeover_hours * 3600000000) FOLLOWING)
), found AS (
    SELECT s, count(*) AS n, max(kinds) AS part, 1 AS whole, 3 AS limit_part, 1 AS limit_whole,
           true AS enough, CASE WHEN max(kinds) = 3 THEN 1 ELSE 0 END AS grade
      FROM spans
     GROUP BY s
), proof AS (
    SELECT s.s, s.ref, s.at_us
      FROM signs s
      JOIN spans b ON b.s = s.s AND b.kinds = 3
     WHERE s.at_us >= b.at_us AND s.at_us - b.at_us <= :takeover_hours * 3600000000
)
