-- The journal by kind, by person and by time, newest first: auditors ask this way. Readers that follow it do not.
CREATE INDEX journal_by_kind ON journal (kind, link, position);
CREATE INDEX journal_by_actor ON journal (actor, link, position);
CREATE INDEX journal_link_by_time ON journal_link (at, seq);
