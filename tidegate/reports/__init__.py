"""What the house tells others about itself."""
