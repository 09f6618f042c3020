-- Prices as sources told them, what was measured on them, and the regime of each asset.

CREATE TABLE market_tick (                 -- every price that was believed
    asset_id    integer     NOT NULL REFERENCES asset,
    source      text        NOT NULL,      -- "venue-a"
    at          timestamptz NOT NULL,      -- a bar's start
    seconds     integer     NOT NULL CHECK (seconds >= 0),   -- a bar's length; 0 = a tick
    open        numeric(78,0) NOT NULL,    -- 10^-12 USD per coin
    high        numeric(78,0) NOT NULL,
    low         numeric(78,0) NOT NULL CHECK (low > 0),
    close       numeric(78,0) NOT NULL,
    volume      numeric(78,0),             -- 10^-12 coins; NULL = not said
    received_at timestamptz NOT NULL,
    received_by text        NOT NULL,
    PRIMARY KEY (asset_id, source, at),
    CHECK (low <= least(open, close) AND greatest(open, close) <= high)
);
CREATE TRIGGER market_tick_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON market_tick
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE market_regime (               -- one row per asset that a source named or a run was measured for
    asset_id       integer     PRIMARY KEY REFERENCES asset,
    level          smallint    NOT NULL CHECK (level BETWEEN 0 AND 2),   -- calm, nervous, stormy
    reason         text        NOT NULL,
    since          timestamptz NOT NULL,
    clock          timestamptz NOT NULL,   -- how far time has been told
    nervous_entered timestamptz,           -- outflow against the hot wallet: when it was last seen
    stormy_entered timestamptz,
    nervous_held   timestamptz,
    stormy_held    timestamptz,
    CHECK (since <= clock)
);

-- Estimates are floats: they measure restlessness, never money.
CREATE TABLE market_source (               -- one row per asset and source: everything its next price needs
    asset_id       integer     NOT NULL REFERENCES market_regime,
    source         text        NOT NULL,
    at             timestamptz NOT NULL,   -- of its newest believed price
    seconds        integer     NOT NULL,
    close          numeric(78,0) NOT NULL,
    slow           double precision NOT NULL,   -- log of the price it stands at
    nervous_entered timestamptz,
    stormy_entered timestamptz,
    nervous_held   timestamptz,
    stormy_held    timestamptz,
    why            text        NOT NULL,
    suspect_at     timestamptz,            -- newest price that was not believed, where none was believed since
    mark_at        timestamptz NOT NULL,
    mark           numeric(78,0) NOT NULL,
    span_at        timestamptz,
    span_high      numeric(78,0) NOT NULL,
    span_low       numeric(78,0) NOT NULL,
    returns        double precision NOT NULL,
    ranges         double precision NOT NULL,
    samples        double precision[] NOT NULL,
    highs_at       timestamptz[] NOT NULL,
    highs          numeric(78,0)[] NOT NULL,
    PRIMARY KEY (asset_id, source)
);
