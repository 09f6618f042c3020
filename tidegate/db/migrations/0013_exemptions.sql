-- Customers whom a place's delays do not hold, each agreed by two people and until a day; and the events that delays
-- begin with.

CREATE TABLE exemption (
    id          text        PRIMARY KEY,               -- "exm_…"
    place       text        NOT NULL,                  -- "KR": whose delays do not apply
    party_id    text        NOT NULL REFERENCES party,
    reason      text        NOT NULL,
    until       timestamptz NOT NULL,                  -- never without an end
    proposed_by text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    ended_by    text,
    ended_at    timestamptz,
    CHECK (until > proposed_at),
    CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
-- One exemption of a customer in a place at a time: what is counted against the share cannot be counted twice.
CREATE UNIQUE INDEX exemption_one ON exemption (place, party_id) WHERE ended_at IS NULL;
CREATE TRIGGER exemption_kept BEFORE DELETE OR TRUNCATE ON exemption
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For the rungs above: what two people agreed on and nobody has ended. Readers compare `until` with their own `now`.
CREATE VIEW exemptions_v AS
    SELECT id, place, party_id, until FROM exemption WHERE approved_at IS NOT NULL AND ended_at IS NULL;

ALTER TABLE party_event DROP CONSTRAINT party_event_type_check;
ALTER TABLE party_event ADD CONSTRAINT party_event_type_check CHECK (type IN
    ('login', 'password_changed', 'mfa_changed', 'email_changed', 'phone_changed', 'fiat_deposit', 'purchase'));
