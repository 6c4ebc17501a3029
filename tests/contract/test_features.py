"""The C feature builder against a plain Python one, on random histories."""
import importlib.util
import math
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location(
    "features_reference", ROOT / "tests/support/features_reference.py")
ref = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(ref)

START = 15900
CASES = 3000


@pytest.fixture(scope="module")
def program():
    mode = os.environ.get("MODE", "release")
    path = f"build/{mode}/contract/features_print"
    subprocess.run(["make", "-s", f"MODE={mode}", path], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return ROOT / path


def make_subject(rng):
    start = START + rng.randrange(7)
    subject = ref.Subject(
        start=start,
        end=rng.choice([ref.NEVER, start + rng.randrange(20, 300)]),
        registered=rng.choice([ref.UNKNOWN, start - rng.randrange(100),
                               start + rng.randrange(60)]),
        withdrawn=rng.choice([ref.NEVER] * 4 + [start + rng.randrange(300)]),
        from_activity=rng.random() < 0.5,
        pass_mark=rng.choice([40.0, 60.0]),
        attempts=rng.choice([ref.NAN, 0.0, 2.0]),
        credits=rng.choice([ref.NAN, 30.0, 60.0]),
        full_load=rng.choice([ref.NAN, 60.0, 120.0]),
        weekdays=rng.choice([0x1F, 0x1F, 0x7F, 0x2B]))
    subject.tracked_from, subject.tracked_until = rng.choice([
        (start - 20, start + 400), (start + rng.randrange(30), start + 90),
        (1, 0)])
    day = start - 100
    while rng.random() < 0.7:
        day += rng.randrange(1, 60)
        length = rng.randrange(10)
        subject.holidays.append((day, day + length))
        day += length + 1
    return subject


def make_value(rng, kind):
    """(detail, code, value)"""
    if kind == ref.ATTENDANCE:
        return rng.choice([0, 0, 0, 1, 2, 2, 3]), 0, 0
    if kind == ref.GRADE:
        return (rng.randrange(3) | rng.randrange(3) << 2, 0,
                rng.choice([0, 100, 60, rng.randrange(101),
                            rng.randrange(401) / 4]))
    if kind == ref.INCIDENT:
        return 0, rng.randrange(4), rng.randrange(1, 6)
    if kind == ref.ACTIVITY:
        return 0, 0, rng.choice([0, 1, 1, 7])
    return rng.randrange(3), 0, 0


def make_fact(rng, position, day, kind):
    known = day + rng.choice([0, 0, 0, 1, 14, 40, -3])
    superseded = rng.choice([ref.NEVER] * 6 + [known + rng.randrange(60)])
    return ref.Fact(position, day, known, superseded, kind,
                    *make_value(rng, kind))


def make_facts(rng, subject):
    facts = []
    days = rng.choice([20, 60, 150, 350])
    density = rng.choice([0, 0.1, 0.6, 0.95])
    routine = ref.ACTIVITY if subject.from_activity else ref.ATTENDANCE
    for day in range(subject.start - 30, subject.start + days):
        for _ in range(rng.choice([1, 1, 1, 4])):
            if rng.random() < density:
                facts.append((day, routine))
    for kind in (ref.GRADE, ref.INCIDENT, ref.OUTCOME, ref.ACTIVITY,
                 ref.ATTENDANCE):
        for _ in range(rng.choice([0, 1, 2, 3, 8, 30])):
            facts.append((subject.start - 30 + rng.randrange(days + 30), kind))
    facts = [make_fact(rng, i, day, kind)
             for i, (day, kind) in enumerate(facts)]
    rng.shuffle(facts)
    return facts


def make_case(seed):
    rng = random.Random(seed)
    subject = make_subject(rng)
    facts = make_facts(rng, subject)
    reference = subject.start + rng.choice(
        [-3, 0, 6, 13, 27, 48, rng.randrange(120), rng.randrange(350)])
    return subject, facts, reference


def write_case(subject, facts, reference):
    s = subject
    lines = [f"subject {s.start} {s.end} {s.registered} {s.withdrawn} "
             f"{int(s.from_activity)} {s.tracked_from} {s.tracked_until} "
             f"{s.pass_mark} {s.attempts} {s.credits} {s.full_load}",
             f"weekdays {s.weekdays}"]
    lines += [f"holiday {first} {last}" for first, last in s.holidays]
    lines += [f"fact {f.position} {f.occurred} {f.known} {f.superseded} "
              f"{f.kind} {f.detail} {f.code} {f.value}" for f in facts]
    lines.append(f"build {reference}")
    return "\n".join(lines) + "\n"


def run(program, cases):
    text = "".join(write_case(*case) for case in cases)
    done = subprocess.run([program], input=text, text=True,
                          capture_output=True, check=True)
    lines = iter(done.stdout.splitlines())
    for _ in cases:
        *verdict, count = (int(word) for word in next(lines).split())
        context = [float(word) for word in next(lines).split()]
        steps = [[float(word) for word in next(lines).split()]
                 for _ in range(count)]
        yield tuple(verdict), context, steps
    assert next(lines, None) is None


def is_same(got, want):
    if math.isnan(want) or math.isnan(got):
        return math.isnan(want) and math.isnan(got)
    return abs(got - want) <= 1e-5 * abs(want) + 1e-6


def test_random_histories_give_the_reference_values(program):
    cases = [make_case(seed) for seed in range(CASES)]
    defined = [0] * 42
    statuses = [0] * 3
    for seed, (case, got) in enumerate(zip(cases, run(program, cases))):
        verdict, context, steps = ref.build(*case)
        assert got[0] == verdict, f"seed {seed}"
        statuses[verdict[0]] += 1
        assert all(map(is_same, got[1], context)), f"seed {seed}"
        assert len(got[2]) == len(steps), f"seed {seed}"
        for number, (row, want) in enumerate(zip(got[2], steps)):
            for index in range(42):
                assert is_same(row[index], want[index]), (
                    f"seed {seed} step {number} feature {index}: "
                    f"{row[index]} is not {want[index]}")
                defined[index] += not math.isnan(want[index])
    # the comparison means something: each value and status was seen often
    assert min(defined) > 1000
    assert min(statuses) > 100


def test_what_comes_after_the_reference_day_changes_nothing(program):
    cases, injected = [], []
    for seed in range(300):
        subject, facts, reference = make_case(seed)
        rng = random.Random(-seed - 1)
        facts = [f for f in facts if f.known <= reference]
        more = list(facts)
        for i in range(50):
            day = reference + rng.randrange(-80, 40)
            fact = make_fact(rng, 10**6 + i, day, rng.randrange(1, 6))
            fact.known = reference + rng.randrange(1, 90)
            if rng.random() < 0.3:          # dated later, said to be known
                fact.occurred = reference + rng.randrange(1, 90)
                fact.known = reference - rng.randrange(30)
            more.append(fact)
        for fact in rng.sample(facts, min(5, len(facts))):
            if fact.superseded == ref.NEVER:
                late = ref.Fact(**vars(fact))
                late.superseded = reference + rng.randrange(1, 90)
                more[more.index(fact)] = late
        cases.append((subject, facts, reference))
        injected.append((subject, more, reference))
    plain = [repr(out) for out in run(program, cases)]
    assert plain == [repr(out) for out in run(program, injected)]


def test_the_order_of_facts_does_not_matter(program):
    cases = [make_case(seed) for seed in range(300)]
    ordered = [(s, sorted(facts, key=lambda f: f.position), r)
               for s, facts, r in cases]
    assert [repr(out) for out in run(program, cases)] == \
        [repr(out) for out in run(program, ordered)]
