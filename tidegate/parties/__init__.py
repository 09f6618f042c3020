"""Customers, the keys of machines and staff, their factors and sessions; restrictions in force."""
