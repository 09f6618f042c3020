"""The merchant says it is wrong, and other people look."""
