-- The orders of the window that brought coins to somebody.
SELECT * FROM ended WHERE completed
