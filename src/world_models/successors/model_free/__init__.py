"""A baseline without a world model: PPO, by Stable-Baselines3."""
