-- What left a hot wallet in the last 24 hours is read every half minute, per asset.

CREATE INDEX payout_paid ON payout (asset_id, ended_at) WHERE status = 'paid';
