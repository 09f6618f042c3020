"""Ask, decide, confirm, wait, hand to custody, settle: the life of a withdrawal."""
