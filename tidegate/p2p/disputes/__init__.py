"""Where two do not agree: typed reasons, a case, and what staff decides."""
