-- A price as a whole number of its smallest part (eight decimals), for texts that compare prices exactly.
CREATE FUNCTION price_units(price numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT trunc(price * 100000000)
$$;
