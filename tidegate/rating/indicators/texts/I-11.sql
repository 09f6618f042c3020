-- Takers of one merchant who hang together by devices, or by network and program at once (Art. 5.1).
-- Nodes are takers (their number), devices (even, below 0) and networks with a program (odd, below 0); a network alone
-- links nobody. Components are walked from the takers who are the least on each of their devices: few, and the least of
-- a component is among them.
WITH RECURSIVE uses AS (
    SELECT s, t, -2 * d AS thing FROM completed WHERE d IS NOT NULL
    UNION ALL
    SELECT s, t, 1 - 2 * p FROM completed WHERE p IS NOT NULL
), shared AS (
    SELECT s, thing, min(t) AS least
      FROM uses
     GROUP BY s, thing
    HAVING min(t) <> max(t)
), links AS (
    SELECT DISTINCT u.s, u.t, u.thing, CASE WHEN u.t = h.least THEN 0 ELSE 1 END AS above
      FROM uses u
      JOIN shared h ON h.s = u.s AND h.thing = u.thing
), ways AS (
    SELECT s, t AS here, thing AS there FROM links
    UNION ALL
    SELECT s, thing, t FROM links
), walks AS (
    SELECT s, t AS root, t AS node FROM links GROUP BY s, t HAVING sum(above) = 0
    UNION
    SELECT k.s, k.root, w.there
      FROM walks k
      JOIN ways w ON w.s = k.s AND w.here = k.node
), members AS (
    SELECT s, node AS t, min(root) AS root FROM walks WHERE node > 0 GROUP BY s, node
), rings AS (
    SELECT s, root, count(*) AS takers FROM members GROUP BY s, root
), largest AS (
    SELECT s, max(takers) AS takers FROM rings GROUP BY s
), met AS (
    SELECT s, count(*) AS n FROM pairs GROUP BY s
), found AS (
    SELECT m.s, m.n, coalesce(l.takers, 1) AS part, 1 AS whole,
           :ring_takers AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN l.takers >= :ring_takers THEN 1 ELSE 0 END AS grade
      FROM met m
      LEFT JOIN largest l ON l.s = m.s
), proof AS (
    SELECT m.s, n.taker_id AS ref, 0 AS at_us
      FROM members m
      JOIN rings r ON r.s = m.s AND r.root = m.root
      JOIN takers n ON n.t = m.t
     WHERE r.takers >= :ring_takers
)
