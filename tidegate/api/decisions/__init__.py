"""Calls about decisions: asked for alone, shown, replayed, labelled."""
