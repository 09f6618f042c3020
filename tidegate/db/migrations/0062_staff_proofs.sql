-- A person at the console proves themselves again before what cannot be undone, and may come in by a link of one use.
ALTER TABLE staff_session ADD COLUMN proven_at timestamptz;
UPDATE staff_session SET proven_at = created_at;
ALTER TABLE staff_session ALTER COLUMN proven_at SET NOT NULL;

CREATE TABLE staff_link (                              -- a way in for somebody at the machine itself
    hash       bytea       PRIMARY KEY,                -- sha256 of what the link ends with
    key_id     text        NOT NULL REFERENCES api_key,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    used_at    timestamptz
);
