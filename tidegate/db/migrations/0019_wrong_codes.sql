-- Wrong codes are counted on the factor, over all withdrawals: who asks anew gets no new tries.

ALTER TABLE factor
    ADD COLUMN wrong_codes integer NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),  -- in a row, since the last right one
    ADD COLUMN wrong_at timestamptz,                                            -- the newest of them
    ADD CHECK (wrong_codes = 0 OR wrong_at IS NOT NULL);
