"""Cases in a file, each with what is given: answered by the same rules that rate merchants, without a database."""
