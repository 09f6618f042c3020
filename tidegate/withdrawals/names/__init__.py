"""Asking a service of names about the people of a withdrawal, before coins leave."""
