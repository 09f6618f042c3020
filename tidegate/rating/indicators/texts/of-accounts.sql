WITH hashes AS (
    SELECT DISTINCT p.s, a.account_hash
      FROM p2p_accounts_v a
      JOIN people p ON p.party_id = a.party_id
     WHERE a.first_at < :end AND a.last_at >= :start
), records AS (
    SELECT h.s, concat_ws('|', a.account_hash, a.party_id, CASE WHEN a.verified THEN 1 ELSE 0 END,
           CASE WHEN a.attested_elsewhere THEN 1 ELSE 0 END, epoch_us(a.first_at)) AS line
      FROM hashes h
      JOIN p2p_accounts_v a ON a.account_hash = h.account_hash
     WHERE a.first_at < :end
)
