-- More in 24 hours than the limit and a multiple of the median day before (Art. 5.1). A day without an order is a day of
-- nothing, so without history only the limit counts. The median is the middle one of all days, those of nothing first.
-- What became known so late that its days before are not read any more is not judged.
WITH orders AS (
    SELECT n.s, o.value, epoch_us(o.created_at) AS at_us, CAST(o.created_at AS DATE) AS day,
           o.ended_at >= :start OR o.known_at >= :start AS recent
      FROM p2p_orders_v o
      JOIN subjects n ON n.subject_id = o.subject_id
     WHERE o.status IN ('released', 'resolved_release') AND o.ended_at < :end AND o.known_at < :end
       AND o.created_at >= :history AND o.value IS NOT NULL
), days AS (
    SELECT s, day, sum(value) AS volume FROM orders GROUP BY s, day
), busy AS (
    -- 24 hours touch two days: who stayed below half the limit on every day never passed it.
    SELECT s FROM days GROUP BY s HAVING max(volume) * 2 > :jump_limit
), rolling AS (
    SELECT o.s, o.day, o.recent,
           sum(o.value) OVER (PARTITION BY o.s ORDER BY o.at_us
               RANGE BETWEEN 86400000000 PRECEDING AND CURRENT ROW) AS volume
      FROM orders o
      JOIN busy b ON b.s = o.s
), peaks AS (
    SELECT s, day, max(volume) AS volume
      FROM rolling
     WHERE recent AND CAST(day - (:jump_days + 1) * INTERVAL '1' DAY AS DATE) >= CAST(:history AS DATE)
     GROUP BY s, day
    HAVING max(volume) > :jump_limit
), earlier AS (
    SELECT p.s, p.day, d.volume,
           row_number() OVER (PARTITION BY p.s, p.day ORDER BY d.volume) AS place,
           count(*) OVER (PARTITION BY p.s, p.day) AS traded
      FROM peaks p
      JOIN days d ON d.s = p.s AND d.day < p.day
       AND CAST(d.day + :jump_days * INTERVAL '1' DAY AS DATE) >= p.day
), usual AS (
    SELECT s, day, volume
      FROM earlier
     WHERE 2 * (place + :jump_days - traded) >= :jump_days AND 2 * (place + :jump_days - traded - 1) < :jump_days
), jumps AS (
    SELECT p.s, p.day, p.volume
      FROM peaks p
      LEFT JOIN usual u ON u.s = p.s AND u.day = p.day
     WHERE p.volume > coalesce(u.volume, 0) * :jump_factor
), beyond AS (
    SELECT s, count(*) AS days, max(volume) AS volume FROM jumps GROUP BY s
), active AS (
    SELECT s, count(value) AS n FROM completed GROUP BY s
), found AS (
    SELECT a.s, a.n, coalesce(b.days, 0) AS part, 1 AS whole, 1 AS limit_part, 1 AS limit_whole,
           a.n > 0 AS enough, CASE WHEN b.days > 0 THEN 1 ELSE 0 END AS grade, b.volume AS most
      FROM active a
      LEFT JOIN beyond b ON b.s = a.s
), proof AS (
    SELECT c.s, c.order_id AS ref, c.created_us AS at_us
      FROM completed c
      JOIN jumps j ON j.s = c.s AND j.day = c.created_day
     WHERE c.value IS NOT NULL
)
