"""V's decoder and M as ONNX graphs with 8-bit weights, for use without PyTorch.

Each row of a matrix and each output channel of a convolution has its own scale. The tests in
`demo/tests` measure the loss of accuracy, in the runtime that the page uses.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from world_models.memory.model import LOG_SIGMA_RANGE, Memory
from world_models.vision.model import Vision

OPSET = 17
Shape = tuple[str | int, ...]


class Graph:
    """A graph under construction: methods add nodes, and return the names of their outputs."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str | None = None, **how: Any) -> str:
        """Add a node with one output."""
        name = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **how))
        return name

    def constant(self, values: NDArray[Any] | Sequence[int]) -> str:
        """Add values as they are; integers become int64."""
        array = np.asarray(values)
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def quantised(self, weight: Tensor, axis: int) -> str:
        """Add an 8-bit weight, with one scale for each index along an axis."""
        values = weight.detach().cpu().float().numpy()
        others = tuple(each for each in range(values.ndim) if each != axis)
        scale = np.abs(values).max(axis=others, keepdims=True) / 127
        scale[scale == 0] = 1
        eighths = np.round(values / scale).astype(np.int8)
        whole = self.add("Cast", self.constant(eighths), to=TensorProto.FLOAT)
        return self.add("Mul", whole, self.constant(scale.astype(np.float32)))

    def linear(self, x: str, weight: Tensor, bias: Tensor, output: str | None = None) -> str:
        """Add x W' + b, for W of shape (outputs, inputs)."""
        b = self.constant(bias.detach().cpu().float().numpy())
        return self.add("Gemm", x, self.quantised(weight, 0), b, output=output, transB=1)

    def model(self, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> onnx.ModelProto:
        """Return the finished model, checked."""

        def described(shapes: dict[str, Shape]) -> list[onnx.ValueInfoProto]:
            kind = TensorProto.FLOAT
            return [helper.make_tensor_value_info(n, kind, list(s)) for n, s in shapes.items()]

        graph = helper.make_graph(
            self.nodes, "world_models", described(inputs), described(outputs), self.weights
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 9  # old enough for the runtimes of recent years
        onnx.checker.check_model(model, full_check=True)
        return model


def decoder(vision: Vision) -> onnx.ModelProto:
    """Return V's decoder: from z (n, latent_size) to image (n, 3, 64, 64) in 0..1."""
    graph = Graph()
    first, *others = vision.deconvolutions
    assert isinstance(first, nn.ConvTranspose2d) and first.bias is not None
    x = graph.linear("z", vision.from_z.weight, vision.from_z.bias)
    # A transposed convolution of a single pixel is a matrix product.
    channels, kernel = first.weight.shape[1], first.weight.shape[2]
    x = graph.add("MatMul", x, graph.quantised(first.weight.flatten(1), 1))
    x = graph.add("Reshape", x, graph.constant([-1, channels, kernel, kernel]))
    bias = first.bias.detach().numpy().reshape(1, channels, 1, 1)
    x = graph.add("Relu", graph.add("Add", x, graph.constant(bias)))
    for number, each in enumerate(others):
        assert isinstance(each, nn.ConvTranspose2d) and each.bias is not None
        weight, b = graph.quantised(each.weight, 1), graph.constant(each.bias.detach().numpy())
        x = graph.add("ConvTranspose", x, weight, b, strides=[2, 2])
        last = number == len(others) - 1
        x = graph.add("Sigmoid" if last else "Relu", x, output="image" if last else None)
    return graph.model({"z": ("n", vision.latent_size)}, {"image": ("n", 3, 64, 64)})


def memory(model: Memory) -> onnx.ModelProto:
    """Return M's step.

    Inputs: z (n, latent_size), action (n, action_size), restart (n, 1), h and c (n, hidden_size).
    Outputs: next_h and next_c; log_weights, means and log_sigmas, each (n, mixtures, latent_size);
    death (n, 1), a logit, and reward (n, 1), each only if M predicts it.
    """
    graph, size = Graph(), model.hidden_size
    one = graph.constant(np.ones((1, 1), dtype=np.float32))
    keep = graph.add("Sub", one, "restart")
    parts = ("z", "action", "restart") if model.sees_restart else ("z", "action")
    x = graph.add("Concat", *parts, axis=1)
    h, c = graph.add("Mul", "h", keep), graph.add("Mul", "c", keep)
    zeros = model.bias.new_zeros(4 * size)
    fed = graph.linear(x, model.weight_ih, model.bias)
    gates = graph.add("Add", fed, graph.linear(h, model.weight_hh, zeros))

    def piece(of: str, first: int, last: int, output: str | None = None) -> str:
        bounds = (graph.constant([each]) for each in (first, last, 1))
        return graph.add("Slice", of, *bounds, output=output)

    i, f, o = (graph.add("Sigmoid", piece(gates, k * size, (k + 1) * size)) for k in range(3))
    g = graph.add("Tanh", piece(gates, 3 * size, 4 * size))
    kept, new = graph.add("Mul", f, c), graph.add("Mul", i, g)
    next_c = graph.add("Add", kept, new, output="next_c")
    next_h = graph.add("Mul", o, graph.add("Tanh", next_c), output="next_h")

    raw = graph.linear(next_h, model.output.weight, model.output.bias)
    latent, mixtures = model.latent_size, model.mixtures
    shape = graph.constant([-1, mixtures, latent])
    outputs: dict[str, Shape] = {"next_h": ("n", size), "next_c": ("n", size)}
    for number, name in enumerate(("log_weights", "means", "log_sigmas")):
        first = number * mixtures * latent
        flat = piece(raw, first, first + mixtures * latent)
        if name == "log_sigmas":
            low, high = (graph.constant(np.array(v, dtype=np.float32)) for v in LOG_SIGMA_RANGE)
            flat = graph.add("Clip", flat, low, high)
        graph.add("Reshape", flat, shape, output=name)
        outputs[name] = ("n", mixtures, latent)
    if model.predicts_death:
        last = 3 * mixtures * latent
        piece(raw, last, last + 1, output="death")
        outputs["death"] = ("n", 1)
    if model.reward_head is not None:
        graph.linear(next_h, model.reward_head.weight, model.reward_head.bias, output="reward")
        outputs["reward"] = ("n", 1)
    inputs: dict[str, Shape] = {"z": ("n", latent), "action": ("n", model.action_size)}
    inputs |= {"restart": ("n", 1), "h": ("n", size), "c": ("n", size)}
    return graph.model(inputs, outputs)
