-- Fiat from a sell ad without any condition on takers, paid on within days to somebody who was then frozen (Art. 5.3c).
-- Whose sales are read is asked of the freezes, whose number PostgreSQL knows: of the orders joined to them by two columns
-- it expects one, and would read all sales again for each merchant.
WITH paid_on AS (
    SELECT z.s, z.fact_id, z.counterparty_id, z.at_us, o.order_id, epoch_us(o.paid_at) AS paid_us
      FROM freezes z
      JOIN subjects n ON n.s = z.s
      JOIN p2p_orders_v o ON o.order_id = z.order_id AND o.subject_id = n.subject_id
     WHERE z.proven AND o.side = 'buy' AND o.paid_at IS NOT NULL
), inflows AS (
    SELECT n.s, i.order_id, epoch_us(i.paid_at) AS paid_us
      FROM p2p_orders_v i
      JOIN subjects n ON n.subject_id = i.subject_id
     WHERE i.side = 'sell' AND NOT i.has_conditions AND i.status IN ('released', 'resolved_release')
       AND i.ended_at < :end AND i.known_at < :end
       AND n.s IN (SELECT s FROM freezes WHERE proven)
), linked AS (
    SELECT p.s, p.fact_id, p.counterparty_id, p.at_us, p.order_id, i.order_id AS inflow_id
      FROM paid_on p
      JOIN inflows i ON i.s = p.s AND i.paid_us <= p.paid_us
       AND p.paid_us - i.paid_us <= :unrestricted_days * 86400000000
), found AS (
    SELECT s, count(DISTINCT fact_id) AS n, count(DISTINCT counterparty_id) AS part, 1 AS whole,
           :unrestricted_frozen AS limit_part, 1 AS limit_whole, true AS enough,
           CASE WHEN count(DISTINCT counterparty_id) >= :unrestricted_frozen THEN 1 ELSE 0 END AS grade
      FROM linked
     GROUP BY s
), proof AS (
    SELECT s, fact_id AS ref, at_us FROM linked
    UNION ALL
    SELECT s, order_id, at_us FROM linked
    UNION ALL
    SELECT s, inflow_id, at_us FROM linked
)
