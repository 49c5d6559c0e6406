"""A fixed sequence of CUDA kernels, recorded once and launched as one."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class CUDAGraph:
    """Runs a function of CUDA tensors as a recorded graph.

    A dream's step consists of some forty small kernels. Launching them one by one from Python takes
    longer than running them.

    Args:
        function: maps tensors to a tuple of tensors. It must not read any other changing state, and
            must take the same path at every call.
        examples: arguments with the shapes and types that all later ones will have.
    """

    def __init__(
        self, function: Callable[..., tuple[Tensor, ...]], examples: Sequence[Tensor]
    ) -> None:
        self.inputs = [each.clone() for each in examples]
        # At the first calls CUDA loads libraries and chooses kernels; a graph can't record that.
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                function(*self.inputs)
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.outputs = function(*self.inputs)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the function's results as new tensors."""
        for place, value in zip(self.inputs, inputs, strict=True):
            place.copy_(value, non_blocking=True)
        self.graph.replay()
        return tuple(each.clone() for each in self.outputs)
