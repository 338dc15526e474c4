"""The command line on Apache Kafka 3.9.2 with ZooKeeper: what only KRaft has is refused, and clearly."""

import unittest

from admin_all import AllTests
from apache_cluster import ApacheCluster


class ZookeeperSuite(AllTests, unittest.TestCase):
    """ZooKeeper, plain."""

    tools_version = "3.9.2"
    consumer_protocol = False
    lacks = {
        "tokens": "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED",
        "quorum": "ZooKeeper",
        "features": "(?i)ZooKeeper|feature",
        "unregister": "UnregisterBroker",
        "client-metrics": "(?i)client.metrics|resource",
        "group-configs": "(?i)resource|group",
    }

    @classmethod
    def target(cls):
        return ApacheCluster("zookeeper", cls.tools_version, mode="zookeeper")
