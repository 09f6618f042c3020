"""Standing withdrawals: confirmed once, run by schedule, balance or price; every run is decided like any other."""
