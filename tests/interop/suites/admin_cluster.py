"""The cluster as a whole: nodes, quorum, features, configs of brokers, loggers, client metrics, the doctor."""

import json
import re
import time

import said
from cluster import KR
from waiting import run, until


class ClusterTests:
    """Tests of a cluster; see `AdminSuite`."""

    def test_cluster_and_nodes(self):
        theirs = self.tool("kafka-cluster", "cluster-id")
        cluster = self.item("cluster", "info")
        self.assertIn(cluster["cluster_id"], theirs)
        self.assertEqual(cluster["cluster_id"], self.item("cluster", "id")["cluster_id"])
        self.assertEqual(len(self.nodes), cluster["brokers"])
        versions = self.tool("kafka-broker-api-versions")
        theirs = {int(node): address for address, node in re.findall(r"^(\S+) \(id: (\d+) ", versions, re.MULTILINE)}
        brokers = {row["id"]: row["address"] for row in self.items("broker", "list")}
        # The tool comes over the plain listener and is told the addresses of that one.
        self.assertEqual(*((theirs, brokers) if self.plain else (theirs.keys(), brokers.keys())))
        self.assertEqual(set(self.nodes), {row["node"] for row in self.items("cluster", "nodes")})
        served = {(row["key"], row["min"], row["max"]) for row in self.items("cluster", "api-versions", self.nodes[0])}
        # The tool knows the newest APIs only of its own version: those that it calls unknown are left out.
        first = versions.split("\n(", 1)[0] if "\n(" in versions else versions
        for name, key, low, high in re.findall(r"^\t(\w+)\((\d+)\): (\d+)(?: to (\d+))?", first, re.MULTILINE):
            self.assertIn((int(key), int(low), int(high or low)), served, name)
        self.assertEqual(set(self.nodes), {row["id"] for row in self.items("broker", "describe", *self.nodes)})
        balance = self.items("cluster", "balance")
        self.assertEqual(
            sum(row["leaders"] for row in balance), sum(row["leaders"] for row in self.items("broker", "list"))
        )

    def test_quorum(self):
        # Brokers before Kafka 4.4 cannot.
        self.refused(1, "(?i)unregister", "controller", "unregister", 9, "--yes")
        if not self.has("quorum", "quorum", "status"):
            self.refused(1, self.lacks["quorum"], "quorum", "replication")
            self.refused(1, self.lacks["quorum"], "quorum", "add", 9, "--yes")
            self.refused(1, self.lacks["quorum"], "quorum", "remove", 9, "--yes")
            self.assertIn("ZooKeeper", self.kr("controller", "list").stdout.decode())
            return
        status = said.quorum(self.tool("kafka-metadata-quorum", "describe", "--status"))
        ours = self.item("quorum", "status")
        self.assertEqual((int(status["LeaderId"]), int(status["LeaderEpoch"])), (ours["leader"], ours["leader_epoch"]))
        replicas = said.rows(self.tool("kafka-metadata-quorum", "describe", "--replication"), "NodeId")
        theirs = {(int(row["nodeid"]), row["status"].lower().replace("follower", "voter")) for row in replicas}
        self.assertEqual(theirs, {(row["node"], row["role"]) for row in self.items("quorum", "replication")})
        controllers = self.items("controller", "list")
        self.assertEqual(set(self.nodes), {row["id"] for row in controllers})
        self.assertEqual([ours["leader"]], [row["id"] for row in controllers if row["quorum"] == "leader"])
        self.refused(1, "(?i)static|log|quorum", "quorum", "add", 9, "--yes")
        self.refused(1, "(?i)static|voter|quorum", "quorum", "remove", 9, "--yes")

    def test_features(self):
        self.kr("feature", "mapping", "3.9")
        self.kr("feature", "deps", "metadata.version=20")
        theirs = said.features(self.tool("kafka-features", "describe"))
        ours = {row["name"]: row for row in self.items("feature", "list")}
        self.assertEqual(theirs.keys(), ours.keys())
        for name, (low, high, level) in theirs.items():
            if name != "metadata.version":
                row = ours[name]
                self.assertEqual([low, high, level], [str(row["min"]), str(row["max"]), str(row["level"] or 0)], name)
            elif ours[name]["level_name"]:
                self.assertEqual(level, ours[name]["level_name"])
        if not self.has("features", "feature", "upgrade", "metadata.version=20", "--yes"):
            self.refused(1, self.lacks["features"], "feature", "downgrade", "metadata.version=8", "--yes")
            self.kr("feature", "check", "--to", "3.9", check=False)
            return
        self.refused(2, "9.9", "feature", "check", "--to", "9.9")
        self.kr("feature", "check", "--to", self.release)
        if not self.feature:
            self.kr("feature", "upgrade", "--release", self.release, "--dry-run")
            self.kr("feature", "downgrade", "metadata.version=20", "--dry-run")
            return
        name, low, high = self.feature
        self.refused(6, "--yes", "feature", "downgrade", f"{name}={low}")
        for verb, level in (("downgrade", low), ("upgrade", high)):
            self.kr("feature", verb, f"{name}={level}", "--dry-run")
            self.kr("feature", verb, f"{name}={level}", "--yes")
            self.kr("wait", "--for", f"feature={name}>={level}")
            level_of = lambda: {row["name"]: row["level"] for row in self.items("feature", "list")}[name]
            self.agree(lambda: level, level_of)
            row = {row["name"]: row for row in self.items("feature", "list")}[name]
            seen = said.features(self.tool("kafka-features", "describe"))[name][2]
            self.assertIn(seen, (str(level), row["level_name"]))
        self.refused(1, "(?i)level|version|support", "feature", "upgrade", f"{name}=99", "--yes")

    def test_broker_configs(self):
        describe = lambda *who: said.configs(self.tool("kafka-configs", "--describe --entity-type brokers", *who))
        ours = lambda *who: {row["key"]: row["value"] for row in self.items("broker", "config", "get", *who)}
        key = "log.cleaner.backoff.ms"
        self.kr("broker", "config", "set", "--default", f"{key}=16000", "--yes")
        self.kr("broker", "config", "set", 1, f"{key}=17000", "--yes")
        self.agree(lambda: describe("--entity-default").get(key), lambda: ours("--default").get(key))
        self.agree(lambda: describe("--entity-name 1").get(key), lambda: ours(1).get(key), "17000")
        self.agree(lambda: "16000", lambda: ours("--default").get(key))
        self.assertIn(key, self.kr("broker", "config", "diff", "-o", "json", check=False).stdout.decode())
        self.kr("broker", "config", "unset", 1, key, "--yes")
        self.kr("broker", "config", "unset", "--default", key, "--yes")
        is_gone = lambda value: value is None
        self.agree(lambda: describe("--entity-name 1").get(key), lambda: ours(1).get(key), fits=is_gone)
        self.agree(lambda: describe("--entity-default").get(key), lambda: ours("--default").get(key), fits=is_gone)
        self.refused(1, "listeners|node.id|broker.id", "broker", "config", "set", 1, "broker.id=9", "--yes")

    def test_loggers(self):
        logger = "kafka.server.ReplicaManager"
        if not self.has("loggers", "broker", "logger", "list", 1):
            self.refused(1, self.lacks["loggers"], "broker", "logger", "set", 1, f"{logger}=DEBUG", "--yes")
            self.refused(1, self.lacks["loggers"], "broker", "logger", "reset", 1, logger, "--yes")
            return
        theirs = lambda: dict(
            re.findall(
                r"^  (\S+?)=(\w+) ",
                self.tool("kafka-configs", "--describe --entity-type broker-loggers --entity-name 1"),
                re.MULTILINE,
            )
        )
        ours = lambda: {row["key"]: row["value"] for row in self.items("broker", "logger", "list", 1)}
        self.kr("broker", "logger", "set", 1, f"{logger}=DEBUG", "--yes")
        self.agree(theirs, ours, fits=lambda levels: levels.get(logger) == "DEBUG")
        self.kr("broker", "logger", "reset", 1, logger, "--yes")
        self.agree(theirs, ours, fits=lambda levels: levels.get(logger) != "DEBUG")

    def test_client_metrics(self):
        wanted = {"metrics": "org.apache.kafka.producer.", "interval.ms": "10000", "match": "client_id=app.*"}
        options = ("--metrics", wanted["metrics"], "--interval", "10s", "--match", wanted["match"], "--yes")
        if not self.has("client-metrics", "client-metrics", "set", "app", *options):
            for command in (("list",), ("describe", "app"), ("delete", "app", "--yes")):
                self.kr("client-metrics", *command, check=False)
            return
        self.kr("client-metrics", "set", "app", *options)
        describe = "--describe --entity-type client-metrics --entity-name app"
        theirs = lambda: said.configs(self.tool("kafka-configs", describe))

        def ours():
            rows = self.items("client-metrics", "describe", "app")
            return {row["key"]: row["value"] for row in rows if row["source"] != "default"}

        if not self.has("client-metrics-list", "client-metrics", "list"):
            # Then Apache's tool cannot describe them either.
            self.assertEqual(wanted, ours())
            self.kr("client-metrics", "delete", "app", "--yes")
            return
        self.agree(theirs, ours, wanted)
        names = lambda: [row["name"] for row in self.items("client-metrics", "list")]
        # The JVM that runs the tools prints how the tool ends.
        listed = lambda: self.tool("kafka-client-metrics", "--list").split("exit 0")[0].split()
        self.agree(listed, names, ["app"])
        self.kr("client-metrics", "delete", "app", "--yes")
        self.agree(listed, names, [])

    def test_watch(self):
        out = self.cluster.home / "watch.out"
        with self.background("watch", "--kind", "topic", "-o", "jsonl", "-n", 1, out=out) as watch:
            self.addCleanup(self.kr, "topic", "delete", "seen-.*", "--regex", "--yes")
            # What is there at its first look is no event.
            for number in range(40):
                self.kr("topic", "create", f"seen-{number}", "-p", 1, "-r", 1)
                if watch.process.poll() is not None:
                    break
                time.sleep(0.5)
            watch.finish()
        event = json.loads(out.read_text().splitlines()[0])
        self.assertEqual("topic", event["event"])
        self.assertRegex(event["topic"], r"seen-\d+")

    def test_doctor_and_wait(self):
        done = self.kr("doctor", "-o", "json", check=False)
        found = json.loads(done.stdout)["items"]
        self.assertEqual([], [finding for finding in found if finding["severity"] == "error"])
        self.assertEqual(0, done.returncode)
        self.kr("wait", "--for", "broker=1:unfenced", "--for", "reassign=done")
        self.refused(3, "not so", "wait", "--for", "topic=never", "--timeout", "300ms")

    def test_a_cluster_does_not_differ_from_itself(self):
        one, other, *_ = self.cluster.bootstrap.split(",")
        diff = lambda: run([KR, "diff", one, other, "--include-internal"], env=self.cluster.env, check=False)
        self.ran.add("kr-diff")
        until("its brokers have heard of every change", lambda: diff().returncode == 0, 20, lambda: diff().stdout)
