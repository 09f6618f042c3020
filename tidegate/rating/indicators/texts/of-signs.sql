WITH records AS (
    SELECT p.s, concat_ws('|', s.party_id, s.sign, s.ref, epoch_us(s.at)) AS line
      FROM account_signs_v s
      JOIN people p ON p.party_id = s.party_id
     WHERE s.at < :end AND s.known_at < :end AND (s.at >= :start OR s.known_at >= :start)
)
