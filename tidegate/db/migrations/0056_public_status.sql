-- What the public status page counts: how long withdrawals took, and whether a person or a delay held them.

CREATE INDEX withdrawal_ended ON withdrawal (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX withdrawal_under_way ON withdrawal (id) WHERE ended_at IS NULL;
CREATE INDEX decision_held ON decision (withdrawal_id) WHERE outcome IN ('delay', 'review') AND stage <> 'request';

-- One row per withdrawal that its customer confirmed. What the request said is left out of `held`: it moves nothing
-- yet, and at the confirmation the withdrawal is reviewed again.
CREATE VIEW withdrawal_times_v AS
    SELECT w.asset_id, w.created_at, w.ended_at, w.status = 'settled' AS paid,
           EXISTS (SELECT FROM decision d WHERE d.withdrawal_id = w.id
                      AND d.outcome IN ('delay', 'review') AND d.stage <> 'request') AS held
      FROM withdrawal w WHERE w.confirmed_at IS NOT NULL;
