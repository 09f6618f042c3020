-- The numbers: immutable versions, each approved by a second person; kill switches.

CREATE TABLE policy_version (
    version     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body        text        NOT NULL,      -- canonical JSON of the pack
    hash        text        NOT NULL,      -- sha256 of the body
    created_by  text        NOT NULL,
    created_at  timestamptz NOT NULL,
    approved_by text,
    active_from timestamptz,               -- the newest one whose time has come is in force
    CHECK (approved_by IS NULL OR approved_by <> created_by),
    CHECK (active_from IS NULL OR approved_by IS NOT NULL)
);

CREATE FUNCTION policy_body_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.body, OLD.hash, OLD.created_by) IS DISTINCT FROM (NEW.body, NEW.hash, NEW.created_by)
       OR OLD.active_from IS NOT NULL THEN
        RAISE EXCEPTION 'policy version % is immutable', OLD.version USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_version_kept BEFORE UPDATE ON policy_version FOR EACH ROW EXECUTE FUNCTION policy_body_kept();
CREATE TRIGGER policy_version_stays BEFORE DELETE OR TRUNCATE ON policy_version
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

CREATE TABLE kill_switch (                 -- an overlay like a restriction, but for everybody
    id        text        PRIMARY KEY,     -- "swi_…"
    scope     text        NOT NULL CHECK (scope IN ('asset', 'network', 'platform')),
    subject   text        NOT NULL,        -- "USDT@evm-local", "evm-local", "platform"
    reason    text        NOT NULL,        -- shown to customers
    since     timestamptz NOT NULL,
    on_by     text        NOT NULL,
    off_at    timestamptz,
    off_by    text,
    CHECK ((off_at IS NULL) = (off_by IS NULL))
);
CREATE UNIQUE INDEX kill_switch_on ON kill_switch (scope, subject) WHERE off_at IS NULL;
CREATE VIEW kill_switches_v AS SELECT id, scope, subject, reason, since FROM kill_switch WHERE off_at IS NULL;
