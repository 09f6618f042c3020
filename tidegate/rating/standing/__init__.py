"""The tier that holds for a person, and every move of it."""
