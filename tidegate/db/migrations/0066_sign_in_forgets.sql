-- Invitations and links that are over are deleted with the sessions: found by when they ended.

CREATE INDEX invitation_over ON invitation (expires_at);
CREATE INDEX sign_in_link_over ON sign_in_link (expires_at);
