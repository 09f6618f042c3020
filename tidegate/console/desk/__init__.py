"""The merchant's own desk in the portal: ads, orders, bond, rating, payment accounts, leaving."""
