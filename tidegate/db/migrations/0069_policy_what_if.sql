-- Who would move under a draft's numbers of the rating, as somebody found it before the draft was approved.

CREATE TABLE policy_what_if (
    n          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- the newest of a version counts
    version    integer     NOT NULL REFERENCES policy_version,         -- whose body never changes
    months     text[]      NOT NULL CHECK (cardinality(months) = 12),  -- that were over, oldest first
    rated      integer     NOT NULL CHECK (rated >= 0),                -- people, once a month
    moves      text        NOT NULL,                                   -- canonical JSON: who, in which month, from where to where
    by         text        NOT NULL,
    at         timestamptz NOT NULL,
    good_until timestamptz NOT NULL CHECK (good_until > at)            -- then another month is over
);
CREATE INDEX policy_what_if_newest ON policy_what_if (version, n DESC);
CREATE TRIGGER policy_what_if_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_what_if
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
