WITH records AS (
    SELECT p.s, concat_ws('|', w.id, epoch_us(w.listed_since), epoch_us(w.shown_at),
           coalesce(epoch_us(w.acknowledged_at), -1), w.insisted_withdrawal_id, epoch_us(w.insisted_at)) AS line
      FROM listed_warnings_v w
      JOIN people p ON p.party_id = w.party_id
     WHERE w.insisted_at >= :start AND w.insisted_at < :end
)
