"""franz-go, by the program in tests/interop/franz-go."""

import os
import shlex
import unittest

from cluster import Cluster
from waiting import run

FRANZ_GO = os.environ["KR_INTEROP_FRANZ_GO"]


class FranzGoSuite(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster("franz-go"))

    def run_program(self, *words):
        return run([FRANZ_GO, *words], env=self.cluster.env, seconds=150).stdout.decode()

    def test_exchanges_records_in_a_group(self):
        said = self.run_program("exchange", "-brokers", self.cluster.bootstrap, "-topic", "franz-group")
        self.assertEqual("50000 records, each once\n", said)

    def test_loses_and_doubles_nothing_when_leaders_are_killed(self):
        said = self.run_program(
            *("exchange", "-brokers", self.cluster.bootstrap, "-topic", "franz-fault"),
            *("-fault", shlex.join(self.cluster.fault_command("franz-fault"))),
            *("-heal", shlex.join(self.cluster.heal_command())),
        )
        self.assertEqual("50000 records, each once\n", said)
