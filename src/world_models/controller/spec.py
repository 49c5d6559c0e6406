"""The description of a controller at play: what a worker needs to build agent and environments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.controller.agent import Agent, ControllerActor, DreamAgent
from world_models.controller.checkpoint import check_models, check_size, load
from world_models.controller.policies import Policy, get_policy
from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.memory import model as memory_model
from world_models.memory.model import Initial, Memory
from world_models.section import Section
from world_models.stage.devices import choose
from world_models.storage.files import digest
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task, VectorEnvironment
from world_models.tasks.idling import TruncateIdling
from world_models.vision import model as vision_model
from world_models.vision.model import Vision
from world_models.world_model.vision_memory import VisionMemory


@dataclass(frozen=True)
class Models:
    """V, M and the policy that their sizes imply."""

    vision: Vision | None
    memory: Memory | None
    initial: Initial | None
    policy: Policy


@dataclass(frozen=True)
class AgentSpec:
    """An agent and where it plays.

    Attributes:
        task: its name. environment: the task's section `environment`.
        variant: the controllers' variant.
        vision, memory: checkpoints; V is not needed in the dream, nor is M for controllers of z.
        slots: episodes side by side.
        sees_cell, bias: as in `ControllerSettings`.
        temperature: of the dream; None plays in the real environment.
        reference: play in the reference environment, for published scores; otherwise in the
            training environment, which may be faster.
        fast: V in int8, or the dream in bfloat16, for ranking candidates; otherwise all float32.
        idle_steps: cut training episodes after so many steps without a reward; None cuts none.
        device: where the dream runs, "cpu" or "cuda".
        exploration: σ of the noise on C's raw outputs in the real environment.
    """

    task: str
    environment: Section
    variant: str
    vision: Path | None
    memory: Path | None
    slots: int
    sees_cell: bool
    bias: bool
    temperature: float | None = None
    reference: bool = False
    fast: bool = True
    idle_steps: int | None = None
    device: str = "cpu"
    exploration: float = 0.0

    def policy(self) -> Policy:
        """Return the policy that the checkpoints' sizes imply.

        Raises:
            WorldModelsError: a checkpoint is missing or damaged, or V and M don't fit together.
        """
        return self._load().policy

    def build(self) -> tuple[ControllerActor, VectorEnvironment]:
        """Load the checkpoints and start the environments; the caller closes them."""
        task, models = get_task(self.task, self.environment), self._load()
        if self.temperature is not None:
            assert models.memory is not None
            memory = models.memory.to(choose(self.device))
            model = VisionMemory(None, memory, models.initial, self.slots, self.fast)
            dream = Dream(model, self.temperature, task.max_steps)
            return DreamAgent(model, models.policy, task.squash), dream
        model = VisionMemory(models.vision, models.memory, None, self.slots, self.fast)
        agent = Agent(model, models.policy, task.squash, self.exploration)
        return agent, self._environments(task)

    def _environments(self, task: Task) -> VectorEnvironment:
        if self.reference:
            singles = [task.make_environment() for _ in range(self.slots)]
            return SyncVectorEnvironment(singles)
        environments = task.make_training(self.slots)
        if self.idle_steps is None or task.idle_reward is None:
            return environments
        return TruncateIdling(environments, self.idle_steps, task.idle_reward, task.max_steps)

    def _load(self) -> Models:
        task = get_task(self.task, self.environment)
        vision, memory, initial, latent = None, None, None, 0
        if self.vision is not None:
            vision, _ = vision_model.load(self.vision, task.name)
            latent = vision.latent_size
        if self.memory is not None:
            memory, initial, about = memory_model.load(self.memory, task.name)
            latent = memory.latent_size
            if self.vision is not None and about.get("vision") != digest(self.vision):
                raise WorldModelsError(
                    f"{self.memory}: was not trained on {self.vision}'s latents; "
                    "use an M that was, or retrain it"
                )
            if memory.action_size != task.action_size:
                raise WorldModelsError(
                    f"{self.memory}: takes actions of {memory.action_size} numbers, but "
                    f"{task.name}'s have {task.action_size}; retrain it"
                )
        hidden = memory.hidden_size if memory else 0
        sizes = (task.action_size, latent, hidden, self.sees_cell, self.bias)
        policy = get_policy(self.variant, *sizes)
        if memory is None and (policy.uses_memory or self.temperature is not None):
            raise WorldModelsError(f"variant {self.variant}: needs M; give --memory")
        if vision is None and self.temperature is None:
            raise WorldModelsError("--vision: missing; the real environment needs V")
        return Models(vision, memory, initial, policy)


def load_agent(
    controller: Path,
    task: Task,
    environment: Section,
    vision: Path | None,
    memory: Path | None,
    slots: int,
    *,
    dream: bool = False,
    **how: Any,
) -> tuple[NDArray[np.float32], dict[str, Any], AgentSpec]:
    """Load a controller's checkpoint, and describe its agent with the V and M it belongs to.

    Args:
        controller, vision, memory: the checkpoints. task, environment, slots: as in `AgentSpec`.
        dream: play in the dream that the controller was evolved in.
        how: further fields of `AgentSpec`.

    Returns:
        the controller's parameters, its description, and the agent's spec.

    Raises:
        WorldModelsError: a checkpoint is missing or damaged, or the three don't belong together; or
            `dream` is set for a controller that was evolved in the real environment.
    """
    parameters, about = load(controller, task.name)
    check_models(controller, about, {"vision": vision, "memory": memory})
    if dream and about["temperature"] is None:
        raise WorldModelsError(f"{controller}: was not evolved in the dream; drop --dream")
    spec = AgentSpec(
        task.name, environment, about["variant"], vision, memory, slots,
        about["settings"]["sees_cell"], about["settings"]["bias"],
        temperature=about["temperature"] if dream else None, **how,
    )  # fmt: skip
    check_size(controller, parameters, spec.policy().parameters)
    return parameters, about, spec
