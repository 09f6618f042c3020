-- What pages look up: who else was paid at an address, how alike cases ended, and the views that a person keeps.

CREATE INDEX withdrawal_to_address ON withdrawal (network, address, id DESC);
CREATE INDEX case_ended ON case_file (kind, id DESC) WHERE status IN ('approved', 'declined');

CREATE TABLE console_view (                            -- a list's filters under a name
    key_id   text        NOT NULL REFERENCES api_key,
    place    text        NOT NULL,                     -- the list's path below /console
    name     text        NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    query    text        NOT NULL CHECK (length(query) <= 500),
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, place, name)
);
