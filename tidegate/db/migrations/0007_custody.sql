-- Wallets, deposits, payouts and their attempts: the only room where coins move.

CREATE TABLE network (
    id       text   PRIMARY KEY,                      -- "evm-local"
    chain_id bigint NOT NULL UNIQUE,
    finality integer NOT NULL CHECK (finality >= 1),  -- blocks, its own counted, after which nothing is undone
    deposit_xpub text NOT NULL                        -- watch-only: the API derives addresses, never keys
);

CREATE TABLE wallet (                                 -- an account of ours that can send: one lane of nonces
    id         text   PRIMARY KEY,                    -- "hot:evm-local", "dep:evm-local:17"
    network    text   NOT NULL REFERENCES network,
    address    text   NOT NULL,
    kind       text   NOT NULL CHECK (kind IN ('hot', 'deposit')),
    index      integer,                               -- derivation index of a deposit address
    party_id   text   REFERENCES party,               -- whose deposits it receives
    asset_id   integer REFERENCES asset,              -- what the address was handed out for
    next_nonce bigint NOT NULL DEFAULT 0 CHECK (next_nonce >= 0),
    created_at timestamptz NOT NULL,
    UNIQUE (network, address),
    UNIQUE (network, index),
    CHECK ((kind = 'deposit') = (index IS NOT NULL AND party_id IS NOT NULL))
);
CREATE UNIQUE INDEX wallet_hot ON wallet (network) WHERE kind = 'hot';
CREATE UNIQUE INDEX wallet_party ON wallet (network, party_id) WHERE kind = 'deposit';

CREATE TABLE chain_cursor (                           -- how far the deposit scan has come
    network text   PRIMARY KEY REFERENCES network,
    block   bigint NOT NULL,                          -- newest block whose deposits are decided
    hash    text   NOT NULL
);

CREATE TABLE deposit (
    id         text        PRIMARY KEY,               -- "dep_…"
    network    text        NOT NULL REFERENCES network,
    tx         text        NOT NULL,
    index      integer     NOT NULL,                  -- see base.chain.Transfer.index
    block      bigint      NOT NULL,
    block_hash text        NOT NULL,
    wallet_id  text        NOT NULL REFERENCES wallet,
    party_id   text        NOT NULL REFERENCES party,
    asset_id   integer     NOT NULL REFERENCES asset,
    sender     text        NOT NULL,
    claimed    numeric(78,0) NOT NULL CHECK (claimed >= 0),  -- what the effect said
    credited   numeric(78,0) NOT NULL DEFAULT 0,             -- what really arrived and was posted
    status     text        NOT NULL CHECK (status IN ('seen', 'credited', 'refused', 'gone')),
    reason     text,                                  -- why less than claimed, or nothing, was credited
    seen_at    timestamptz NOT NULL,
    decided_at timestamptz,
    CHECK (credited BETWEEN 0 AND claimed),
    CHECK ((status = 'credited') = (credited > 0))
);
CREATE UNIQUE INDEX deposit_once ON deposit (network, tx, index, block_hash);
CREATE UNIQUE INDEX deposit_credited_once ON deposit (network, tx, index) WHERE status = 'credited';
CREATE INDEX deposit_open ON deposit (network, block) WHERE status = 'seen';
CREATE INDEX deposit_by_party ON deposit (party_id, seen_at DESC);

CREATE TABLE payout (                                 -- something that must be paid once
    id          text        PRIMARY KEY,              -- "pay_…"
    purpose     text        NOT NULL CHECK (purpose IN ('withdrawal', 'gas', 'sweep')),
    ref         text        NOT NULL,                 -- "wd_…"; for gas and sweep: the payout's own id
    party_id    text        REFERENCES party,         -- whose restrictions stop it
    network     text        NOT NULL REFERENCES network,
    wallet_id   text        NOT NULL REFERENCES wallet,   -- the account that pays
    asset_id    integer     NOT NULL REFERENCES asset,
    address     text        NOT NULL,
    units       numeric(78,0) NOT NULL CHECK (units > 0),  -- what must arrive
    order_text  text        NOT NULL,                 -- canonical authorisation (withdrawal) or order
    signature   text,                                 -- of the authorisation, hex
    status      text        NOT NULL DEFAULT 'queued'
                CHECK (status IN ('queued', 'paying', 'paid', 'failed', 'cancelled')),
    waiting_for text,                                 -- why it does not move: 'liquidity', 'signer', 'kill_switch', 'person', …
    detail      text,                                 -- the same in words for staff
    failures    integer     NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,                 -- not before
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    UNIQUE (purpose, ref),
    CHECK (purpose = 'withdrawal' OR ref = id),
    CHECK ((purpose = 'withdrawal') = (party_id IS NOT NULL AND signature IS NOT NULL)),
    CHECK ((status IN ('paid', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX payout_queue ON payout (wallet_id, next_at, id) WHERE status = 'queued';

CREATE TABLE payout_attempt (                         -- one nonce, for good or until proven void
    id         text        PRIMARY KEY,               -- "att_…"
    payout_id  text        NOT NULL REFERENCES payout,
    wallet_id  text        NOT NULL REFERENCES wallet,
    nonce      bigint      NOT NULL,
    status     text        NOT NULL CHECK (status IN
               ('signing', 'unknown', 'confirming', 'abandoning', 'paid', 'failed', 'void')),
               -- signing: no bytes yet; unknown: bytes exist, the chain does not show them; confirming: mined, not final
               -- void: the signer refused before any bytes existed; its nonce went back
    gas         bigint      NOT NULL,                 -- first terms, kept so that asking again asks the same
    max_fee     numeric(78,0) NOT NULL,
    tip         numeric(78,0) NOT NULL,
    mined_block bigint,                               -- where the chain has it just now
    mined_hash  text,                                 -- which of its bytes
    gas_paid   numeric(78,0),                         -- wei, once final
    created_at timestamptz NOT NULL,
    checked_at timestamptz,                           -- when the chain was last asked
    ended_at   timestamptz,
    CHECK ((status IN ('paid', 'failed', 'void')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX attempt_nonce ON payout_attempt (wallet_id, nonce) WHERE status <> 'void';
CREATE UNIQUE INDEX attempt_live ON payout_attempt (payout_id) WHERE status NOT IN ('failed', 'void');
CREATE INDEX attempt_open ON payout_attempt (wallet_id, nonce) WHERE ended_at IS NULL;

CREATE TABLE payout_bytes (                           -- committed before anything is sent
    hash       text        PRIMARY KEY,               -- "0x…"
    attempt_id text        NOT NULL REFERENCES payout_attempt,
    seq        integer     NOT NULL,                  -- 0, then one more per fee bump or cancel on the same nonce
    kind       text        NOT NULL CHECK (kind IN ('pay', 'cancel')),
    raw        bytea       NOT NULL,
    max_fee    numeric(78,0) NOT NULL,                -- wei per gas
    tip        numeric(78,0) NOT NULL,
    gas        bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    sent       integer     NOT NULL DEFAULT 0,        -- how often it was handed to the node
    words      text,                                  -- the node's last answer: kept, never believed
    UNIQUE (attempt_id, seq)
) WITH (fillfactor = 80);

CREATE FUNCTION bytes_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.hash, OLD.attempt_id, OLD.seq, OLD.kind, OLD.raw) IS DISTINCT FROM (NEW.hash, NEW.attempt_id, NEW.seq, NEW.kind, NEW.raw) THEN
        RAISE EXCEPTION 'bytes % are immutable', OLD.hash USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_bytes_kept BEFORE UPDATE ON payout_bytes FOR EACH ROW EXECUTE FUNCTION bytes_kept();
CREATE TRIGGER payout_bytes_stay BEFORE DELETE OR TRUNCATE ON payout_bytes
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
-- An attempt that produced bytes can never be void, and an ended one never lives again.
CREATE FUNCTION attempt_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR (OLD.payout_id, OLD.wallet_id, OLD.nonce) IS DISTINCT FROM (NEW.payout_id, NEW.wallet_id, NEW.nonce)
       OR (NEW.status = 'void' AND (OLD.status <> 'signing'
           OR EXISTS (SELECT FROM payout_bytes b WHERE b.attempt_id = OLD.id))) THEN
        RAISE EXCEPTION 'attempt % is % and cannot become %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_attempt_moves BEFORE UPDATE ON payout_attempt FOR EACH ROW EXECUTE FUNCTION attempt_moves();

-- For the rungs above.
CREATE VIEW payouts_v AS
    SELECT p.id, p.purpose, p.ref, p.status, p.waiting_for, p.detail, a.status AS attempt_status, a.nonce,
           a.mined_hash, a.mined_block,
           (SELECT b.hash FROM payout_bytes b WHERE b.attempt_id = a.id ORDER BY b.seq DESC LIMIT 1) AS newest_hash
      FROM payout p
      LEFT JOIN LATERAL (SELECT * FROM payout_attempt t WHERE t.payout_id = p.id AND t.status <> 'void'
                          ORDER BY t.created_at DESC, t.id DESC LIMIT 1) a ON true;
