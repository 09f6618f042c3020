"""EXTREME is put right where what it stood on was corrected: a line that says which one it restates."""
