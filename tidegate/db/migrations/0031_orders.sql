-- Trades between customers, and how long coins that were bought stay.

CREATE TABLE p2p_order (
    id              text        PRIMARY KEY,          -- "ord_…"
    ad_id           text        NOT NULL REFERENCES p2p_ad,
    merchant_id     text        NOT NULL,
    subject_id      text        NOT NULL,             -- as it was at the moment of the order
    merchant_party  text        NOT NULL REFERENCES party,
    taker_id        text        NOT NULL REFERENCES party,
    side            text        NOT NULL CHECK (side IN ('buy', 'sell')),   -- what the merchant does with coins
    asset_id        integer     NOT NULL REFERENCES asset,
    units           numeric(78,0) NOT NULL CHECK (units > 0),
    value           numeric(38,0) CHECK (value >= 0), -- micro-USD at that moment; NULL = no fresh price
    fiat            text        NOT NULL,
    fiat_amount     numeric(38,0) NOT NULL CHECK (fiat_amount > 0),   -- 10^-8 of the currency, as prices are
    price           numeric(38,0) NOT NULL CHECK (price > 0),
    reference       numeric(38,0) CHECK (reference > 0),              -- the market's price; NULL = no fresh one
    method          text        NOT NULL CHECK (method IN ('bank', 'wallet', 'cash')),
    conditions_version integer  NOT NULL,
    has_conditions  boolean     NOT NULL,
    payer_hash      text,                             -- keyed hash of the account that paid
    payee_hash      text,
    payer_similarity smallint   CHECK (payer_similarity BETWEEN 0 AND 100),   -- NULL = names were not compared
    taker_level     smallint,
    taker_since     timestamptz NOT NULL,
    taker_orders_before integer NOT NULL CHECK (taker_orders_before >= 0),
    device_id       text,
    ip_net          text,
    agent           text,
    retention_hours integer     NOT NULL CHECK (retention_hours >= 0),
    status          text        NOT NULL CHECK (status IN ('created', 'paid', 'disputed', 'released', 'cancelled',
                                'expired', 'resolved_release', 'resolved_refund')),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,             -- paid until then, or the coins go back
    paid_at         timestamptz,
    released_at     timestamptz,
    ended_at        timestamptz,
    cancelled_by    text        CHECK (cancelled_by IN ('taker', 'merchant', 'staff', 'time')),
    dispute_reason  text,
    dispute_by      text        CHECK (dispute_by IN ('taker', 'merchant', 'staff')),
    dispute_lost_by text        CHECK (dispute_lost_by IN ('taker', 'merchant')),
    resolved_level  smallint,                         -- how many people agreed
    changed_at      timestamptz NOT NULL,
    CHECK (merchant_party <> taker_id),
    CHECK ((status IN ('released', 'cancelled', 'expired', 'resolved_release', 'resolved_refund'))
           = (ended_at IS NOT NULL)),
    CHECK ((status IN ('released', 'resolved_release')) = (released_at IS NOT NULL)),
    CHECK ((status IN ('cancelled', 'expired')) = (cancelled_by IS NOT NULL)),
    CHECK (status <> 'disputed' OR dispute_reason IS NOT NULL),
    FOREIGN KEY (ad_id, conditions_version) REFERENCES p2p_ad_conditions
) WITH (fillfactor = 70);
CREATE INDEX p2p_order_due ON p2p_order (expires_at) WHERE status = 'created';
CREATE INDEX p2p_order_by_taker ON p2p_order (taker_id, id DESC);
CREATE INDEX p2p_order_by_merchant_party ON p2p_order (merchant_party, id DESC);
CREATE INDEX p2p_order_by_ad ON p2p_order (ad_id);
CREATE INDEX p2p_order_by_time ON p2p_order (created_at);

-- What was agreed is for ever; an order that has ended stays as it ended.
CREATE FUNCTION p2p_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
       OR (OLD.id, OLD.ad_id, OLD.merchant_id, OLD.subject_id, OLD.merchant_party, OLD.taker_id, OLD.side, OLD.asset_id,
           OLD.units, OLD.value, OLD.fiat, OLD.fiat_amount, OLD.price, OLD.reference, OLD.method,
           OLD.conditions_version, OLD.retention_hours, OLD.created_at, OLD.expires_at)
       IS DISTINCT FROM
          (NEW.id, NEW.ad_id, NEW.merchant_id, NEW.subject_id, NEW.merchant_party, NEW.taker_id, NEW.side, NEW.asset_id,
           NEW.units, NEW.value, NEW.fiat, NEW.fiat_amount, NEW.price, NEW.reference, NEW.method,
           NEW.conditions_version, NEW.retention_hours, NEW.created_at, NEW.expires_at) THEN
        RAISE EXCEPTION 'order % is % and cannot be rewritten', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_order_moves BEFORE UPDATE ON p2p_order FOR EACH ROW EXECUTE FUNCTION p2p_order_moves();
CREATE TRIGGER p2p_order_kept BEFORE DELETE OR TRUNCATE ON p2p_order
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE p2p_lot (                                -- coins that were bought stay until they mature, or are sold again
    id         text        PRIMARY KEY,               -- "lot_…"
    party_id   text        NOT NULL REFERENCES party,
    asset_id   integer     NOT NULL REFERENCES asset,
    order_id   text        NOT NULL UNIQUE REFERENCES p2p_order,
    units      numeric(78,0) NOT NULL CHECK (units > 0),
    left_units numeric(78,0) NOT NULL CHECK (left_units BETWEEN 0 AND units),   -- what was not sold since
    bought_at  timestamptz NOT NULL,
    matures_at timestamptz NOT NULL CHECK (matures_at >= bought_at),
    status     text        NOT NULL CHECK (status IN ('open', 'matured', 'sold')),
    CHECK ((status = 'sold') = (left_units = 0))
) WITH (fillfactor = 80);
CREATE INDEX p2p_lot_open ON p2p_lot (party_id, matures_at) WHERE status = 'open';
CREATE INDEX p2p_lot_due ON p2p_lot (matures_at) WHERE status = 'open';
CREATE INDEX p2p_lot_by_party ON p2p_lot (party_id, id DESC);

-- A lot only shrinks, and no hand lets it mature sooner.
CREATE FUNCTION p2p_lot_shrinks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.left_units > OLD.left_units OR OLD.status <> 'open'
       OR (OLD.id, OLD.party_id, OLD.asset_id, OLD.order_id, OLD.units, OLD.bought_at, OLD.matures_at)
       IS DISTINCT FROM
          (NEW.id, NEW.party_id, NEW.asset_id, NEW.order_id, NEW.units, NEW.bought_at, NEW.matures_at) THEN
        RAISE EXCEPTION 'lot % is % and cannot be rewritten', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_lot_shrinks BEFORE UPDATE ON p2p_lot FOR EACH ROW EXECUTE FUNCTION p2p_lot_shrinks();
CREATE TRIGGER p2p_lot_kept BEFORE DELETE OR TRUNCATE ON p2p_lot FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE VIEW p2p_orders_v AS
    SELECT id AS order_id, ad_id, merchant_id, subject_id, taker_id, side, asset_id, units, value, fiat,
           (fiat_amount * 0.00000001)::numeric(38,8) AS fiat_amount, (price * 0.00000001)::numeric(38,8) AS price,
           (reference * 0.00000001)::numeric(38,8) AS reference_price, method, payer_hash, payee_hash,
           payer_similarity, has_conditions, taker_level, taker_since, taker_orders_before, device_id, ip_net, agent,
           status, created_at, paid_at, released_at, ended_at, cancelled_by, dispute_reason, dispute_lost_by,
           changed_at AS known_at
      FROM p2p_order;

CREATE VIEW p2p_lots_v AS
    SELECT id AS lot_id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status FROM p2p_lot;
