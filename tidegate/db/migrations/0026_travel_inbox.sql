-- Travel-rule messages that counterparties send us about coins on their way to our customers.

CREATE TABLE travel_inbox (
    id          text          PRIMARY KEY,            -- "tri_…"
    vasp_id     text          NOT NULL,               -- of the directory: whose signature it carried
    message_id  text          NOT NULL,               -- theirs: the same however often they send it
    body_hash   text          NOT NULL,               -- sha256 of the body, hex
    body        text          NOT NULL,               -- JSON; personal data, so it is not in the journal
    received_at timestamptz   NOT NULL,
    asset_id    integer       NOT NULL REFERENCES asset,
    network     text          NOT NULL,
    address     text          NOT NULL,               -- canonical spelling
    units       numeric(78,0) NOT NULL CHECK (units > 0),
    party_id    text          REFERENCES party,       -- whose deposit address it is; NULL = nobody's here
    status      text          NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
    reason      text          NOT NULL DEFAULT '',    -- as the counterparty reads it
    why         text          NOT NULL DEFAULT '',    -- for our own people
    ended_at    timestamptz,
    deposit_id  text          UNIQUE REFERENCES deposit,   -- the coins that it is about, once they were seen
    UNIQUE (vasp_id, message_id),
    CHECK ((status = 'pending') = (ended_at IS NULL)),
    CHECK (status <> 'accepted' OR party_id IS NOT NULL)
);
CREATE INDEX travel_inbox_open ON travel_inbox (id DESC) WHERE status = 'pending';
CREATE INDEX travel_inbox_without_coins ON travel_inbox (party_id, asset_id, units, received_at) WHERE deposit_id IS NULL;

CREATE FUNCTION travel_inbox_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(OLD) - '{status,reason,why,ended_at,deposit_id}'::text[])
       IS DISTINCT FROM (to_jsonb(NEW) - '{status,reason,why,ended_at,deposit_id}'::text[])
       OR (OLD.status <> 'pending' AND OLD.status <> NEW.status)
       OR (OLD.deposit_id IS NOT NULL AND OLD.deposit_id IS DISTINCT FROM NEW.deposit_id) THEN
        RAISE EXCEPTION 'message % stays as it came and is answered once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER travel_inbox_moves BEFORE UPDATE ON travel_inbox FOR EACH ROW EXECUTE FUNCTION travel_inbox_moves();
CREATE TRIGGER travel_inbox_kept BEFORE DELETE OR TRUNCATE ON travel_inbox
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
