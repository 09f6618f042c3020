-- What a fact is now, said once: whose it is (R20), what a person made of it, and which judged telling corrects it. A
-- correction takes the place of what it corrects once a person has judged it: a telling alone takes nothing away.

CREATE VIEW rating_judged AS
    SELECT f.*, m.subject_id, m.party_id, c.id AS corrected_by, coalesce(d.disposition, 'open') AS disposition
      FROM rating_fact f
      JOIN p2p_merchants_v m ON m.merchant_id = f.merchant_id
      LEFT JOIN rating_fact c ON c.supersedes = f.id
           AND EXISTS (SELECT FROM rating_disposition e WHERE e.fact_id = c.id)
      LEFT JOIN LATERAL (SELECT disposition FROM rating_disposition d WHERE d.fact_id = f.id
                          ORDER BY number DESC LIMIT 1) d ON true;

CREATE OR REPLACE VIEW rating_facts_v AS
    SELECT id AS fact_id, subject_id, merchant_id, fact, at, known_at, source, article, severity, serious, disposition,
           rule, rule_version, counterparty_id, order_id, evidence_level, attributed, kind, case_number, names_merchant,
           indicator, evidence
      FROM rating_judged WHERE corrected_by IS NULL;
