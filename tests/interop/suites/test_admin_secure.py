"""The command line on Apache Kafka 4.1.2 over TLS with SCRAM and ACLs, as the administrator and as somebody else."""

import base64
import re
import unittest

from admin_all import AllTests
from apache_cluster import GUEST, ApacheCluster
from waiting import until


class SecureSuite(AllTests, unittest.TestCase):
    """KRaft with TLS, SCRAM and ACLs; Apache's tools come over the plain listener, or as a user where they must."""

    tools_version = "4.1.2"
    feature = ("transaction.version", 1, 2)
    release = "4.1"
    plain = False

    @classmethod
    def target(cls):
        return ApacheCluster("secure", cls.tools_version, secure=True)

    def guest(self, *words, **options):
        return self.kr(*words, user=GUEST[0], **options)

    def test_acls_count(self):
        self.create("guarded", 1, 3)
        self.fill("guarded", ["one"])
        guest = {"user": GUEST[0]}
        self.assertNotIn("guarded", [row["name"] for row in self.items("topic", "list", **guest)])
        self.refused(5, "(?i)authori[sz]", "topic", "create", "own", "-p", 1, "-r", 3, **guest)
        self.refused(5, "(?i)authori[sz]", "topic", "describe", "guarded", **guest)
        self.refused(5, "(?i)authori[sz]", "consume", "guarded", **guest)
        self.refused(5, "(?i)authori[sz]", "produce", "guarded", stdin=b"two\n", **guest)
        self.refused(5, "(?i)authori[sz]", "acl", "list", **guest)
        self.refused(5, "(?i)authori[sz]", "quota", "list", **guest)
        self.assertEqual(3, self.kr("acl", "can", GUEST[0], "read", "topic:guarded", check=False).returncode)
        self.kr("acl", "add", "--allow", GUEST[0], "--producer", "-t", "guarded", "--yes")
        self.kr("acl", "add", "--allow", GUEST[0], "--consumer", "-t", "guarded", "-g", "guests", "--yes")
        self.kr("acl", "can", GUEST[0], "read", "topic:guarded")
        until(
            "the guest may write",
            lambda: self.guest("produce", "guarded", stdin=b"two\n", check=False).returncode == 0,
            10,
        )
        read = self.guest("consume", "guarded", "-g", "guests", "--commit").stdout
        self.assertEqual({b"one", b"two"}, set(read.split()))
        self.assertEqual(
            ["guests"], [row["group"] for row in self.items("group", "list", "--topic", "guarded", **guest)]
        )
        self.kr("acl", "remove", "--principal", GUEST[0], "--yes")
        denied = lambda: self.guest("consume", "guarded", check=False).returncode == 5
        until("the guest may not read any more", denied, 10)

    def test_passwords_count(self):
        self.kr("user", "set", "gina", "--password-stdin", "--yes", stdin=b"right\n")
        self.cluster.client_properties("gina", "right")
        until("gina comes in", lambda: self.kr("cluster", "id", user="gina", check=False).returncode == 0, 10)
        self.cluster.client_properties("gina", "wrong")
        self.refused(5, "(?i)password|authenticat", "cluster", "id", user="gina")
        self.cluster.client_properties("gina", "right")
        self.kr("user", "delete", "gina", "--yes")
        self.refused(5, "(?i)password|authenticat", "cluster", "id", user="gina")

    def test_a_certificate_that_nobody_knows_is_refused(self):
        path = self.cluster.client_properties("careless", "any")
        path.write_text("".join(line for line in path.read_text().splitlines(True) if "truststore" not in line))
        self.refused(4, "(?i)certificate", "cluster", "id", user="careless")

    def tokens_are_made_renewed_and_expired(self):
        token = self.item("token", "create", "--max-lifetime", "2h", "--renewer", f"User:{GUEST[0]}", "--yes")
        self.assertEqual(64, len(base64.b64decode(token["hmac"])))

        def theirs():
            words = [
                "--bootstrap-server",
                self.cluster.secured,
                "--command-config",
                self.cluster.home / "admin.properties",
            ]
            # Without an owner it asks for the tokens of nobody.
            words += ["--describe", "--owner-principal", "User:admin"]
            described = self.tools.call("kafka-delegation-tokens", *words).out
            return {row[0]: row[1] for row in re.findall(r"^(\S{22})\s+\S+\s+(User:\w+)", described, re.MULTILINE)}

        ours = lambda: {row["id"]: row["owner"] for row in self.items("token", "list")}
        self.assertEqual({token["id"]: "User:admin"}, self.agree(theirs, ours))
        before = self.item("token", "list")["expires_ms"]
        self.kr("token", "renew", token["id"], "--period", "1h", "--yes")
        until("it is renewed on every broker", lambda: self.item("token", "list")["expires_ms"] != before, 10)
        self.kr("token", "expire", token["id"], "--yes")
        self.assertEqual({}, self.agree(theirs, ours))
