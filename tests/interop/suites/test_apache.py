"""Apache Kafka's own tools, of each version: console clients, administration, load and verifiable clients."""

import json
import re
import unittest

from cluster import Cluster
from exchange import PARTITIONS, exchange
from kafka_tools import VERSIONS, KafkaTools
from records import CODECS, COUNT
from waiting import run, until


class Console:
    """The console producer and consumer as a client of lines."""

    def __init__(self, tools, cluster):
        self.tools, self.cluster = tools, cluster
        self.name = f"console-{tools.version}"

    def consumer(self, topic, group, out):
        return self.tools.start(
            "kafka-console-consumer",
            *("--bootstrap-server", self.cluster.bootstrap, "--topic", topic, "--group", group, "--from-beginning"),
            *("--formatter-config", self._properties("print.key=true")),
            out=out,
        )

    def produce(self, topic, codec, stdin):
        done = self.tools.call(
            "kafka-console-producer",
            *("--bootstrap-server", self.cluster.bootstrap, "--topic", topic, "--compression-codec", codec),
            *("--reader-config", self._properties("parse.key=true")),
            stdin=stdin,
        )
        # It ends with 0 when records were refused, and says so only in its log.
        if "ERROR" in done.err or "Exception" in done.err:
            said = done.err if len(done.err) < 8000 else f"{done.err[:6000]}\n[...]\n{done.err[-2000:]}"
            raise AssertionError(f"console producer of {self.tools.version}, {codec}:\n{said}")

    def _properties(self, line):
        """A file, because the options for single properties differ from version to version."""
        path = self.cluster.home / f"{line}.properties"
        path.write_text(f"{line}\nkey.separator=\\t\n")
        return path


class ApacheTests:
    """The tests of one version; `version` is set below."""

    def setUp(self):
        self.cluster = self.enterContext(Cluster(f"apache-{self.version}"))
        self.tools = self.enterContext(KafkaTools(self.version, self.cluster.home))

    def tool(self, name, *args, **options):
        return self.tools.call(name, "--bootstrap-server", self.cluster.bootstrap, *args, **options)

    def create(self, topic):
        self.tool("kafka-topics", *f"--create --topic {topic} --partitions {PARTITIONS} --replication-factor 3".split())

    def end_offsets(self, topic):
        said = self.tool("kafka-get-offsets", "--topic", topic).out
        return {int(partition): int(offset) for partition, offset in re.findall(rf"{topic}:(\d+):(\d+)", said)}

    def test_console_exchanges_records_in_a_group(self):
        self.create("console")
        exchange(self, self.cluster, Console(self.tools, self.cluster), "console", fault=False)
        self.assertEqual(COUNT * len(CODECS), sum(self.end_offsets("console").values()))
        group = self.tool("kafka-consumer-groups", "--describe", "--group", "console-readers").out
        lags = re.findall(r"^console-readers +console +\d+ +(\d+) +(\d+) +(\d+)", group, re.MULTILINE)
        self.assertEqual(PARTITIONS, len(lags), group)
        self.assertTrue(all(committed == end and lag == "0" for committed, end, lag in lags), group)

    def test_console_loses_nothing_when_leaders_are_killed(self):
        self.create("console-fault")
        exchange(self, self.cluster, Console(self.tools, self.cluster), "console-fault", fault=True)
        # The producer is idempotent: nothing is in the log twice.
        self.assertEqual(COUNT * len(CODECS), sum(self.end_offsets("console-fault").values()))

    def test_topics(self):
        self.tool("kafka-topics", *"--create --topic made --partitions 2 --config retention.ms=7200000".split())
        self.tool("kafka-topics", *"--create --topic placed --replica-assignment 1:2,2:3,3:1".split())
        self.assertEqual(["made", "placed"], self.tool("kafka-topics", "--list").out.split())
        self.tool("kafka-topics", *"--alter --topic made --partitions 5".split())
        described = self.tool("kafka-topics", "--describe").out
        self.assertRegex(described, r"Topic: made\s+TopicId: \S+\s+PartitionCount: 5\s+ReplicationFactor: 3.*retention.ms=7200000")
        self.assertRegex(described, r"Topic: placed\s+Partition: 1\s+Leader: 2\s+Replicas: 2,3\s+Isr: 2,3")
        self.tool("kafka-topics", *"--delete --topic made".split())
        until("the topic is gone", lambda: self.tool("kafka-topics", "--list").out.split() == ["placed"], 10)
        refused = self.tool("kafka-topics", *"--create --topic placed".split(), check=False)
        self.assertEqual("1", refused.status)
        self.assertIn("already exists", refused.out + refused.err)
        refused = self.tool("kafka-topics", *"--create --topic wide --replication-factor 4".split(), check=False)
        self.assertIn("InvalidReplicationFactorException", refused.out + refused.err)

    def test_configs(self):
        self.create("configured")
        topic = "--entity-type topics --entity-name configured".split()
        self.tool("kafka-configs", *topic, "--alter", "--add-config", "retention.ms=3600000,cleanup.policy=[compact,delete]")
        said = self.tool("kafka-configs", *topic, "--describe").out
        self.assertIn("retention.ms=3600000", said)
        self.assertIn("cleanup.policy=compact,delete", said)
        self.tool("kafka-configs", *topic, "--alter", "--delete-config", "retention.ms")
        self.assertNotIn("retention.ms", self.tool("kafka-configs", *topic, "--describe").out)
        self.assertIn("retention.ms=604800000", self.tool("kafka-configs", *topic, "--describe", "--all").out)
        refused = self.tool("kafka-configs", *topic, *"--alter --add-config retention.ms=soon".split(), check=False)
        self.assertEqual("1", refused.status)
        self.assertIn("retention.ms", refused.out + refused.err)
        for broker in (["--entity-default"], ["--entity-name", "2"]):
            brokers = ["--entity-type", "brokers", *broker]
            self.tool("kafka-configs", *brokers, *"--alter --add-config log.cleaner.threads=2".split())
            self.assertIn("log.cleaner.threads=2", self.tool("kafka-configs", *brokers, "--describe").out)

    def test_groups(self):
        self.create("grouped")
        with self.tools.start(
            "kafka-verifiable-consumer",
            *("--bootstrap-server", self.cluster.bootstrap, "--topic", "grouped", "--group-id", "members"),
            out=self.cluster.home / "members.out",
        ) as consumer:
            self.cluster.wait_for_group("members", [PARTITIONS], consumer)
            self.assertEqual(["members"], self.tool("kafka-consumer-groups", "--list").out.split())
            state = self.tool("kafka-consumer-groups", *"--describe --group members --state".split()).out
            self.assertRegex(state, r"members +\S+:\d+ +\(\d\) +range +Stable +1")
            members = self.tool("kafka-consumer-groups", *"--describe --group members --members --verbose".split()).out
            self.assertRegex(members, r"grouped:0,1,2,3,4,5|grouped\(0,1,2,3,4,5\)")
            consumer.terminate()
        self.tool("kafka-verifiable-producer", *"--topic grouped --max-messages 60".split())
        reset = "--reset-offsets --group members --topic grouped --execute".split()
        self.tool("kafka-consumer-groups", *reset, "--to-latest")
        moved = self.tool("kafka-consumer-groups", *reset, "--shift-by", "-1").out
        ends = self.end_offsets("grouped")
        self.assertEqual(60, sum(ends.values()))
        self.assertEqual(
            {partition: max(end - 1, 0) for partition, end in ends.items()},
            {int(p): int(to) for p, to in re.findall(r"^members +grouped +(\d+) +(\d+)", moved, re.MULTILINE)},
        )
        self.tool("kafka-consumer-groups", *"--delete-offsets --group members --topic grouped".split())
        self.tool("kafka-consumer-groups", *"--delete --group members".split())
        self.assertEqual([], self.tool("kafka-consumer-groups", "--list").out.split())

    def test_quorum(self):
        status = self.tool("kafka-metadata-quorum", "describe", "--status").out
        leader = int(re.search(r"LeaderId: +(\d)", status)[1])
        self.assertEqual(self.cluster.status()["controller"], leader)
        self.assertRegex(status, r"MaxFollowerLag: +0")
        replication = self.tool("kafka-metadata-quorum", "describe", "--replication").out
        self.assertEqual(["Follower", "Follower", "Leader"], sorted(re.findall(r"\b(Leader|Follower)\s*$", replication, re.MULTILINE)))
        run([*self.cluster.fault_command("none")[:-1], "@controller"], env=self.cluster.env)
        status = self.tool("kafka-metadata-quorum", "describe", "--status").out
        self.assertNotEqual(leader, int(re.search(r"LeaderId: +(\d)", status)[1]))

    def test_producer_performance(self):
        self.create("load")
        said = self.tools.call(
            "kafka-producer-perf-test",
            *"--topic load --num-records 50000 --record-size 200 --throughput -1 --producer-props acks=all".split(),
            f"bootstrap.servers={self.cluster.bootstrap}",
        ).out
        self.assertRegex(said, r"50000 records sent, .*99\.9th")
        self.assertEqual(50_000, sum(self.end_offsets("load").values()))

    def test_verifiable_clients_lose_nothing_when_a_leader_is_killed(self):
        self.create("verifiable")
        words = ["--bootstrap-server", self.cluster.bootstrap, "--topic", "verifiable", "--group-id", "checkers"]
        outs = [self.cluster.home / f"checker-{member}.out" for member in "ab"]
        start = lambda out: self.tools.start("kafka-verifiable-consumer", *words, "--verbose", out=out)
        with start(outs[0]) as a, start(outs[1]) as b:
            self.cluster.wait_for_group("checkers", [PARTITIONS // 2] * 2, a, b)
            sent = self.cluster.home / "verifiable-producer.out"
            words = f"--topic verifiable --max-messages {COUNT} --throughput 5000 --acks -1".split()
            # In a JVM of its own: it prints the last acknowledgements when its JVM ends.
            with self.tools.start(
                "kafka-verifiable-producer", "--bootstrap-server", self.cluster.bootstrap, *words, out=sent
            ) as producer:
                until("some records are read", lambda: any(events(out, "record_data") for out in outs))
                run(self.cluster.fault_command("verifiable"), env=self.cluster.env)
                producer.finish()
            acknowledged = {event["value"] for event in events(sent, "producer_send_success")}
            # This producer does not retry, so the leader's end costs it some records, and says which.
            refused = {event["value"] for event in events(sent, "producer_send_error")}
            self.assertEqual(COUNT, len(acknowledged | refused))
            self.assertGreater(len(acknowledged), COUNT // 2, events(sent, "producer_send_error")[:3])
            read = lambda: {event["value"] for out in outs for event in events(out, "record_data")}
            until("both members read every acknowledged record", lambda: read() >= acknowledged, 60, lambda: len(read()))
            self.cluster.heal()
            a.terminate()
            b.terminate()
        self.assertGreaterEqual(sum(self.end_offsets("verifiable").values()), len(acknowledged))


def events(path, name):
    """The events of one kind that a verifiable client has printed."""
    found = (json.loads(line) for line in path.read_text().split("\n")[:-1] if line.startswith("{"))
    return [event for event in found if event["name"] == name]


def load_tests(loader, _standard, _pattern):
    """One suite per version."""
    suites = []
    for version in VERSIONS:
        name = f"Apache{version.replace('.', '_')}"
        case = type(name, (ApacheTests, unittest.TestCase), {"version": version, "__module__": __name__})
        suites.append(loader.loadTestsFromTestCase(case))
    return unittest.TestSuite(suites)
