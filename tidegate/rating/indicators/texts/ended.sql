-- The same orders, narrow: read once, asked often. What was said in words is a number or a yes from here on.
SELECT e.s, n.t, d.d, p.p, c.c, c.f, e.order_id, e.asset_id, e.units, e.value, e.price, e.reference_price AS reference,
       e.side = 'sell' AS sells, e.payer_similarity AS similarity,
       e.status IN ('released', 'resolved_release') AS completed, e.status = 'released' AS released,
       e.status = 'cancelled' AND e.cancelled_by = 'merchant' AS merchant_cancelled,
       e.dispute_lost_by = 'merchant' AS merchant_lost,
       epoch_us(e.taker_since) AS taker_since_us, epoch_us(e.created_at) AS created_us,
       epoch_us(e.paid_at) AS paid_us, epoch_us(e.released_at) AS released_us, epoch_us(e.ended_at) AS ended_us,
       epoch_us(e.known_at) AS known_us, CAST(e.created_at AS DATE) AS created_day
  FROM seen e
  JOIN takers n ON n.taker_id = e.taker_id
  JOIN channels c ON c.fiat = e.fiat AND c.method = e.method
  LEFT JOIN devices d ON d.device_id = e.device_id
  LEFT JOIN programs p ON p.ip_net = e.ip_net AND p.agent = e.agent
