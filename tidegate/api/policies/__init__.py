"""Calls about versions of the policy, back-tests, rules in shadow."""
