"""Words everyone uses: money, time, findings, refusals, ids. Knows nobody."""
