-- The same orders, narrow: read once, asked often.
SELECT e.s, n.t, d.d, p.p, e.order_id, e.side, e.fiat, e.asset_id, e.units, e.value, e.status, e.cancelled_by,
       e.dispute_lost_by, e.payer_similarity AS similarity,
       epoch_us(e.taker_since) AS taker_since_us, epoch_us(e.created_at) AS created_us,
       epoch_us(e.paid_at) AS paid_us, epoch_us(e.released_at) AS released_us, epoch_us(e.ended_at) AS ended_us,
       CAST(e.created_at AS DATE) AS created_day
  FROM seen e
  JOIN takers n ON n.taker_id = e.taker_id
  LEFT JOIN devices d ON d.device_id = e.device_id
  LEFT JOIN programs p ON p.ip_net = e.ip_net AND p.agent = e.agent
