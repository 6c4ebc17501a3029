"""training.py - an epoch of our training beside one of PyTorch's.

    training.py OWN_TRAINING FOLDER
    training.py FOLDER                the peer, in a process of its own

OWN_TRAINING is the program of own_training.c; what it and the peer share is
written to FOLDER.  Both teach the network of libcommon/ml/network.h on the same
sequences of 40 steps: minibatches of 64, AdamW, gradients clipped to norm 1,
dropout of inputs.  PyTorch reads the folded attention too, its optimiser is the one that
takes all arrays at once, which is its quicker.

First the numbers: from the same weights and on the same minibatch without
dropout, the losses of a few steps, the first gradient and the way that the
weights went must be the same.  Then the time, in turns; the best of several
rounds counts, since a shared machine's slow moments hit both.

On one thread a trial of ours is held against a training of PyTorch's, by
processor time, since an epoch is longer than a shared machine's quiet moments.
Two threads of ours teach two trials (services/training/crew.h).  They are held
against both things that PyTorch can do with two, by the clock: one training on
both, and two processes with one each.
"""
import os
import sys
import time
from pathlib import Path

from peers import (CONTEXT, INPUTS, STEPS, Child, Network, check, floats,
                   functional, line, torch)

SAMPLES, MINIBATCH, ROUNDS = 512, 64, 10
RATE, DECAY, DROPOUT, CLIP, FIRST_MEMORY = 2e-3, .1, .2, 1.0, .9
LOSS_BOUND, GRADIENT_BOUND, WAY_BOUND = 1e-5, 1e-5, 1e-3


def read_names(folder):
    """(name, shape, decays) of all arrays of weights, in order."""
    names = []
    for text in (folder / "tensors").read_text().splitlines():
        name, rows, columns, decays = text.split()
        shape = ((int(rows), int(columns)) if int(rows) > 1 else
                 (int(columns),))
        names.append((name, shape, decays == "1"))
    return names


def cut(flat, names):
    tensors, at = {}, 0
    for name, shape, _ in names:
        size = torch.Size(shape).numel()
        tensors[name] = flat[at:at + size].reshape(shape).clone()
        at += size
    return tensors


class Learner(Network):
    """The network with weights that are taught."""

    def __init__(self, flat, names, rate):
        tensors = cut(flat, names)
        tensors["standard.deviation"] = torch.ones(INPUTS + CONTEXT)
        tensors["standard.mean"] = torch.zeros(INPUTS + CONTEXT)
        self.dropout = 0
        hidden = tensors["gru.grades.weight_hh"].shape[1]
        super().__init__(tensors, (hidden, 4, len(tensors["fusion.bias"])))
        self.weights = [self.leaf(name) for name, _, _ in names]
        decays = [row[2] for row in names]
        groups = [{"params": [w for w, d in zip(self.weights, decays) if d],
                   "weight_decay": DECAY},
                  {"params": [w for w, d in zip(self.weights, decays) if not d],
                   "weight_decay": 0}]
        self.optimiser = torch.optim.AdamW(groups, rate, foreach=True)

    def leaf(self, name):
        """The array that PyTorch teaches: the GRUs have copies."""
        if name.startswith("gru."):
            _, group, kind = name.split(".")
            gru = self.grus[["attendance", "grades", "discipline"].index(group)]
            return getattr(gru, kind + "_l0")
        return self.t[name].requires_grad_()

    def drop(self, steps, context):
        """Each input in all steps of a row at once; the kept stay as they
        are (network.h)."""
        if not self.dropout:
            return steps, context
        kept = torch.rand(len(steps), INPUTS + CONTEXT) >= self.dropout
        return steps * kept[:, None, :INPUTS], context * kept[:, INPUTS:]

    def step(self, steps, context, labels):
        """Returns the loss."""
        self.optimiser.zero_grad(set_to_none=True)
        self.fold()
        loss = functional.binary_cross_entropy_with_logits(
            self.answer(*self.drop(steps, context)).reshape(-1), labels)
        loss.backward()
        self.t["direct.weight"].grad.zero_()  # it only fades
        torch.nn.utils.clip_grad_norm_(self.weights, CLIP)
        self.optimiser.step()
        return loss.item()

    def flat(self, of):
        return torch.cat([of(w).detach().reshape(-1) for w in self.weights])


def read_samples(folder):
    return (floats(folder / "train_steps", SAMPLES, STEPS, INPUTS),
            floats(folder / "train_context", SAMPLES, CONTEXT),
            floats(folder / "train_labels", SAMPLES))


def check_steps(folder, losses):
    names, samples = read_names(folder), read_samples(folder)
    start = floats(folder / "start", -1)
    after = floats(folder / "after", -1)
    gradient = floats(folder / "moment", -1) / (1 - FIRST_MEMORY)
    learner = Learner(start, names, RATE)
    first = [values[:MINIBATCH] for values in samples]
    worst = abs(learner.step(*first) - losses[0])
    found = learner.flat(lambda w: w.grad)
    for loss in losses[1:]:
        worst = max(worst, abs(learner.step(*first) - loss))
    way = after - start
    off = learner.flat(lambda w: w) - after
    what = "training, difference to PyTorch:"
    check(f"{what} losses of {len(losses)} steps", worst, LOSS_BOUND, "nats")
    check(f"{what} first gradient",
          float((found - gradient).abs().max() / gradient.abs().max()),
          GRADIENT_BOUND, "of its largest element")
    check(f"{what} weights after {len(losses)} steps",
          float(off.norm() / way.norm()), WAY_BOUND, "of the way they went")


def peer(folder):
    """A line: an epoch; answered with its seconds and the processor's."""
    learner = Learner(floats(folder / "start", -1), read_names(folder), RATE)
    samples = read_samples(folder)
    learner.dropout = DROPOUT
    print("ready", flush=True)
    for _ in sys.stdin:
        began, worked = time.perf_counter(), time.process_time()
        for rows in torch.randperm(SAMPLES).split(MINIBATCH):
            learner.step(*(values[rows] for values in samples))
        print(time.perf_counter() - began, time.process_time() - worked,
              flush=True)


def start_peer(folder, threads):
    return Child([sys.executable, __file__, str(folder)],
                 env=dict(os.environ, PEER_THREADS=str(threads),
                          OMP_WAIT_POLICY="PASSIVE"))


def both(peers):
    """Seconds until both have had an epoch."""
    began = time.perf_counter()
    for one in peers:
        one.tell("epoch")
    for one in peers:
        one.read()
    return time.perf_counter() - began


def measure(own, folder):
    """Best samples a second of each way."""
    single = [start_peer(folder, 1) for _ in range(2)]
    double, best = start_peer(folder, 2), {}
    for _ in range(ROUNDS):
        found = {"ours, 1": SAMPLES / own.ask("1")[1],
                 "PyTorch, 1": SAMPLES / single[0].ask("epoch")[1],
                 "ours, 2": 2 * SAMPLES / own.ask("2")[0],
                 "PyTorch, 2": SAMPLES / double.ask("epoch")[0],
                 "PyTorch, 1 + 1": 2 * SAMPLES / both(single)}
        for who, rate in found.items():
            best[who] = max(best.get(who, rate), rate)
    for child in single + [double]:
        child.close()
    return best


def main(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    own = Child([program, str(folder)])
    check_steps(folder, [float(loss) for loss in own.first.split()])
    best = measure(own, folder)
    own.close()
    for name, ours, theirs in (
            ("one thread", "ours, 1", "PyTorch, 1"),
            ("two threads", "ours, 2", "PyTorch, 2"),
            ("two threads", "ours, 2", "PyTorch, 1 + 1")):
        line(f"one epoch of training, {name}", round(best[ours]), "samples/s",
             {"PyTorch, 1": "PyTorch, one training on one thread",
              "PyTorch, 2": "PyTorch, one training on two threads",
              "PyTorch, 1 + 1": "PyTorch, two trainings on one thread each",
              }[theirs], round(best[theirs]))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        peer(Path(sys.argv[1]))
    else:
        main(sys.argv[1], Path(sys.argv[2]))
