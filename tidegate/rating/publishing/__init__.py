"""Telling a line: the tier that holds moves, measures hold, the merchant hears why."""
