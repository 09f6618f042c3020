-- Orders that count in the window: they had ended, and it was known, and the later of the two falls into it (R22).
SELECT n.s, o.*
  FROM p2p_orders_v o
  JOIN subjects n ON n.subject_id = o.subject_id
 WHERE o.ended_at < :end AND o.known_at < :end AND (o.ended_at >= :start OR o.known_at >= :start)
