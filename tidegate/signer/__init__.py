"""The signer: a process of its own that holds the keys, checks every order again, and never signs one nonce twice."""
