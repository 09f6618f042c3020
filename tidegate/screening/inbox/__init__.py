"""Travel-rule messages from counterparties, about coins on their way to our customers."""
