SELECT n.subject_id AS subject, r.lines, r.first, r.second
  FROM (SELECT s, count(*) AS lines,
               sum(CAST(CAST('0x' || substr(hash, 1, 15) AS BIGINT) AS DECIMAL(38,0))) AS first,
               sum(CAST(CAST('0x' || substr(hash, 16, 15) AS BIGINT) AS DECIMAL(38,0))) AS second
          FROM (SELECT s, md5(line) AS hash FROM records) AS hashed
         GROUP BY s) AS r
  JOIN subjects n ON n.s = r.s
