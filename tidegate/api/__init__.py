"""The JSON API: who may call what, what a body must look like, how an answer and a "no" are said."""
