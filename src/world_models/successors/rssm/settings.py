"""Settings of a recurrent state-space model and what acts in it."""

from typing import Any, Literal

from pydantic import Field, model_validator

from world_models.successors.settings import ReplaySettings

Activation = Literal["relu", "elu", "silu"]
Norm = Literal["none", "layer", "rms"]


class RssmSettings(ReplaySettings):
    """A recurrent state-space model and what acts in it. The defaults here are Dreamer 3's."""

    latent_size: int = Field(32, ge=1)
    """Normal numbers, or categorical variables, in z."""
    latent_classes: int | None = Field(64, ge=2)
    """Classes of each categorical variable; null: z is normal."""
    unimix: float = Field(0.01, ge=0, lt=1)
    """Share of the uniform distribution in each categorical variable, in samples and in the KL."""
    recurrent_size: int = Field(8192, ge=1)
    """Units of the GRU, h."""
    hidden_size: int = Field(1024, ge=1)
    """Units of the layers before and behind the GRU."""
    cell: Literal["gru", "norm_gru", "block_gru"] = "block_gru"
    """A plain GRU; with layer norm and a bias towards keeping its state; or in blocks."""
    blocks: int = Field(8, ge=1)
    """Blocks of the recurrent weights (block_gru), and of the decoder's first layer."""
    prior_layers: int = Field(2, ge=1)
    """Layers from h to the prior."""
    depth: int = Field(64, ge=1)
    """Channels of the convolutions, times `multiples`."""
    multiples: list[int] = Field([2, 3, 4, 4], min_length=4, max_length=4)
    """Of the four convolutions, from pixels inwards."""
    convolution: Literal["valid", "strided", "pooled"] = "pooled"
    """valid: 4x4 with stride 2, no padding, as V's; strided or pooled: 5x5 with padding, halved by
    stride or by the largest of 2x2."""
    image_bits: int = Field(8, ge=1, le=8)
    """Bits of each colour; below 8, noise fills the lost ones."""
    image_output: Literal["normal", "sigmoid"] = "sigmoid"
    """normal: half the squared error of images around 0; sigmoid: the squared error of 0 to 1."""
    activation: Activation = "silu"
    """Of the dense layers."""
    convolution_activation: Activation = "silu"
    """Of the convolutions."""
    norm: Norm = "rms"
    """Before each activation. The authors' first code of Dreamer 3 had layer norm, which is several
    times as fast on a CPU."""
    head_units: int = Field(1024, ge=1)
    """Units of each layer of reward, continue, actor and critic."""
    reward_layers: int = Field(1, ge=0)
    """Layers of the reward's head."""
    continue_layers: int = Field(1, ge=0)
    """Layers of the head that predicts whether the episode goes on."""
    scalar_output: Literal["normal", "two_hot"] = "two_hot"
    """Reward and value: a number, or 255 bins at exponential distances."""
    reward_transform: Literal["none", "tanh"] = "none"
    """Of the rewards that are learnt from."""
    reward_scale: float = Field(1.0, gt=0)
    """Weight of the reward's loss."""
    predicts_continue: bool = True
    """There is a head for the episode's end. Without it imagined episodes never end."""
    continue_scale: float = Field(1.0, gt=0)
    """Weight of its loss."""
    kl_dynamics: float = Field(1.0, ge=0)
    """Weight of the KL that only the prior learns from."""
    kl_representation: float = Field(0.1, ge=0)
    """Weight of the KL that only the posterior learns from."""
    free_nats: float = Field(1.0, ge=0)
    """Below this, in nats, a KL has no gradient."""
    free_nats_of: Literal["step", "mean"] = "step"
    """Whether that holds of each step's KL or of the batch's mean."""
    behaviour: Literal["actor_critic", "planning"] = "actor_critic"
    """Act by a learnt actor, or by a search among action sequences (CEM)."""
    horizon: int = Field(15, ge=1)
    """Steps of imagination."""
    discount: float = Field(1 - 1 / 333, gt=0, le=1)
    """γ of a step, which is one action, held for action_repeat environment steps."""
    return_lambda: float = Field(0.95, ge=0, le=1)
    """λ of the returns."""
    actor_layers: int = Field(3, ge=1)
    """Layers of the actor."""
    critic_layers: int = Field(3, ge=1)
    """Layers of the critic."""
    actor_gradient: Literal["auto", "reinforce", "pathwise"] = "reinforce"
    """pathwise: through the imagined steps; auto: pathwise for numbers, reinforce for choices."""
    entropy_scale: float = Field(3e-4, ge=0)
    """Weight of the actor's entropy."""
    number_policy: Literal["tanh_normal", "truncated_normal", "bounded_normal"] = "bounded_normal"
    """The actor's distribution where actions are numbers."""
    actor_unimix: float = Field(0.01, ge=0, lt=1)
    """Share of the uniform distribution where actions are choices."""
    normalise_returns: bool = True
    """Divide advantages by the returns' spread, 5th to 95th percentile, if it is above 1."""
    slow_critic: Literal["none", "target", "regulariser"] = "regulariser"
    """What a slow copy of the critic is for: the returns' values, or to hold the critic back."""
    slow_critic_rate: float = Field(0.02, gt=0, le=1)
    """How far the copy moves to the critic; 1 copies it."""
    slow_critic_every: int = Field(1, ge=1)
    """Updates between two such moves."""
    replay_value_scale: float = Field(0.3, ge=0)
    """Weight of the critic's loss on replayed steps, which the model learns from too."""
    exploration: float = Field(0.0, ge=0)
    """While learning: standard deviation of noise on numbers, or share of random choices."""
    evaluates_mode: bool = False
    """At evaluation the actor's likeliest action is taken instead of a sample."""
    plan_candidates: int = Field(1000, ge=2)
    """Action sequences in an iteration of CEM."""
    plan_elites: int = Field(100, ge=1)
    """Best ones, which the next iteration is drawn around."""
    plan_iterations: int = Field(10, ge=1)
    """Iterations of CEM for each action."""
    optimiser: Literal["adam", "laprop"] = "laprop"
    """Adam with gradients clipped by their norm, or LaProp with adaptive clipping (AGC)."""
    model_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the world model."""
    actor_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the actor."""
    critic_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the critic."""
    adam_epsilon: float = Field(1e-20, gt=0)
    """Added to the root of the second moment."""
    gradient_clip: float = Field(0.3, gt=0)
    """The largest norm of a model's gradient; AGC: as a share of each weight's own norm."""
    weight_decay: float = Field(0.0, ge=0)
    """Share of each weight that a step of size 1 would remove."""
    warmup_updates: int = Field(1000, ge=0)
    """Updates over which step sizes rise from 0."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Have a preset's keys keep their bounds and descriptions; it states defaults alone."""
        super().__pydantic_init_subclass__(**kwargs)
        for key in cls.__annotations__.keys() & RssmSettings.model_fields.keys():
            base, own = RssmSettings.model_fields[key], cls.model_fields[key]
            own.description, own.metadata = base.description, base.metadata
        cls.model_rebuild(force=True)

    @model_validator(mode="after")
    def _fits(self) -> "RssmSettings":
        if self.plan_elites > self.plan_candidates:
            raise ValueError(
                f"plan_elites {self.plan_elites} exceeds plan_candidates {self.plan_candidates}"
            )
        in_blocks = self.convolution != "valid"  # the decoder's first layer
        if (in_blocks or self.cell == "block_gru") and self.recurrent_size % self.blocks:
            raise ValueError(f"recurrent_size {self.recurrent_size} is no multiple of blocks")
        if in_blocks and self.depth * self.multiples[-1] % self.blocks:
            raise ValueError("depth times the last of multiples is no multiple of blocks")
        return self
