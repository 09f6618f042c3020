"""Versions of the policy and the analysts' rules: write, try, compare, agree, put in force."""
