-- From which country somebody signed in, where a proxy that we believe says so.

ALTER TABLE customer_session ADD COLUMN country text;  -- ISO 3166-1 alpha-2; NULL = nobody said
ALTER TABLE staff_session ADD COLUMN country text;     -- the same
