-- What a month's report reads: the lines of a run that hold, how far each has come, and whom they are about.

-- One row per line that no other has superseded. `decided` and what stands beside it are NULL until people decided;
-- `told_at` and `after` until the merchant was told.
CREATE VIEW rating_lines_v AS
    SELECT l.id AS line_id, l.run_id, l.subject_id, l.conduct, l.consequence, l.computed, l.basis, l.clauses,
           l.readings, l.person, l.people, l.effective_before, l.proposed, l.rule,
           d.tier AS decided, d.code, d.reason, d.decided_by, p.at AS told_at, p.after
      FROM rating_line l
      LEFT JOIN rating_decision d ON d.line_id = l.id
      LEFT JOIN rating_publication p ON p.line_id = l.id
     WHERE NOT EXISTS (SELECT FROM rating_line o WHERE o.supersedes = l.id);

-- One row per measure that came of a line.
CREATE VIEW rating_measures_v AS
    SELECT line_id, measure, value, state, starts_at, ends_at FROM rating_measure WHERE line_id IS NOT NULL;

-- Who somebody is, by the name that the platform gave.
CREATE VIEW party_names_v AS
    SELECT id AS party_id, name FROM party;
