-- Frozen counterparties that count in the window and that nobody has called false or exempt. Nothing below E2 is
-- attributed to a merchant, and at E2 it is unless somebody said that it is not (R19).
SELECT n.s, f.fact_id, f.counterparty_id, f.order_id,
       f.evidence_level IN ('E2', 'E3') AS proven,
       f.evidence_level IN ('E2', 'E3') AND coalesce(f.attributed, true) AS attributed, epoch_us(f.known_at) AS at_us
  FROM rating_facts_v f
  JOIN subjects n ON n.subject_id = f.subject_id
 WHERE f.fact = 'counterparty_freeze' AND f.disposition IN ('open', 'confirmed')
   AND f.at < :end AND f.known_at < :end AND (f.at >= :start OR f.known_at >= :start)
