WITH records AS (
    SELECT s, concat_ws('|', direction, ref, asset_id, units, coalesce(value, -1), counterpart, at_us,
           CASE WHEN recent THEN 1 ELSE 0 END) AS line
      FROM flows
)
