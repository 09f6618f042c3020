-- Coins that came to and left the subjects on chains, as far as it was known; `recent` = it counts in the window.
SELECT p.s, f.direction, f.ref, f.asset_id, f.units, f.value, f.counterpart, epoch_us(f.at) AS at_us,
       f.at >= :start OR f.known_at >= :start AS recent
  FROM coin_flows_v f
  JOIN people p ON p.party_id = f.party_id
 WHERE f.at < :end AND f.known_at < :end
