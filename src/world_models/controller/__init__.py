"""C: small controllers, evolved by CMA-ES in the real environment or in the dream."""
