-- A payment account that another verified person uses too, or that is attested for another platform (Art. 5.2d).
WITH mine AS (
    SELECT p.s, a.account_hash, bool_or(a.attested_elsewhere) AS elsewhere, min(epoch_us(a.first_at)) AS at_us
      FROM p2p_accounts_v a
      JOIN people p ON p.party_id = a.party_id
     WHERE a.first_at < :end AND a.last_at >= :start
     GROUP BY p.s, a.account_hash
), others AS (
    SELECT DISTINCT m.s, m.account_hash
      FROM mine m
      JOIN p2p_accounts_v a ON a.account_hash = m.account_hash
      LEFT JOIN people p ON p.party_id = a.party_id AND p.s = m.s
     WHERE a.verified AND a.first_at < :end AND p.party_id IS NULL
), found AS (
    SELECT m.s, count(*) AS n,
           count(*) FILTER (WHERE m.elsewhere OR o.account_hash IS NOT NULL) AS part, 1 AS whole,
           :shared_account_accounts AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(*) FILTER (WHERE m.elsewhere OR o.account_hash IS NOT NULL) >= :shared_account_accounts
                THEN 1 ELSE 0 END AS grade
      FROM mine m
      LEFT JOIN others o ON o.s = m.s AND o.account_hash = m.account_hash
     GROUP BY m.s
), proof AS (
    SELECT m.s, m.account_hash AS ref, m.at_us
      FROM mine m
      LEFT JOIN others o ON o.s = m.s AND o.account_hash = m.account_hash
     WHERE m.elsewhere OR o.account_hash IS NOT NULL
)
