"""Who may be paid: is the address well-formed, listed, known to this customer, a look-alike?"""
