"""What a month's paper reads in bulk, over what rating, the desk and the parties publish."""

from __future__ import annotations

from tidegate.db import Conn, rows
from tidegate.reports.papers.month import Line


def lines(conn: Conn, run_id: str) -> list[Line]:
    """The lines of a run that hold, each with its measures, by merchant."""
    return rows(
        conn,
        Line,
        """
        SELECT l.line_id, l.subject_id, n.name, l.conduct, l.consequence, l.computed, l.basis, l.clauses, l.readings,
               l.effective_before, l.proposed, l.rule, l.decided, l.code, l.reason, l.decided_by, l.told_at, l.after,
               coalesce(m.measures, '{}') AS measures
          FROM rating_lines_v l
          JOIN p2p_merchants_v a ON a.merchant_id = l.subject_id
          JOIN party_names_v n ON n.party_id = a.party_id
          LEFT JOIN (SELECT line_id, array_agg(concat_ws(' ', measure, value) ORDER BY starts_at, measure) AS measures
                       FROM rating_measures_v GROUP BY line_id) m ON m.line_id = l.line_id
         WHERE l.run_id = %(run)s
         ORDER BY l.subject_id
        """,
        {"run": run_id},
    )
