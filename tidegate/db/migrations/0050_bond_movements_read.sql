-- What moved in bonds and what it was worth then, for whoever judges what a merchant brought beside the bond.

-- Micro-USD of so many units at a time, rounded up: the price that a source told last, if it was fresh, or else the one
-- that the policy had fixed. NULL = nobody had a fresh price, or more than 38 digits hold. `coin_flows_here_v` says the
-- same of many rows at once.
CREATE FUNCTION micro_usd_at(which integer, units numeric, moment timestamptz) RETURNS numeric
    LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN worth.value < power(CAST(10 AS numeric), 38) THEN worth.value END
      FROM asset a
      LEFT JOIN LATERAL (
           SELECT CAST(f.prices ->> (a.symbol || '@' || a.network) AS numeric) * 1000000000000 AS price, f.stale_minutes
             FROM fixed_prices_v f WHERE f.active_from <= moment AND moment < f.until) fixed ON true
      LEFT JOIN LATERAL (
           SELECT true AS ever,
                  max(t.close) FILTER (WHERE t.at + make_interval(secs => t.seconds)
                                             + make_interval(mins => fixed.stale_minutes) >= moment) AS price
             FROM (SELECT DISTINCT ON (source) at, seconds, close FROM market_tick
                    WHERE asset_id = which AND at <= moment AND received_at <= moment
                    ORDER BY source, at DESC) t
           HAVING count(*) > 0) told ON true
     CROSS JOIN LATERAL (SELECT power(CAST(10 AS numeric), a.decimals + 6) AS scale) whole
     CROSS JOIN LATERAL (
           SELECT div(units * CASE WHEN told.ever THEN told.price ELSE fixed.price END + whole.scale - 1, whole.scale)
                      AS value) worth
     WHERE a.id = which
$$;

ALTER TABLE p2p_bond_movement ADD COLUMN value numeric(38,0);   -- micro-USD of locked_delta then; NULL = no fresh price
ALTER TABLE p2p_bond_movement DISABLE TRIGGER p2p_bond_movement_kept;
UPDATE p2p_bond_movement SET value = sign(locked_delta) * micro_usd_at(asset_id, abs(locked_delta), at);
ALTER TABLE p2p_bond_movement ENABLE TRIGGER p2p_bond_movement_kept;

-- `units` and `value` are what was locked more; less, below zero.
CREATE VIEW p2p_bond_movements_v AS
    SELECT id AS movement_id, merchant_id, asset_id, kind, locked_delta AS units, value, at, at AS known_at
      FROM p2p_bond_movement;
