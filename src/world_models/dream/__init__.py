"""M as an environment: episodes that happen in latent space only."""
