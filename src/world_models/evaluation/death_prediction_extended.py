"""Does M predict the deaths of a C that sees z alone? M is fed all the same, C doesn't see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from world_models.controller.agent import ControllerActor
from world_models.controller.policies import Policy
from world_models.controller.spec import AgentSpec
from world_models.evaluation import death_prediction as stage
from world_models.replaced import replaced
from world_models.stage.command import run
from world_models.tasks.contract import VectorEnvironment


def with_memory(policy: Policy) -> Policy:
    """Return the policy with M's h among what it is shown, and not looked at: it acts the same."""
    if policy.uses_memory:
        return policy
    size = policy.features
    return replace(
        policy, sees=("z", "h"), act=lambda parameters, x: policy.act(parameters, x[:, :size])
    )


@dataclass(frozen=True)
class FedSpec(AgentSpec):
    """An agent whose M is fed whatever its controller sees."""

    def policy(self) -> Policy:
        """Return the policy that the checkpoints' sizes imply."""
        return with_memory(super().policy())

    def build(self) -> tuple[ControllerActor, VectorEnvironment]:
        """Load the checkpoints and start the environments; the caller closes them."""
        agent, environments = super().build()
        agent.policy = with_memory(agent.policy)
        return agent, environments


def fed(spec: AgentSpec) -> FedSpec:
    """Return the same agent, its M fed."""
    return FedSpec(**vars(spec))


def main(argv: Sequence[str] | None = None) -> None:
    """Run `world_models.evaluation.death_prediction` with such an agent."""

    def load_agent(*arguments: Any, **how: Any) -> tuple[Any, Any, AgentSpec]:
        parameters, about, spec = plain(*arguments, **how)
        return parameters, about, fed(spec)

    plain = stage.load_agent
    with replaced(stage, load_agent=load_agent):
        stage.main(None if argv is None else list(argv))


if __name__ == "__main__":
    run(main)
