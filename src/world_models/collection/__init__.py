"""Recording rollouts: who acts, and the shard that keeps what happened."""
