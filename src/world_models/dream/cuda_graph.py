"""A fixed sequence of CUDA kernels, recorded once and launched as one."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class CUDAGraph:
    """Calls a function of tensors on CUDA as a recorded graph.

    A dream's step is some forty small kernels: launching them one by one from Python takes longer
    than running them.

    Args:
        function: from tensors to a tuple of tensors; it reads nothing else that changes, and takes
            the same path at every call.
        examples: arguments with the shapes and types of all later ones.
    """

    def __init__(
        self, function: Callable[..., tuple[Tensor, ...]], examples: Sequence[Tensor]
    ) -> None:
        self.inputs = [each.clone() for each in examples]
        # CUDA loads its libraries and chooses kernels at the first calls, which no graph may hold.
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
        """Return the function's results in memory of their own."""
        for place, value in zip(self.inputs, inputs, strict=True):
            place.copy_(value, non_blocking=True)
        self.graph.replay()
        return tuple(each.clone() for each in self.outputs)
