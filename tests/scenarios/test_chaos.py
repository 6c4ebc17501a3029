"""A stream that is damaged, repeated, shuffled and delayed on purpose ends as
one that is not."""
import pytest
from conftest import share
from district import simulate, tenant_key
from ledger import Ledger, read_fates

TENANT = "chaos"
RECORDS = share(40000)


@pytest.fixture(scope="module")
def fates(platform, tmp_path_factory):
    key = tenant_key(platform, TENANT)
    expect = tmp_path_factory.mktemp("chaos") / "expect.csv"
    simulate(platform, key, "--students", 100, "--seed", 3, "--connections", 4,
             "--no-history", "--rate", 20000, "--records", RECORDS, "--chaos",
             "--expect", expect)
    platform.settle(60)
    return read_fates(expect)


def test_each_record_is_where_it_must_be(platform, fates):
    assert len(fates) == RECORDS
    damaged = sum(fate == "quarantine" for fate in fates.values())
    assert RECORDS / 60 < damaged < RECORDS / 15
    ledger = Ledger(platform, TENANT, "simulator")
    ledger.check_fates(fates)
    ledger.check_agreement()
    # Nothing came in but the records that have a fate.
    assert len(ledger.log) == RECORDS - damaged
    assert sum(ledger.quarantined.values()) == damaged
