"""Treasury's pages: what pays, what hangs, what holds, and whether the books agree."""
