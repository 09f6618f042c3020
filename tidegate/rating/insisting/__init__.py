"""S2 Art. 5.2c: who was warned about a listed address, and pays there all the same."""
