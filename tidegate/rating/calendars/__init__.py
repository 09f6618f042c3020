"""Working days: years are imported, shown to a person, confirmed; an unconfirmed year is a refusal, never a guess."""
