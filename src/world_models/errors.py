"""The one exception for mistakes that the user can correct."""


class WorldModelsError(Exception):
    """One line: the file or key, what is wrong with it, what to do.

    Stages print it without a traceback and exit with status 2 (`world_models.stage.command`).
    """
