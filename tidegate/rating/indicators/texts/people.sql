-- The accounts behind a subject: every merchant of one person carries one tier (R20).
SELECT DISTINCT n.s, m.party_id
  FROM p2p_merchants_v m
  JOIN subjects n ON n.subject_id = m.subject_id
