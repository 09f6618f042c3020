-- What indicators read beside the desk's views, and the two functions that every engine gives their texts.

-- An instant as whole microseconds since 1970: spans of time are differences of whole numbers in every engine.
-- STABLE and not IMMUTABLE, or PostgreSQL would not take the body into the query.
CREATE FUNCTION epoch_us(at timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT CAST(extract(epoch FROM at) * 1000000 AS bigint)
$$;

-- A share of whole numbers in whole millionths, rounded down; NULL of nothing. It puts shares in an order: whether a threshold is met is
-- asked by multiplying across.
CREATE FUNCTION per_million(part numeric, whole numeric) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CAST(div(part * 1000000, nullif(whole, 0)) AS bigint)
$$;

-- What an asset cost, as the policy in force at a time fixed it; sources' prices come before it (`market_tick`).
CREATE VIEW fixed_prices_v AS
    SELECT p.active_from, lead(p.active_from, 1, 'infinity') OVER (ORDER BY p.active_from, p.version) AS until,
           CAST(p.body AS jsonb) -> 'fixed_prices' AS prices,
           coalesce(CAST(CAST(p.body AS jsonb) #>> '{market,stale_minutes}' AS integer), 5) AS stale_minutes
      FROM policy_version p WHERE p.active_from IS NOT NULL;

-- Coins that came to or left a customer on a chain. `value` is micro-USD at that time, rounded up; NULL = no fresh price, or
-- more than 38 digits hold.
-- `counterpart` goes by the lists as they were then: 'own' is an address of this platform, 'exchange' one that a list
-- gives that category, 'listed' one that a list names for something else.
CREATE VIEW coin_flows_v AS
    WITH moved AS (
        SELECT party_id, 'in' AS direction, id AS ref, network, asset_id, credited AS units,
               CAST(NULL AS numeric) AS value, decided_at AS at, sender AS address
          FROM deposit WHERE status = 'credited'
        UNION ALL
        SELECT party_id, 'out', id, network, asset_id, units, value, ended_at, address
          FROM withdrawal WHERE status = 'settled'
    ), fixed AS MATERIALIZED (SELECT * FROM fixed_prices_v)
    SELECT m.party_id, m.direction, m.ref, m.asset_id, m.units,
           CAST(CASE WHEN worth.value < power(CAST(10 AS numeric), 38) THEN worth.value END AS numeric(38,0)) AS value,
           m.at, m.at AS known_at,
           CASE WHEN own.address IS NOT NULL THEN 'own' WHEN listed.exchange THEN 'exchange'
                WHEN NOT listed.exchange THEN 'listed' ELSE 'other' END AS counterpart,
           m.address
      FROM moved m
      JOIN asset a ON a.id = m.asset_id
      LEFT JOIN LATERAL (
           SELECT CAST(f.prices ->> (a.symbol || '@' || a.network) AS numeric) * 1000000000000 AS price, f.stale_minutes
             FROM fixed f WHERE f.active_from <= m.at AND m.at < f.until) fixed ON m.value IS NULL
      LEFT JOIN LATERAL (
           SELECT true AS ever,
                  max(t.close) FILTER (WHERE t.at + make_interval(secs => t.seconds) + make_interval(mins => fixed.stale_minutes) >= m.at)
                      AS price
             FROM (SELECT DISTINCT ON (source) at, seconds, close FROM market_tick
                    WHERE asset_id = m.asset_id AND at <= m.at AND received_at <= m.at
                    ORDER BY source, at DESC) t
           HAVING count(*) > 0) told ON m.value IS NULL
     CROSS JOIN LATERAL (SELECT power(CAST(10 AS numeric), a.decimals + 6) AS scale) whole
     CROSS JOIN LATERAL (
           SELECT coalesce(m.value, div(m.units * CASE WHEN told.ever THEN told.price ELSE fixed.price END + whole.scale - 1,
                                        whole.scale)) AS value) worth
      LEFT JOIN own_address own ON own.network = m.network AND own.address = m.address
      LEFT JOIN LATERAL (
           SELECT bool_or(e.category = 'exchange') AS exchange
             FROM list_entry e
            WHERE e.address = CASE WHEN m.address LIKE '0x%' THEN lower(m.address) ELSE m.address END
              AND e.valid_from <= m.at AND (e.valid_until IS NULL OR m.at < e.valid_until)
           HAVING count(*) > 0) listed ON true;
CREATE INDEX list_entry_address ON list_entry (address);

-- Signs that somebody else may hold an account: a device beside the first one, a change of credentials, a new address.
CREATE VIEW account_signs_v AS
    SELECT s.party_id, 'device' AS sign, s.value AS ref, s.first_at AS at, s.first_at AS known_at
      FROM login_seen s
     WHERE s.kind = 'device'
       AND EXISTS (SELECT FROM login_seen e
                    WHERE (e.party_id, e.kind) = (s.party_id, s.kind) AND e.first_at < s.first_at)
    UNION ALL
    SELECT party_id, 'credential', id, at, known_at
      FROM party_event WHERE type IN ('password_changed', 'mfa_changed', 'email_changed', 'phone_changed')
    UNION ALL
    SELECT party_id, 'address', id, saved_at, saved_at FROM saved_address;

-- Deposits that a chain's events told of and that brought nothing: an event without movement, a false token.
CREATE VIEW counterfeits_v AS
    SELECT id AS deposit_id, party_id, asset_id, claimed, decided_at AS at, decided_at AS known_at, reason
      FROM deposit WHERE status = 'refused' AND reason = 'no_movement';
