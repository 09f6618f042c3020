-- What they were taken from: devices, numbered.
SELECT CAST(row_number() OVER (ORDER BY device_id) AS INTEGER) AS d, device_id
  FROM (SELECT DISTINCT device_id FROM seen WHERE device_id IS NOT NULL) AS met
