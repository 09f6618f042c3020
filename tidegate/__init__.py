"""Tidegate: the gate through which coins leave, and the rating of the merchants who trade there."""

__version__ = "0.1.0"
