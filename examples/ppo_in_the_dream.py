"""Train PPO in the dream of Take Cover, then play the real game with it.

    python examples/ppo_in_the_dream.py                 a few minutes on two cores
    python examples/ppo_in_the_dream.py --steps 2000000 longer, with a better score

PPO is Stable-Baselines3's, and sees what the paper's controller sees: z, and M's c and h. It never
plays the real game in training; V and M learnt from random play.
"""

import argparse

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from world_models.environments import id_of
from world_models.environments.stable_baselines import DreamVecEnv
from world_models.environments.trained import make_dreams

parser = argparse.ArgumentParser(description="PPO in the dream, scored in the real game")
parser.add_argument("--task", default="take_cover")
parser.add_argument("--temperature", type=float, default=1.15, help="τ of the dream")
parser.add_argument("--steps", type=int, default=500_000, help="dreamed steps")
parser.add_argument("--environments", type=int, default=16, help="dreams side by side")
parser.add_argument("--episodes", type=int, default=20, help="real episodes to score")
parser.add_argument("--models", help="a scale's folder; without it, the published V and M")
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
torch.set_num_threads(1)

# M's c is unbounded, so the observations are normalised.
dreams = make_dreams(args.task, args.environments, args.temperature, models=args.models)
normalised = VecNormalize(DreamVecEnv(dreams), norm_reward=False)
agent = PPO("MlpPolicy", normalised, n_steps=512, batch_size=1024, gamma=0.995, seed=args.seed)
agent.learn(args.steps)

# The same agent in the real game, on episodes that nothing was trained on.
normalised.training = False
game = gymnasium.make(id_of("Seen", args.task), models=args.models)
scores = []
for episode in range(args.episodes):
    seen, _ = game.reset(seed=args.seed if episode == 0 else None)
    score, over = 0.0, False
    while not over:
        action = agent.predict(normalised.normalize_obs(seen), deterministic=True)[0]
        seen, reward, terminated, truncated, _ = game.step(action)
        score, over = score + float(reward), terminated or truncated
    scores.append(score)
game.close()
print(f"{args.episodes} real episodes: {np.mean(scores):.0f} ± {np.std(scores):.0f}")
