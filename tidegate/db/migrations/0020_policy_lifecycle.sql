-- The life of a policy: when the second person agreed, what an earlier version it takes up again; what shadow rules
-- said; labels of decisions; facts side by side for back-tests.

ALTER TABLE policy_version
    ADD COLUMN approved_at timestamptz,                       -- a loosening waits from here on
    ADD COLUMN restores    integer REFERENCES policy_version; -- a roll-back: the version whose pack it proposes again
ALTER TABLE policy_version DISABLE TRIGGER policy_version_kept;
UPDATE policy_version v
   SET approved_at = coalesce((SELECT max(j.at) FROM journal j
                                WHERE j.subject = 'policy:' || v.version AND j.kind = 'policy.approved'), v.created_at)
 WHERE v.approved_by IS NOT NULL;
ALTER TABLE policy_version ENABLE TRIGGER policy_version_kept;
ALTER TABLE policy_version ADD CHECK ((approved_by IS NULL) = (approved_at IS NULL));
CREATE OR REPLACE FUNCTION policy_body_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.body, OLD.hash, OLD.created_by, OLD.restores) IS DISTINCT FROM (NEW.body, NEW.hash, NEW.created_by, NEW.restores)
       OR OLD.active_from IS NOT NULL
       OR (OLD.approved_by IS NOT NULL
           AND (OLD.approved_by, OLD.approved_at) IS DISTINCT FROM (NEW.approved_by, NEW.approved_at)) THEN
        RAISE EXCEPTION 'policy version % is immutable', OLD.version USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- What rules in shadow would have asked for: beside the decision, never part of its outcome.
ALTER TABLE decision ADD COLUMN shadow text NOT NULL DEFAULT '[]';   -- canonical JSON, like findings
CREATE INDEX decision_shadowed ON decision (policy_version) WHERE shadow <> '[]';

CREATE TABLE decision_label (                          -- what came of it, as a person knows; the newest counts
    decision_id text        NOT NULL REFERENCES decision,
    label       text        NOT NULL CHECK (label IN ('fraud', 'legit')),
    reason      text        NOT NULL,
    by          text        NOT NULL,
    at          timestamptz NOT NULL,
    n           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
CREATE INDEX decision_label_newest ON decision_label (decision_id, n DESC);
CREATE TRIGGER decision_label_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON decision_label
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- The facts of first decisions and confirmations, one column each, as analysts' rules name them; NULL = unknown.
-- Derived from `decision.facts` behind the journal: it may be emptied and filled again, so it refers to nothing.
-- Later facts come as later columns (tests/flows/test_backtest.py holds the columns to the catalogue).
CREATE TABLE decision_fact (
    decision_id   text        PRIMARY KEY,
    withdrawal_id text,                                -- NULL = it stands alone
    party_id      text        NOT NULL,
    stage         text        NOT NULL CHECK (stage IN ('request', 'confirm', 'decide')),
    at            timestamptz NOT NULL,
    outcome       text        NOT NULL,                -- what was decided then
    amount_usd numeric, amount_units numeric, fee_units numeric, available_units numeric,
    level numeric, country text, party_kind text, account_age_hours numeric, asset text, network text, address text,
    has_memo boolean, address_age_hours numeric, address_paid_before boolean, ownership text,
    sent_1h_usd numeric, sent_24h_usd numeric, sent_7d_usd numeric, sent_30d_usd numeric, lifetime_usd numeric,
    withdrawals_24h numeric, is_first_withdrawal boolean,
    hours_since_password_change numeric, hours_since_mfa_change numeric, hours_since_email_change numeric,
    hours_since_phone_change numeric, requested_hour_utc numeric,
    on_list_categories text[], stale_lists text[], restriction_kinds text[],
    password_ever_changed boolean, mfa_ever_changed boolean, email_ever_changed boolean, phone_ever_changed boolean,
    market text, market_percent numeric, resembles_known_address boolean,
    is_own_platform boolean, allow_list_on boolean, hours_since_login numeric,
    login_country text, hours_since_new_device numeric, hours_since_new_network numeric,
    hours_since_new_country numeric, hours_since_fast_travel numeric, withdrawals_1h numeric,
    new_addresses_24h numeric, drain_percent numeric, arrived_units numeric,
    hours_since_last_sent numeric, settled_90d numeric, largest_90d_usd numeric,
    median_90d_usd numeric, largest_ever_units numeric, hot_wallet_units numeric,
    egress_tripped boolean
);
CREATE INDEX decision_fact_at ON decision_fact (at);

-- Beside each: what is known of it today. A person's label comes before what a case ended with.
CREATE VIEW decision_truths_v AS
    SELECT DISTINCT ON (subject) subject, truth
      FROM (SELECT coalesce(d.withdrawal_id, d.id) AS subject, l.label AS truth, 2 AS rank, l.n
              FROM decision_label l JOIN decision d ON d.id = l.decision_id
            UNION ALL
            SELECT c.subject, CASE c.status WHEN 'declined' THEN 'fraud' ELSE 'legit' END, 1,
                   (extract(epoch FROM c.closed_at) * 1000000)::bigint
              FROM case_file c WHERE c.kind = 'withdrawal_review' AND c.status IN ('declined', 'approved')) AS known
     ORDER BY subject, rank DESC, n DESC;
CREATE VIEW decision_facts_v AS
    SELECT t.truth, f.*                                -- 'fraud', 'legit', NULL = nobody knows
      FROM decision_fact f LEFT JOIN decision_truths_v t ON t.subject = coalesce(f.withdrawal_id, f.decision_id);
