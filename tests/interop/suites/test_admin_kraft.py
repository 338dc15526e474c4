"""The command line on Apache Kafka in KRaft, one cluster of each version."""

import os
import unittest

from admin_all import AllTests
from apache_cluster import ApacheCluster


class KraftTests(AllTests):
    """KRaft, plain; `version` is set below."""

    lacks = {"tokens": "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED"}
    feature = ("transaction.version", 1, 2)

    @classmethod
    def target(cls):
        return ApacheCluster(f"kraft-{cls.version}", cls.version)


def load_tests(loader, _standard, _pattern):
    """One suite per version."""
    suites = loader.suiteClass()
    for version in os.environ["KR_INTEROP_BROKERS"].split():
        fields = {"version": version, "tools_version": version, "release": version.rpartition(".")[0]}
        if version.startswith("3."):
            # Its only feature is metadata.version, and its brokers were fenced after a way down and up again.
            fields |= {"consumer_protocol": False, "feature": None}
            fields["lacks"] = KraftTests.lacks | {"group-configs": "INVALID_REQUEST"}
        name = f"Kraft{version.replace('.', '_')}"
        case = type(name, (KraftTests, unittest.TestCase), fields | {"__module__": __name__})
        suites.addTest(loader.loadTestsFromTestCase(case))
    return suites
