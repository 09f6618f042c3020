"""Who is rated: the people behind merchant accounts (R20), from when to when, and with whom they dealt."""
