"""V: the variational autoencoder that turns a frame into a latent vector z."""
