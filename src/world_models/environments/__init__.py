"""Our environments, under names that Gymnasium knows once this module is imported.

    import gymnasium
    import world_models.environments
    gymnasium.make("world_models/CarRacing-v3")

`gymnasium.make("world_models.environments:world_models/CarRacing-v3")` imports it by itself.
"""

import gymnasium

CAR_RACING = "world_models/CarRacing-v3"

if CAR_RACING not in gymnasium.registry:
    gymnasium.register(
        CAR_RACING,
        entry_point="world_models.tasks.car_racing.environment:CarRacing",
        max_episode_steps=1000,
        reward_threshold=900,
    )
