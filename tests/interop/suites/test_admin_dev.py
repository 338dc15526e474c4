"""The command line on `kr dev`, beside the tools of Apache Kafka."""

import unittest

from admin_all import AllTests
from cluster import Cluster


class DevSuite(AllTests, unittest.TestCase):
    """The dev cluster, which does not serve everything yet: what it lacks is refused, and clearly."""

    tools_version = "4.1.2"
    consumer_protocol = False
    feature = ("transaction.version", 1, 2)
    release = "4.1"
    throttles = False
    lacks = {
        "acls": "DescribeAcls",
        "users": "UserScramCredentials",
        "quotas": "ClientQuotas",
        "tokens": "DelegationToken",
        "transactions": "(?i)transaction|DescribeProducers|WriteTxnMarkers",
        "loggers": "(?i)logger|resource",
        "client-metrics-list": "ConfigResources",
        "log-dir-moves": "has no directory",
    }

    @classmethod
    def target(cls):
        return Cluster("admin")

    def stop_node(self, node):
        self.cluster.kr("dev", "kill", "--name", self.cluster.name, str(node))
