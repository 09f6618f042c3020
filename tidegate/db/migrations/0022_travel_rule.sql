-- What a withdrawal is for, whose an address is, what counterparties and vendors were asked.

ALTER TABLE withdrawal ADD COLUMN description text NOT NULL DEFAULT '';   -- '' = the customer gave none
CREATE TRIGGER withdrawal_description_kept BEFORE UPDATE ON withdrawal
    FOR EACH ROW WHEN (OLD.description IS DISTINCT FROM NEW.description) EXECUTE FUNCTION never_changed();

CREATE TABLE ownership_challenge (                    -- a text that the owner of an address is asked to sign
    id         text        PRIMARY KEY,               -- "och_…"
    address_id text        NOT NULL REFERENCES saved_address,
    party_id   text        NOT NULL REFERENCES party,
    nonce      text        NOT NULL UNIQUE,
    message    text        NOT NULL,                  -- to the letter: this is what is signed
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,                           -- it proves something once
    CHECK (expires_at > created_at)
);
CREATE INDEX ownership_challenge_newest ON ownership_challenge (address_id, created_at DESC);
CREATE FUNCTION challenge_used_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL OR (to_jsonb(OLD) - 'used_at') IS DISTINCT FROM (to_jsonb(NEW) - 'used_at') THEN
        RAISE EXCEPTION 'challenge % is used at most once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ownership_challenge_once BEFORE UPDATE ON ownership_challenge
    FOR EACH ROW EXECUTE FUNCTION challenge_used_once();
CREATE TRIGGER ownership_challenge_kept BEFORE DELETE OR TRUNCATE ON ownership_challenge
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE ownership_proof (                        -- evidence: a declaration is none and has no row here
    challenge_id text        PRIMARY KEY REFERENCES ownership_challenge,
    address_id   text        NOT NULL REFERENCES saved_address,
    party_id     text        NOT NULL REFERENCES party,
    method       text        NOT NULL CHECK (method IN ('eip191')),
    signature    text        NOT NULL,
    proved_at    timestamptz NOT NULL
);
CREATE INDEX ownership_proof_of ON ownership_proof (address_id, proved_at);
CREATE TRIGGER ownership_proof_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ownership_proof
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE travel_statement (                       -- what a customer stated about one withdrawal's receiver
    ref        text        PRIMARY KEY REFERENCES withdrawal,
    said       text        NOT NULL,                  -- canonical JSON; personal data, so it is not in the journal
    changed_at timestamptz NOT NULL
);

CREATE TABLE travel_message (                         -- what goes to the counterparty: stored before it is sent
    ref         text        PRIMARY KEY REFERENCES withdrawal,
    id          text        NOT NULL UNIQUE,          -- "trm_…": the same however often it is sent
    vasp_id     text        NOT NULL,                 -- of the directory that the worker has
    fields      text        NOT NULL CHECK (fields IN ('basic', 'extended')),
    body        text        NOT NULL,                 -- to the byte
    created_at  timestamptz NOT NULL,
    tries       integer     NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,                 -- of the next try; moved on before each one
    answer      text        CHECK (answer IN ('accepted', 'rejected', 'refused')),   -- NULL = none that ends it
    answered_at timestamptz,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX travel_message_due ON travel_message (next_at) WHERE answer IS NULL;
CREATE FUNCTION travel_message_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer IS NOT NULL OR (OLD.ref, OLD.id, OLD.vasp_id, OLD.fields, OLD.body, OLD.created_at)
       IS DISTINCT FROM (NEW.ref, NEW.id, NEW.vasp_id, NEW.fields, NEW.body, NEW.created_at) THEN
        RAISE EXCEPTION 'message % is sent as it was stored and answered once', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER travel_message_moves BEFORE UPDATE ON travel_message
    FOR EACH ROW EXECUTE FUNCTION travel_message_moves();
CREATE TRIGGER travel_message_kept BEFORE DELETE OR TRUNCATE ON travel_message
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE vendor_ask (                             -- an outside vendor was asked: at most one worker at a time
    ref      text        NOT NULL,
    check_id text        NOT NULL,
    id       text        NOT NULL UNIQUE,             -- "ask_…": what the vendor tells repeated questions by
    asked_at timestamptz NOT NULL,
    again_at timestamptz NOT NULL,                    -- a worker that died leaves the question until then
    PRIMARY KEY (ref, check_id),
    FOREIGN KEY (ref, check_id) REFERENCES outside_answer
) WITH (fillfactor = 80);

ALTER TABLE outside_answer
    ADD COLUMN ends_at timestamptz,                   -- of a delay that was asked for
    ADD CHECK (outcome <> 'delay' OR ends_at IS NOT NULL);
CREATE INDEX outside_answer_of ON outside_answer (check_id, due_at) WHERE state = 'pending';
CREATE INDEX lone_decision_by_party ON lone_decision (party_id, created_at);

-- For the rungs above: what happened to accounts, and coins that arrived. Rules of places count from these.
CREATE VIEW party_events_v AS SELECT party_id, type, at FROM party_event;
CREATE VIEW credited_deposits_v AS
    SELECT party_id, asset_id, decided_at AS at FROM deposit WHERE status = 'credited';
