-- Takers of one merchant who hang together by devices, or by network and program at once (Art. 5.1).
-- Nodes are takers ("t …"), devices ("d …") and networks with a program ("n …"); a network alone links nobody. Components
-- are walked from the takers who are the least on each of their devices: few, and the least of a component is among them.
WITH RECURSIVE devices AS (
    SELECT s, device_id, min(taker_id) AS least
      FROM seen
     WHERE status IN ('released', 'resolved_release') AND device_id IS NOT NULL
     GROUP BY s, device_id
    HAVING min(taker_id) <> max(taker_id)
), programs AS (
    SELECT s, ip_net, agent, min(taker_id) AS least
      FROM seen
     WHERE status IN ('released', 'resolved_release') AND ip_net IS NOT NULL AND agent IS NOT NULL
     GROUP BY s, ip_net, agent
    HAVING min(taker_id) <> max(taker_id)
), links AS (
    SELECT DISTINCT e.s, 't ' || e.taker_id AS taker, 'd ' || e.device_id AS thing,
           CASE WHEN e.taker_id = d.least THEN 0 ELSE 1 END AS above
      FROM seen e
      JOIN devices d ON d.s = e.s AND d.device_id = e.device_id
     WHERE e.status IN ('released', 'resolved_release')
    UNION ALL
    SELECT DISTINCT e.s, 't ' || e.taker_id, 'n ' || e.ip_net || ' ' || e.agent,
           CASE WHEN e.taker_id = p.least THEN 0 ELSE 1 END
      FROM seen e
      JOIN programs p ON p.s = e.s AND p.ip_net = e.ip_net AND p.agent = e.agent
     WHERE e.status IN ('released', 'resolved_release')
), ways AS (
    SELECT s, taker AS here, thing AS there FROM links
    UNION ALL
    SELECT s, thing, taker FROM links
), walks AS (
    SELECT s, taker AS root, taker AS node FROM links GROUP BY s, taker HAVING sum(above) = 0
    UNION
    SELECT k.s, k.root, w.there
      FROM walks k
      JOIN ways w ON w.s = k.s AND w.here = k.node
), members AS (
    SELECT s, node, min(root) AS root FROM walks WHERE node LIKE 't %' GROUP BY s, node
), rings AS (
    SELECT s, root, count(*) AS takers FROM members GROUP BY s, root
), largest AS (
    SELECT s, max(takers) AS takers FROM rings GROUP BY s
), met AS (
    SELECT s, count(DISTINCT t) AS n FROM completed GROUP BY s
), found AS (
    SELECT m.s, m.n, coalesce(l.takers, 1) AS part, 1 AS whole,
           :ring_takers AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN l.takers >= :ring_takers THEN 1 ELSE 0 END AS grade
      FROM met m
      LEFT JOIN largest l ON l.s = m.s
), proof AS (
    SELECT m.s, substr(m.node, 3) AS ref, 0 AS at_us
      FROM members m
      JOIN rings r ON r.s = m.s AND r.root = m.root
     WHERE r.takers >= :ring_takers
)
