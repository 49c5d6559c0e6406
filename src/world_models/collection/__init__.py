"""Record rollouts: a policy or controller acts, and a shard stores what happened."""
