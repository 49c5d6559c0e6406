"""Training from the store against training from memory, and collection against the bare game."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import Result, compare
from world_models.collection.record import SLOTS
from world_models.memory.latents import Latents
from world_models.memory.loss import backward
from world_models.memory.streams import Window
from world_models.memory.train import lay_streams, new_memory
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.rollouts.store import Shard, StoreWriter, write_store
from world_models.seeds import Purpose, derive
from world_models.settings import Settings
from world_models.tasks import get_task
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import VectorEnvironment
from world_models.vision.frames import FrameReader
from world_models.vision.loss import loss_terms
from world_models.vision.model import Vision, to_images

THREADS = 2


def record(folder: Path, episodes: int, steps: int) -> Shard:
    """Record some episodes of CarRacing."""
    task = get_task("car_racing", CarRacingEnvironment(max_steps=steps))
    seeds = [derive(1, Purpose.COLLECTION, "benchmark", n) for n in range(episodes)]
    actor = BehaviourActor(task.behaviours["brownian"], SLOTS, task.action_size)
    environments = task.make_training(SLOTS)
    parts: list[Rows] = []
    play(actor, environments, [Assignment(0, seed) for seed in seeds], [Recorder(parts.append)])
    write_store(folder / "0000.json", "rollouts", task.name, parts)
    return Shard(folder / "0000.json", "rollouts", task.name)


def vision(mixed: bool = True) -> Result:
    """Compare frames per second of V's training, over whole epochs: all frames read are used."""
    torch.set_num_threads(THREADS)
    settings = Settings().tasks["car_racing"].vision
    settings = settings.model_copy(update={"mixed_precision": mixed})
    with tempfile.TemporaryDirectory() as folder:
        shard = record(Path(folder), 10, 250)
        reader = FrameReader([shard], settings.batch_size, None)
        model = Vision(settings.latent_size)
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
        held = list(reader.epoch(0))

        def learn(frames: np.ndarray) -> int:
            noise = torch.randn(len(frames), settings.latent_size)
            loss = sum(loss_terms(model, to_images(frames), noise, settings))
            assert isinstance(loss, torch.Tensor)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            return len(frames)

        def ours() -> int:
            return sum(learn(frames) for frames in reader.epoch(1))

        return compare("vision", ours, lambda: sum(learn(frames) for frames in held))


def memory(name: str = "car_racing") -> Result:
    """Compare steps per second of M's training."""
    torch.set_num_threads(THREADS)
    task, paper = get_task(name), Settings().tasks[name]
    latent, actions = paper.vision.latent_size, task.action_size
    settings = paper.memory.model_copy(update={"batch_size": 50, "sequence_length": 200})
    with tempfile.TemporaryDirectory() as scratch:
        folder, rng, lengths = (
            Path(scratch),
            np.random.default_rng(0),
            np.full(50 if name == "take_cover" else 150, 400),
        )
        rows = int(lengths.sum())
        part = {
            "mu": rng.normal(size=(rows, latent)).astype(np.float32),
            "log_sigma2": rng.normal(-2, 1, size=(rows, latent)).astype(np.float32),
            "actions": rng.uniform(size=(rows, actions)).astype(np.float32),
            "rewards": rng.normal(size=rows).astype(np.float32),
            "lengths": lengths,
            "ends": np.full(len(lengths), 2, dtype=np.uint8),
            "seeds": np.arange(len(lengths)),
        }
        write_store(folder / "0000.json", "latents", task.name, [part])
        latents = Latents([folder / "0000.json"], task.name, folder)
        model = new_memory(latents, settings, seed=1)
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
        streams = lay_streams(latents, settings, seed=1)
        state = model.zero_state(streams.streams)
        held = list(streams.read(0, 0))

        def learn(windows: list[Window]) -> int:
            nonlocal state
            steps = 0
            for window in windows:
                optimizer.zero_grad(set_to_none=True)
                _, state = backward(model, window, state, settings.death_weight)
                torch.nn.utils.clip_grad_value_(model.parameters(), settings.gradient_clip)
                optimizer.step()
                steps += window.rows.numel()
            return steps

        def ours() -> int:
            steps = 0
            for window in streams.read(0, 0):
                steps += learn([window])
            return steps

        return compare("memory", ours, lambda: learn(held))


def collect() -> Result:
    """Compare frames per second: recorded into a store, against the game alone, on one worker."""
    torch.set_num_threads(1)
    task = get_task("car_racing", CarRacingEnvironment(max_steps=400))
    numbers = iter(range(10**6))

    def seeds() -> list[int]:
        return [derive(1, Purpose.COLLECTION, "benchmark", next(numbers)) for _ in range(SLOTS)]

    def ours() -> int:
        frames = 0
        with tempfile.TemporaryDirectory() as folder:
            writer = StoreWriter(Path(folder) / "0000.zarr")
            actor = BehaviourActor(task.behaviours["brownian"], SLOTS, task.action_size)
            assignments = [Assignment(0, seed) for seed in seeds()]

            def keep(episode: Rows) -> None:
                writer.append(**episode)

            environments = task.make_training(SLOTS)
            for episode in play(actor, environments, assignments, [Recorder(keep)]):
                frames += episode.steps
            writer.close()
        return frames

    def game() -> int:
        environments: VectorEnvironment = task.make_training(SLOTS)
        chosen = seeds()
        acts = [task.behaviour("brownian", np.random.default_rng(seed)) for seed in chosen]
        environments.start(range(SLOTS), chosen)
        going, frames = list(range(SLOTS)), 0
        while going:
            actions = np.stack([act() for act in acts])
            _, ends = environments.step(going, actions)
            frames += len(going)
            going = [slot for slot in going if not ends[slot]]
        return frames

    return compare("collect", ours, game)
