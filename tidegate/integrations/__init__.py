"""The outside world, put into the words of `base`: each file here speaks with one kind of stranger."""
