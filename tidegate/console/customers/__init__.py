"""Support's pages: find a customer, everything about one, the words to say, freeze."""
