-- The desk's offers: ads with their conditions in versions, and where a merchant stands.

CREATE TABLE p2p_standing (                           -- written by the rating, through `p2p/lots/flow.py`
    subject_id text        PRIMARY KEY,               -- one person's merchant accounts together
    tier       text        NOT NULL CHECK (tier IN ('low', 'medium', 'high', 'extreme')),
    changed_by text        NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE p2p_ad (
    id              text        PRIMARY KEY,          -- "ad_…"
    merchant_id     text        NOT NULL,
    party_id        text        NOT NULL REFERENCES party,
    side            text        NOT NULL CHECK (side IN ('buy', 'sell')),   -- what the merchant does with coins
    asset_id        integer     NOT NULL REFERENCES asset,
    fiat            text        NOT NULL CHECK (fiat ~ '^[A-Z]{3}$'),
    price           numeric(38,0) CHECK (price > 0),  -- 10^-8 of the currency per coin; NULL = it floats
    percent         integer     CHECK (percent > 0),  -- hundredths of a percent of the market's price; NULL = fixed
    left_units      numeric(78,0) NOT NULL CHECK (left_units >= 0),
    min_units       numeric(78,0) NOT NULL CHECK (min_units > 0),
    max_units       numeric(78,0) NOT NULL CHECK (max_units >= min_units),
    methods         text[]      NOT NULL CHECK (cardinality(methods) > 0),
    payment_minutes integer     NOT NULL CHECK (payment_minutes > 0),
    terms           text        NOT NULL,             -- the merchant's words
    status          text        NOT NULL CHECK (status IN ('active', 'paused', 'closed')),
    reason          text,                             -- why it does not stand in the book
    conditions_version integer  NOT NULL CHECK (conditions_version > 0),
    published_at    timestamptz NOT NULL,
    priced_at       timestamptz NOT NULL,             -- when it took its price: at one price the earlier comes first
    changed_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    -- Smaller is better on both sides, so that one index serves them: cheapest to sell, dearest to buy.
    rank            numeric     NOT NULL GENERATED ALWAYS AS
                    (CASE side WHEN 'sell' THEN coalesce(price, percent) ELSE -coalesce(price, percent) END) STORED,
    floats          boolean     NOT NULL GENERATED ALWAYS AS (price IS NULL) STORED,
    CHECK ((price IS NULL) <> (percent IS NULL)),
    CHECK ((status = 'active') = (reason IS NULL)),
    CHECK ((status = 'closed') = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX p2p_ad_one_active ON p2p_ad (merchant_id, asset_id, side) WHERE status = 'active';
CREATE INDEX p2p_ad_book ON p2p_ad (asset_id, side, fiat, floats, rank, priced_at, id) WHERE status = 'active';
CREATE INDEX p2p_ad_by_merchant ON p2p_ad (merchant_id, id DESC);
CREATE INDEX p2p_ad_by_asset ON p2p_ad (asset_id) WHERE status <> 'closed';

-- Whose it is and what it trades is for ever; what was closed stays closed.
CREATE FUNCTION p2p_ad_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.merchant_id, OLD.party_id, OLD.side, OLD.asset_id, OLD.fiat, OLD.published_at)
       IS DISTINCT FROM
       (NEW.id, NEW.merchant_id, NEW.party_id, NEW.side, NEW.asset_id, NEW.fiat, NEW.published_at)
       OR NEW.conditions_version < OLD.conditions_version
       OR OLD.status = 'closed' AND NEW.status <> 'closed' THEN
        RAISE EXCEPTION 'ad % is % and cannot be rewritten', OLD.id, OLD.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_ad_moves BEFORE UPDATE ON p2p_ad FOR EACH ROW EXECUTE FUNCTION p2p_ad_moves();
CREATE TRIGGER p2p_ad_kept BEFORE DELETE OR TRUNCATE ON p2p_ad FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE p2p_ad_conditions (                      -- what an ad asks of its takers; an order names its version
    ad_id   text        NOT NULL REFERENCES p2p_ad,
    version integer     NOT NULL CHECK (version > 0),
    body    text        NOT NULL,                     -- canonical JSON
    has_any boolean     NOT NULL,                     -- whether it asks anything
    from_at timestamptz NOT NULL,
    PRIMARY KEY (ad_id, version)
);
CREATE TRIGGER p2p_ad_conditions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_ad_conditions
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE VIEW p2p_ads_v AS
    SELECT a.id AS ad_id, a.merchant_id, a.side, a.asset_id, a.fiat, (a.price * 0.00000001)::numeric(38,8) AS price,
           a.status, c.has_any AS has_conditions, a.published_at, a.ended_at
      FROM p2p_ad a JOIN p2p_ad_conditions c ON c.ad_id = a.id AND c.version = a.conditions_version;
