-- A link of two merchant accounts that was wrong is undone by another person. Both stay on record.

ALTER TABLE p2p_link ADD COLUMN id text;                  -- "lnk_…"
ALTER TABLE p2p_link ADD COLUMN other_id text REFERENCES p2p_merchant;   -- the account it was found to belong with
ALTER TABLE p2p_link DISABLE TRIGGER p2p_link_kept;
UPDATE p2p_link SET id = 'lnk_' || substr(merchant_id, 5) || substr(subject_id, 5), other_id = subject_id;
ALTER TABLE p2p_link ENABLE TRIGGER p2p_link_kept;
ALTER TABLE p2p_link ALTER COLUMN other_id SET NOT NULL;
ALTER TABLE p2p_link DROP CONSTRAINT p2p_link_pkey;       -- two who were told apart may be found to be one after all
ALTER TABLE p2p_link ADD PRIMARY KEY (id);
CREATE INDEX p2p_link_of ON p2p_link (subject_id);

CREATE TABLE p2p_unlink (
    link_id text        PRIMARY KEY REFERENCES p2p_link,
    reason  text        NOT NULL,
    actor   text        NOT NULL,                         -- never who had linked them
    at      timestamptz NOT NULL
);
CREATE TRIGGER p2p_unlink_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON p2p_unlink
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
