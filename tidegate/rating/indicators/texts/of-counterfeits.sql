WITH records AS (
    SELECT p.s, concat_ws('|', c.deposit_id, c.claimed, epoch_us(c.at)) AS line
      FROM counterfeits_v c
      JOIN people p ON p.party_id = c.party_id
     WHERE c.at < :end AND c.known_at < :end AND (c.at >= :start OR c.known_at >= :start)
)
