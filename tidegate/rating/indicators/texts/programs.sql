-- And programs in a network, numbered.
SELECT CAST(row_number() OVER (ORDER BY ip_net, agent) AS INTEGER) AS p, ip_net, agent
  FROM (SELECT DISTINCT ip_net, agent FROM seen WHERE ip_net IS NOT NULL AND agent IS NOT NULL) AS met
