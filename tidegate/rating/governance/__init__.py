"""Looking back and ahead: how the rating moves, how right it was, and who would move under other numbers."""
