"""Reports on paper: a month of the rating, and a case, set as PDF (decision 35)."""
