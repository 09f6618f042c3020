"""What people decide about lines, and what merchants say to it before it is told."""
