"""M: the mixture density recurrent network that predicts the next latent."""
