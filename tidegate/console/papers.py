"""A report as a file to keep."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.reports.papers import press
from tidegate.reports.papers.paper import Paper


def as_file(paper: Paper, name: str) -> Response:
    """The paper as PDF, for the browser to keep: `<name>.<language>.pdf`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{paper.language}.pdf"'}
    return Response(press.as_pdf(paper), media_type="application/pdf", headers=headers)
