-- Whom a month rates: everybody in scope at some time of the window (Art. 2). Numbers stand for names from here on:
-- engines sort and join them in a third of the time.
SELECT CAST(row_number() OVER (ORDER BY subject_id) AS INTEGER) AS s, subject_id
  FROM (SELECT DISTINCT subject_id FROM p2p_scope_v
         WHERE from_at < :end AND (until_at IS NULL OR until_at > :start)) AS scoped
