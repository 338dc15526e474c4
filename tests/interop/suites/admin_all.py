"""Every test of the command line, for the suites that say on which cluster."""

from admin import AdminSuite
from admin_cluster import ClusterTests
from admin_groups import GroupTests
from admin_placement import PlacementTests
from admin_records import RecordTests
from admin_security import SecurityTests
from admin_topics import TopicTests


class AllTests(TopicTests, GroupTests, PlacementTests, ClusterTests, SecurityTests, RecordTests, AdminSuite):
    """Runs on one cluster."""

    # Whether Java consumers can use the newer protocol of groups.
    consumer_protocol = True
    # Whether `kr` and Apache's tools use the same listener.
    plain = True
    # Whether brokers keep to the throttles of reassignments.
    throttles = True
