, proven AS (
    SELECT p.s, p.ref, min(p.at_us) AS at_us
      FROM proof p
      JOIN found f ON f.s = p.s
     WHERE f.grade > 0
     GROUP BY p.s, p.ref
), earliest AS (
    SELECT s, ref, at_us, rank() OVER (PARTITION BY s ORDER BY at_us) AS place FROM proven
), shown AS (
    SELECT s, ref, row_number() OVER (PARTITION BY s ORDER BY at_us, md5(ref)) AS place
      FROM earliest
     WHERE place <= :evidence_most
), told AS (
    SELECT s, string_agg(ref, ',') AS refs FROM shown WHERE place <= :evidence_most GROUP BY s
)
SELECT n.subject_id AS subject, t.refs AS evidence, f.*
  FROM subjects n
  LEFT JOIN found f ON f.s = n.s
  LEFT JOIN told t ON t.s = n.s
