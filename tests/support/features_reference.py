"""features_reference.py - the features, computed slowly and plainly.

Written from the definitions (docs and the header of libcommon/ml/features.h),
not from the C: every step looks at every fact again, day by day.  Used to
check the C builder.  Plain Python, no packages.
"""
import datetime
import math
from dataclasses import dataclass, field

NEVER = 2**31 - 1
UNKNOWN = -(2**31)
ATTENDANCE, GRADE, INCIDENT, ACTIVITY, OUTCOME = range(1, 6)
PRESENT, TARDY, ABSENT, EXCUSED = range(4)
READY, NOT_ACTIVE, INSUFFICIENT = range(3)
NAN = math.nan


@dataclass
class Fact:
    position: int
    occurred: int
    known: int
    superseded: int
    kind: int
    detail: int
    code: int
    value: float


@dataclass
class Subject:
    start: int
    end: int = NEVER
    registered: int = UNKNOWN
    withdrawn: int = NEVER
    from_activity: bool = False
    tracked_from: int = 1
    tracked_until: int = 0
    pass_mark: float = 60.0
    attempts: float = NAN
    credits: float = NAN
    full_load: float = NAN
    weekdays: int = 0x1F
    holidays: list = field(default_factory=list)


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values) if values else NAN


def deviation(values):
    middle = mean(values)
    return math.sqrt(mean((v - middle) ** 2 for v in values)) if values else NAN


def slope(points):
    """Least squares through (x, y); NaN when all x are the same."""
    if len({x for x, _ in points}) < 2:
        return NAN
    mx = mean(x for x, _ in points)
    my = mean(y for _, y in points)
    over = math.fsum((x - mx) * (y - my) for x, y in points)
    return over / math.fsum((x - mx) ** 2 for x, _ in points)


def share(part, whole):
    return part / whole if whole else NAN


def weekday(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).weekday()


def is_school_day(subject, day):
    if subject.from_activity:
        return True
    if any(first <= day <= last for first, last in subject.holidays):
        return False
    return bool(subject.weekdays >> weekday(day) & 1)


def day_shares(subject, known, day, reference):
    """(attended, tardy, absent, excused) of a day; None: not tracked."""
    if day < subject.start or day > reference:
        return None
    if subject.from_activity:
        if not subject.tracked_from <= day <= subject.tracked_until:
            return None
        if day > subject.end:
            return None
        active = any(f.kind == ACTIVITY and f.occurred == day and f.value > 0
                     for f in known)
        return (1.0, 0.0, 0.0, 0.0) if active else (0.0, 0.0, 1.0, 0.0)
    rows = [f.detail for f in known
            if f.kind == ATTENDANCE and f.occurred == day]
    if not rows:
        return None
    part = [rows.count(status) / len(rows) for status in range(4)]
    return part[PRESENT] + part[TARDY], part[TARDY], part[ABSENT], part[EXCUSED]


def attendance(subject, shares, last):
    """Values 0 to 13; shares: day -> shares or None."""
    window = range(last - 90, last + 1)
    tracked = [d for d in window if shares.get(d)]
    n = len(tracked)
    if n == 0:
        return [NAN] * 13 + [0]
    out = [mean(shares[d][i] for d in tracked) for i in (0, 2, 1, 3)]
    missed = {d: shares[d][2] + shares[d][3] for d in tracked}
    tardy = {d: shares[d][1] for d in tracked}

    def on(weights, day):
        total = math.fsum(weights.values())
        return share(math.fsum(w for d, w in weights.items()
                               if weekday(d) == day), total)

    school = [d for d in window if is_school_day(subject, d)]
    spells, run = [], []
    for index, d in enumerate(school):
        if d in missed and missed[d] >= 0.5 - 1e-12:
            run.append(index)
        elif run:
            spells.append(run)
            run = []
    if run:
        spells.append(run)
    longest = max((len(s) for s in spells), default=0)
    gaps = [b[0] - a[-1] - 1 for a, b in zip(spells, spells[1:])]
    weeks = []
    for week in range(13):
        first = last - 90 + 7 * week
        rates = [shares[d][0] for d in range(first, first + 7) if d in missed]
        if rates:
            weeks.append((week, mean(rates)))
    rates = [rate for _, rate in weeks]
    return out + [on(missed, 0), on(missed, 4), longest, mean(gaps),
                  on(tardy, 0), on(tardy, 4),
                  mean(rates), deviation(rates), slope(weeks), n]


def grades(subject, known, last):
    """Values 14 to 28."""
    rows = sorted((f for f in known
                   if f.kind == GRADE and last - 90 <= f.occurred <= last),
                  key=lambda f: (f.occurred, f.position))
    scores = [f.value for f in rows]
    n = len(scores)
    middle, spread = mean(scores), deviation(scores)
    latest = scores[n - -(-3 * n // 10):] if n else []

    def only(test):
        return mean(f.value for f in rows if test(f))

    return [middle / 25, middle, spread,
            min(scores, default=NAN), max(scores, default=NAN),
            slope([(f.occurred / 7, f.value) for f in rows]),
            share(spread, middle),
            share(sum(s < subject.pass_mark for s in scores), n),
            mean(latest), mean(latest) - middle,
            only(lambda f: f.detail >> 2 == 1),
            only(lambda f: f.detail >> 2 == 2),
            only(lambda f: f.detail & 3 == 1),
            only(lambda f: f.detail & 3 == 2),
            n]


def discipline(known, last):
    """Values 29 to 41."""
    rows = sorted((f for f in known
                   if f.kind == INCIDENT and last - 90 <= f.occurred <= last),
                  key=lambda f: (f.occurred, f.position))
    n = len(rows)
    severities = [f.value for f in rows]
    gaps = [b.occurred - a.occurred for a, b in zip(rows, rows[1:])]
    types = len({f.code for f in rows})
    recent = [f.value for f in rows if f.occurred > last - 27]
    return [n, n / 91 * 30,
            mean(severities), max(severities, default=NAN),
            deviation(severities), slope(list(enumerate(severities))),
            mean(gaps), min(gaps, default=NAN),
            -slope(list(enumerate(gaps))) if n >= 3 else NAN,
            types / n if types >= 2 else NAN,
            len(recent), mean(recent),
            share(sum(s >= 4 for s in severities), n)]


def context(subject, reference):
    lead = NAN
    if subject.registered != UNKNOWN:
        lead = subject.start - subject.registered
    load = NAN
    if not math.isnan(subject.full_load) and subject.full_load > 0:
        load = subject.credits / subject.full_load
    return [(reference - subject.start + 1) / 7, lead, subject.attempts, load]


def judge(subject, known, shares, reference):
    """(status, missing, possible from)"""
    if subject.registered > reference or subject.withdrawn <= reference:
        return NOT_ACTIVE, 0, 0
    begin = max(subject.start, subject.registered)
    missing, possible = 0, 0
    if reference - begin + 1 < 28:
        missing |= 1
    if not any(shares.values()) and not any(f.kind == GRADE for f in known):
        missing |= 2
    if missing:
        possible = begin + 27
        if missing & 2:
            possible = max(possible, reference + 1)
    return (INSUFFICIENT if missing else READY), missing, possible


def build(subject, facts, reference):
    """((status, missing, possible from), context, steps oldest first)"""
    known = [f for f in facts
             if f.known <= reference < f.superseded and f.occurred <= reference]
    shares = {d: day_shares(subject, known, d, reference)
              for d in range(subject.start, reference + 1)}
    verdict = judge(subject, known, shares, reference)
    steps = []
    last = reference
    while verdict[0] != NOT_ACTIVE and last >= subject.start \
            and len(steps) < 40:
        steps.insert(0, attendance(subject, shares, last)
                     + grades(subject, known, last)
                     + discipline(known, last))
        last -= 7
    return verdict, context(subject, reference), steps
