"""Everything on one machine: the parts started, watched and stopped, and a small demonstration with real transfers."""
