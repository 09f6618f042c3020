WITH records AS (
    SELECT s, concat_ws('|', order_id, taker_id, side, asset_id, fiat, coalesce(method, ''), units,
           coalesce(value, -1), CAST(price AS DECIMAL(38,8)),
           coalesce(CAST(reference_price AS DECIMAL(38,8)) || '', ''),
           coalesce(payer_hash, ''), coalesce(payee_hash, ''), coalesce(payer_similarity, -1),
           CASE WHEN has_conditions THEN 1 ELSE 0 END, coalesce(device_id, ''), coalesce(ip_net, ''),
           coalesce(agent, ''), status, coalesce(cancelled_by, ''), coalesce(dispute_lost_by, ''),
           coalesce(epoch_us(taker_since), -1), epoch_us(created_at), coalesce(epoch_us(paid_at), -1),
           coalesce(epoch_us(released_at), -1), epoch_us(ended_at)) AS line
      FROM seen
)
