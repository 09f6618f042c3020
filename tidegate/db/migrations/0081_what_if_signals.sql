-- What the indicators would have told otherwise under a draft's thresholds: canonical JSON, one object per indicator.

ALTER TABLE policy_what_if ADD COLUMN signals text NOT NULL DEFAULT '[]';
