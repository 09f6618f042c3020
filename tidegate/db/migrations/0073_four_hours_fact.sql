-- What a customer used in 4 hours: a fact that analysts' rules may name, so back-tests need its column.

DROP VIEW decision_facts_v;
ALTER TABLE decision_fact ADD COLUMN sent_4h_usd numeric;
CREATE VIEW decision_facts_v AS
    SELECT t.truth, f.*                                -- 'fraud', 'legit', NULL = nobody knows
      FROM decision_fact f LEFT JOIN decision_truths_v t ON t.subject = coalesce(f.withdrawal_id, f.decision_id);
