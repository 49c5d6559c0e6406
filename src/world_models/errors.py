"""The one exception for mistakes that the user can correct."""


class WorldModelsError(Exception):
    """A one-line message: the file or key, what is wrong with it, and how to fix it.

    Stages print it without a traceback and exit with status 2 (`world_models.stage.command`).
    """
