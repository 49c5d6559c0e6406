"""Do the shortcuts change scores? `python -m benchmarks.agreement ROOT [CONTROLLER]`.

For a trained CarRacing under ROOT, e.g. results/lab, this measures V's error on the frames that we
draw and on those that Gymnasium draws. Then it scores one controller on the same tracks: in our
drawing, with V in float32 and in int8, and in Gymnasium's. The seeds are those of figures, which
are not used to train, select or score.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent
from world_models.controller.checkpoint import load
from world_models.controller.policies import get_policy
from world_models.memory import model as memory_model
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, VectorEnvironment
from world_models.vision import model as vision_model
from world_models.vision.model import Vision, to_images
from world_models.world_model.vision_memory import VisionMemory

TASK = get_task("car_racing")
SLOTS = 16
DRAWN_BY = ("us", "Gymnasium")


def environments(engine: str, slots: int = SLOTS) -> VectorEnvironment:
    """Return environments that are drawn by us, or by Gymnasium."""
    if engine == "Gymnasium":
        return SyncVectorEnvironment([TASK.make_environment() for _ in range(slots)])
    return TASK.make_training(slots)


def frames_of(engine: str, episodes: int) -> NDArray[np.uint8]:
    """Return every fifth frame of the behaviour policy's episodes; actions match in both."""
    seeds = [derive(1, Purpose.FIGURES, TASK.name, "frames", n) for n in range(episodes)]
    actor = BehaviourActor(TASK.behaviours["brownian"], episodes, TASK.action_size)
    kept: list[Rows] = []
    assignments = [Assignment(0, seed) for seed in seeds]
    play(actor, environments(engine, episodes), assignments, [Recorder(kept.append)])
    return np.concatenate([each["frames"][::5] for each in kept])


@torch.inference_mode()
def seen(model: Vision, frames: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the mean over frames of the summed squared error: V's, and the mean frame's."""
    images = to_images(frames)
    error = (model.decode(model.encode(images)[0]) - images).square().sum((1, 2, 3)).mean()
    return float(error), float((images - images.mean(0)).square().sum((1, 2, 3)).mean())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="what our drawing and int8 do to V and to scores")
    parser.add_argument("root", type=Path)
    parser.add_argument("controller", nargs="?", default="z_h")
    parser.add_argument("--episodes", type=int, default=48)
    args = parser.parse_args()
    folder = args.root / TASK.name
    vision, _ = vision_model.load(folder / "vision/model.safetensors", TASK.name)
    memory, _, _ = memory_model.load(folder / "memory/model.safetensors", TASK.name)
    parameters, about = load(folder / f"controllers/{args.controller}/model.safetensors", TASK.name)

    print("| frames of | V's error | of the mean image | mean level |\n|---|---|---|---|")
    for engine in DRAWN_BY:
        frames = frames_of(engine, 8)
        error, baseline = seen(vision, frames)
        print(f"| {engine} | {error:.1f} | {baseline:.1f} | {frames.mean():.2f} |", flush=True)

    torch.set_num_threads(1)
    sees = (about["settings"]["sees_cell"], about["settings"]["bias"])
    sizes = (TASK.action_size, vision.latent_size, memory.hidden_size, *sees)
    policy = get_policy(about["variant"], *sizes)
    seeds = [derive(1, Purpose.FIGURES, TASK.name, "scores", n) for n in range(args.episodes)]
    assignments, found = [Assignment(0, seed) for seed in seeds], {}
    print("\n| drawn by | V in | score | standard error |\n|---|---|---|---|")
    for engine, fast in (("us", False), ("us", True), ("Gymnasium", False)):
        agent = Agent(VisionMemory(vision, memory, None, SLOTS, fast), policy, TASK.squash)
        agent.candidates, place = parameters[None], environments(engine)
        scores = np.array([each.score for each in play(agent, place, assignments)])
        place.close()
        found[engine, fast] = scores
        kind, error = "int8" if fast else "float32", scores.std(ddof=1) / len(scores) ** 0.5
        print(f"| {engine} | {kind} | {scores.mean():.1f} | {error:.1f} |", flush=True)
    lost = found["us", True] - found["us", False]
    error = lost.std(ddof=1) / len(lost) ** 0.5
    drawn = found["us", False] - found["Gymnasium", False]
    of_drawing = drawn.std(ddof=1) / len(drawn) ** 0.5
    print(f"\nint8 less float32, same tracks: {lost.mean():.1f} ± {error:.1f}")
    print(f"our drawing less Gymnasium's, same tracks: {drawn.mean():.1f} ± {of_drawing:.1f}")


if __name__ == "__main__":
    main()
