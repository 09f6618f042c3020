"""Between months: a fact that a person confirms moves the tier, or asks people to move it."""
