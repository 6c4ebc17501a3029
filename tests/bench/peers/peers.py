"""peers.py - our network beside PyTorch and ONNX Runtime: the same numbers, then
the same work in turns, one thread each, one JSON object a line.

    peers.py OWN FOLDER

OWN is the program of own.c; what it and the peers share is written to FOLDER.
PyTorch gets the weights of our model file and computes the network of
libcommon/ml/network.h step by step, eagerly; ONNX Runtime, under node, gets our
ONNX export.  Both must agree with us within 1e-5 before anything is timed.  The
best of many short rounds counts, in time of the processor, since a shared
machine's slow moments hit all three.  A call from node is part of ONNX
Runtime's time, as a call from Python is part of PyTorch's.

Without the packages it says which, and ends well.
"""
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
ROWS, STEPS, INPUTS, CONTEXT = 64, 40, 42, 4
GROUPS = {"attendance": 14, "grades": 15, "discipline": 13}
ROUNDS, WORK, BOUND = 40, 256, 1e-5


def skip(what, how):
    print(f"bench-peers: skipped, {what} is not here: {how}", file=sys.stderr)
    sys.exit(0)


def set_threads():
    """One, or as many as PEER_THREADS says.  OpenBLAS reads its own when it
    is loaded, and falls back to a slow kernel on processors it does not know:
    it is told the best that this one can run."""
    flags = Path("/proc/cpuinfo").read_text()
    core = "SkylakeX" if "avx512f" in flags else "Haswell"
    os.environ.setdefault("OPENBLAS_CORETYPE", core)
    threads = os.environ.get("PEER_THREADS", "1")
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = threads
    return int(threads)


THREADS = set_threads()
try:
    import torch
    from torch.nn import functional
    torch.set_num_threads(THREADS)
except ImportError:
    skip("PyTorch", "apt-get install python3-torch libopenblas0-pthread")


def node_environment():
    """Where onnxruntime-node is, or None."""
    places = [TOP / "build/peers/node_modules",
              TOP.parent / "shared/peers/onnx_node/node_modules"]
    if os.environ.get("NODE_PATH"):
        places.insert(0, Path(os.environ["NODE_PATH"]))
    for place in places:
        if (place / "onnxruntime-node").is_dir():
            return dict(os.environ, NODE_PATH=str(place))
    return None


def read_model(path):
    """Our file's tensors and texts; the format is safetensors."""
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    head = json.loads(data[8:8 + size])
    texts = head.pop("__metadata__")
    tensors = {}
    for name, row in head.items():
        begin, end = row["data_offsets"]
        part = bytearray(data[8 + size + begin:8 + size + end])
        tensors[name] = torch.frombuffer(
            part, dtype=torch.float32).reshape(row["shape"])
    return tensors, texts


class Network:
    """libcommon/ml/network.h in PyTorch, every row of the same length."""

    def __init__(self, tensors, shape):
        self.t = tensors
        self.hidden, self.heads, self.fusion = shape
        self.wide = 3 * self.hidden
        self.head = self.wide // self.heads
        scale = tensors["standard.deviation"].clone()
        scale[scale == 0] = 1
        self.mean, self.scale = tensors["standard.mean"], 1 / scale
        self.grus = []
        for name, count in GROUPS.items():
            gru = torch.nn.GRU(count, self.hidden, batch_first=True)
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(gru, kind + "_l0").data.copy_(
                    tensors[f"gru.{name}.{kind}"])
            self.grus.append(gru)
        self.fold()

    def fold(self):
        by_head = self.heads, self.head, self.wide
        self.key = self.t["attention.key.weight"].reshape(
            by_head) / self.head ** .5
        self.value = self.t["attention.value.weight"].reshape(
            by_head).transpose(1, 2).contiguous()
        self.last = torch.cat([self.t["output.weight"],
                               self.t["direct.weight"]])

    def standardised(self, values, which):
        return torch.nan_to_num((values - self.mean[which]) *
                                self.scale[which])

    def norm(self, x, name):
        return functional.layer_norm(x, (self.wide,), self.t[name + ".weight"],
                                     self.t[name + ".bias"], 1e-5)

    def attend(self, states, last):
        t = self.t
        query = functional.linear(last, t["attention.query.weight"],
                                  t["attention.query.bias"])
        folded = query.reshape(-1, self.heads, 1, self.head) @ self.key
        scores = folded.squeeze(2) @ states.transpose(1, 2)
        pooled = torch.softmax(scores, -1) @ states
        values = (pooled.unsqueeze(2) @ self.value).reshape(-1, self.wide)
        out = functional.linear(values + t["attention.value.bias"],
                                t["attention.out.weight"],
                                t["attention.out.bias"])
        return self.norm(out + last, "attention_norm")

    def __call__(self, steps, context):
        return self.answer(self.standardised(steps, slice(INPUTS)),
                           self.standardised(context, slice(INPUTS, None)))

    def answer(self, x, c):
        """Of standardised rows."""
        t = self.t
        parts = x.split(list(GROUPS.values()), 2)
        states = torch.cat([g(p)[0] for g, p in zip(self.grus, parts)], 2)
        states = self.norm(states, "norm")
        settled = self.attend(states, states[:, -1])
        fused = functional.silu(functional.linear(
            torch.cat([settled, c], 1), t["fusion.weight"], t["fusion.bias"]))
        read = torch.cat([fused, x[:, -1], c], 1)
        return read @ self.last + t["output.bias"]


class Child:
    """A peer in a process of its own: a line in, a line of numbers out."""

    def __init__(self, words, **more):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        **more)
        self.first = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench-peers: a peer has ended")
        return line

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line):
        self.tell(line)
        return [float(number) for number in self.read().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def floats(path, *shape):
    return torch.frombuffer(bytearray(path.read_bytes()),
                            dtype=torch.float32).reshape(shape)


def read_rows(folder):
    lengths = torch.frombuffer(bytearray((folder / "lengths").read_bytes()),
                               dtype=torch.int32)
    return (floats(folder / "steps", ROWS, STEPS, INPUTS),
            floats(folder / "context", ROWS, CONTEXT), lengths,
            floats(folder / "logits", ROWS), floats(folder / "scores", ROWS))


def check(name, worst, bound, unit):
    if not worst <= bound:
        sys.exit(f"bench-peers: {name}: {worst:.2g} {unit}, more than {bound}")
    line(name, float(f"{worst:.3g}"), unit, "bound", bound)


def check_logits(peer, found, expected):
    check(f"largest difference to {peer}",
          float((torch.as_tensor(found) - expected).abs().max()), BOUND,
          "logit")


def line(name, value, unit, reference, reference_value):
    print(json.dumps({"name": name, "value": value, "unit": unit,
                      "reference": reference,
                      "reference_value": reference_value,
                      "ratio": float(f"{value / reference_value:.3g}")}),
          flush=True)


def torch_seconds(network, steps, context, count):
    steps, context, times = steps[:count], context[:count], WORK // count
    began = time.process_time()
    for _ in range(times):
        network(steps, context)
    return (time.process_time() - began) / times


def measure(own, runtime, network, steps, context):
    """Best seconds of a call by (who, students)."""
    best = {}
    for _ in range(ROUNDS):
        for count in (1, ROWS):
            found = {"f32": own.ask(f"f32 {count}")[0],
                     "int8": own.ask(f"int8 {count}")[0],
                     "ONNX Runtime": runtime.ask(str(count))[0],
                     "PyTorch": torch_seconds(network, steps, context, count)}
            for who, seconds in found.items():
                key = who, count
                best[key] = min(best.get(key, seconds), seconds)
    return best


def report(best):
    for count, name, unit in ((1, "one student", "us"),
                              (ROWS, f"batch of {ROWS}", "students/s")):
        for ours, theirs in (("f32", "ONNX Runtime"), ("int8", "ONNX Runtime"),
                             ("f32", "PyTorch"), ("int8", "PyTorch"),
                             ("int8", "f32")):
            a, b = best[ours, count], best[theirs, count]
            values = [1e6 * a, 1e6 * b] if count == 1 else [count / a,
                                                            count / b]
            line(f"{name}, {ours}", round(values[0], 1), unit,
                 "ours in f32" if theirs == "f32" else theirs + ", f32",
                 round(values[1], 1))


def main(program, folder):
    environment = node_environment()
    if environment is None:
        skip("onnxruntime-node", "npm install --prefix build/peers "
             "--ignore-scripts onnxruntime-node, or NODE_PATH=FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    own = Child([program, str(folder)])
    runtime = Child(["node", str(HERE / "onnx_runtime.js"), str(folder)],
                    env=environment)
    steps, context, lengths, logits, scores = read_rows(folder)
    tensors, texts = read_model(folder / "model.safetensors")
    network = Network(tensors, [int(n) for n in texts["shape"].split(",")])
    with torch.no_grad():
        found = torch.cat([network(steps[i:i + 1, :lengths[i]],
                                   context[i:i + 1]) for i in range(ROWS)])
        check_logits("PyTorch", found, logits)
        exported = json.loads(runtime.first)
        check_logits("ONNX Runtime", exported["logits"], logits)
        check_logits("ONNX Runtime's score", exported["scores"], scores)
        report(measure(own, runtime, network, steps, context))
    own.close()
    runtime.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
