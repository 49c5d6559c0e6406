"""Agents without a model of the world, to compare with: PPO by Stable-Baselines3."""
