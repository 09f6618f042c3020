"""The JSON API: one folder per resource (routes, shapes, say); around them the door, the table and what all share."""
