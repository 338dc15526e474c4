"""Topics, their configs and offsets: `kr` changes them and Apache's tools say the same, and the other way round."""

import json

import said


class TopicTests:
    """Tests of a cluster; see `AdminSuite`."""

    def their_topics(self):
        return said.topics(self.tool("kafka-topics", "--describe"))

    def our_topics(self):
        """In the form of `said.topics`."""
        found = {}
        for topic in self.items("topic", "list", "--internal"):
            found[topic["name"]] = {"id": topic["id"], "partitions": {}}
        for row in self.items("partition", "list", "--internal"):
            found[row["topic"]]["partitions"][row["partition"]] = {
                "leader": row["leader"],
                "replicas": row["replicas"],
                "isr": sorted(row["isr"]),
            }
        return found

    def topics_agree(self):
        """Apache's tool and `kr` see the same topics, which are returned."""

        def theirs():
            return {
                name: {key: topic[key] for key in ("id", "partitions")} for name, topic in self.their_topics().items()
            }

        return self.agree(theirs, self.our_topics)

    def their_configs(self, topic):
        return said.configs(self.tool("kafka-configs", "--describe", "--entity-type topics --entity-name", topic))

    def our_configs(self, topic):
        """What is set on the topic itself."""
        configs = self.item("topic", "config", "get", topic)["configs"]
        return {config["name"]: config["value"] for config in configs if config["source"] == "topic"}

    def test_topics_created_and_deleted(self):
        self.kr("topic", "create", "made", "-p", 2, "-r", 3, "-C", "retention.ms=7200000")
        self.assign("placed", (1, 2), (2, 3), (3, 1))
        self.kr("topic", "create", "alike", "--like", "made")
        file = self.cluster.home / "topics.yaml"
        file.write_text(
            "- name: filed\n  partitions: 4\n  replication_factor: 2\n  configs:\n    cleanup.policy: compact\n"
        )
        self.kr("topic", "create", "--from-file", file)
        self.tool("kafka-topics", "--create --topic theirs --partitions 3 --replication-factor 1")
        self.kr("topic", "add-partitions", "made", 5)
        self.kr("topic", "add-partitions", "placed", 4, "--assign", "2:1")
        topics = self.topics_agree()
        self.assertEqual(
            [5, 4, 2, 4, 3], [len(topics[name]["partitions"]) for name in "made placed alike filed theirs".split()]
        )
        self.assertEqual(
            [[1, 2], [2, 3], [3, 1], [2, 1]], [part["replicas"] for part in topics["placed"]["partitions"].values()]
        )
        for topic in ("made", "alike", "filed"):
            self.assertEqual(self.their_configs(topic), self.our_configs(topic))
        self.assertEqual({"retention.ms": "7200000"}, self.our_configs("alike"))

        self.refused(1, "already exists", "topic", "create", "made")
        self.kr("topic", "create", "made", "--if-not-exists")
        self.refused(1, "(?i)replication.factor|brokers", "topic", "create", "wide", "-p", 1, "-r", 9)
        self.refused(1, "(?i)partitions", "topic", "add-partitions", "made", 2)
        preview = self.document("topic", "delete", "made", "--dry-run")
        self.assertEqual(False, preview["applied"])
        self.refused(6, "--yes", "topic", "delete", "made")
        self.assertIn("made", self.topics_agree())

        self.kr("topic", "delete", "made", "alike", "theirs", "--yes")
        self.kr("topic", "delete", "--id", topics["filed"]["id"], "--yes")
        self.kr("topic", "delete", "gone", "--if-exists", "--yes")
        self.refused(1, "gone", "topic", "delete", "gone", "--yes")
        self.kr("wait", "--for", "topic=made:absent")
        self.assertFalse({"made", "alike", "filed", "theirs"} & self.topics_agree().keys())

    def test_topic_described(self):
        self.create("described", 3, 3, "-C", "cleanup.policy=compact")
        self.fill("described", [f"k{number}:{number}" for number in range(30)], "-K", ":")
        self.kr("group", "create", "describers", "-t", "described", "--to", "earliest")
        topic = self.item("topic", "describe", "described", "--section", "summary,configs,partitions,groups")
        ends = said.offsets(self.tool("kafka-get-offsets", "--topic described"))
        self.assertEqual(ends, {("described", part["partition"]): part["end_offset"] for part in topic["partitions"]})
        self.assertEqual(["describers"], [group["group"] for group in topic["groups"]])
        self.assertEqual(30, topic["groups"][0]["lag"])
        self.assertEqual(["describers"], [row["group"] for row in self.items("topic", "groups", "described")])
        listed = self.item("topic", "list", "described", "--count", "--size")
        self.assertEqual(30, listed["records_at_most"])
        dirs = said.log_dirs(self.tool("kafka-log-dirs", "--describe --topic-list described"))
        self.assertEqual(sum(dirs.values()), listed["replica_bytes"])
        self.assertEqual([], self.items("topic", "list", "--offline"))
        self.refused(1, "missing", "topic", "describe", "missing")

    def test_topic_configs(self):
        self.create("configured", 1, 3)
        self.kr("topic", "config", "set", "configured", "retention.ms=3600000", "cleanup.policy=delete", "--yes")
        self.kr("topic", "config", "append", "configured", "cleanup.policy=compact", "--yes")
        wanted = {"retention.ms": "3600000", "cleanup.policy": "delete,compact"}
        agreed = self.agree(lambda: self.their_configs("configured"), lambda: self.our_configs("configured"), wanted)
        self.kr("topic", "config", "subtract", "configured", "cleanup.policy=delete", "--yes")
        self.tool(
            "kafka-configs", "--alter --entity-type topics --entity-name configured --add-config", "segment.ms=600000"
        )
        wanted = {"retention.ms": "3600000", "cleanup.policy": "compact", "segment.ms": "600000"}
        agreed = self.agree(lambda: self.their_configs("configured"), lambda: self.our_configs("configured"), wanted)
        self.assertTrue(self.kr("topic", "config", "diff", "configured", check=False).returncode in (0, 3))
        self.kr("topic", "config", "unset", "configured", "retention.ms", "--yes")
        self.kr("config", "set", "topic/configured", "max.message.bytes=123456", "--yes")
        self.kr("config", "append", "topic/configured", "cleanup.policy=delete", "--yes")
        self.kr("config", "subtract", "topic/configured", "cleanup.policy=compact", "--yes")
        self.kr("config", "unset", "topic/configured", "segment.ms", "--yes")
        wanted = {"cleanup.policy": "delete", "max.message.bytes": "123456"}
        agreed = self.agree(lambda: self.their_configs("configured"), lambda: self.our_configs("configured"), wanted)
        ours = {row["key"]: row["value"] for row in self.items("config", "get", "topic/configured")}
        self.assertEqual(agreed, ours)
        self.refused(1, "retention.ms", "topic", "config", "set", "configured", "retention.ms=soon", "--yes")
        self.kr("topic", "config", "set", "configured", "retention.ms=1", "--dry-run")
        self.assertEqual(agreed, self.their_configs("configured"))

    def test_a_change_is_taken_back(self):
        self.create("undone", 1, 3)
        self.kr("topic", "config", "set", "undone", "retention.ms=3600000", "--yes")
        self.kr("topic", "config", "set", "undone", "retention.ms=7200000", "--yes")
        change = self.items("undo", "list")[-1]
        self.assertIn(change["id"], [entry["id"] for entry in self.items("journal")])
        self.kr("undo", "show", change["id"])
        self.kr("undo", "apply", change["id"], "--yes")
        before = {"retention.ms": "3600000"}
        self.agree(lambda: self.their_configs("undone"), lambda: self.our_configs("undone"), before)

    def test_offsets_by_place_and_time(self):
        self.create("timed", 2, 3)
        base = 1_700_000_000_000
        for partition in (0, 1):
            lines = (
                json.dumps({"value": f"v{at}", "timestamp": base + at * 1000, "partition": partition})
                for at in range(10)
            )
            self.fill("timed", lines, "-J")
        for at, time in (
            ("latest", "-1"),
            ("earliest", "-2"),
            ("max-timestamp", "-3"),
            (str(base + 3500), str(base + 3500)),
        ):
            with self.subTest(at=at):
                theirs = said.offsets(self.tool("kafka-get-offsets", "--topic timed --time", time))
                ours = {
                    ("timed", row["partition"]): row["offset"]
                    for row in self.items("topic", "offsets", "timed", "--at", at)
                }
                self.assertEqual(theirs, ours)
                self.assertEqual(2, len(ours))

    def test_trim(self):
        self.create("trimmed", 2, 3)
        for partition in (0, 1):
            self.fill("trimmed", range(20), "-p", partition)
        starts = lambda: said.offsets(self.tool("kafka-get-offsets", "--topic trimmed --time -2"))
        ours = lambda: {
            ("trimmed", row["partition"]): row["offset"]
            for row in self.items("topic", "offsets", "trimmed", "--at", "earliest")
        }
        self.kr("topic", "trim", "trimmed", "--to", 5, "-p", 0, "--dry-run")
        self.refused(6, "--yes", "topic", "trim", "trimmed", "--to", 5, "-p", 0)
        self.assertEqual({("trimmed", 0): 0, ("trimmed", 1): 0}, starts())
        self.kr("topic", "trim", "trimmed", "--to", 5, "-p", 0, "--yes")
        self.agree(starts, ours, {("trimmed", 0): 5, ("trimmed", 1): 0})
        file = self.cluster.home / "trim.json"
        file.write_text(json.dumps({"partitions": [{"topic": "trimmed", "partition": 1, "offset": 7}], "version": 1}))
        self.tool("kafka-delete-records", "--offset-json-file", str(file))
        self.agree(starts, ours, {("trimmed", 0): 5, ("trimmed", 1): 7})
        self.kr("topic", "trim", "--from-file", self.offsets_file("trimmed", {0: 9, 1: 9}), "--yes")
        self.agree(starts, ours, {("trimmed", 0): 9, ("trimmed", 1): 9})
        self.kr("topic", "trim", "trimmed", "--to", "end", "--yes")
        self.agree(starts, ours, {("trimmed", 0): 20, ("trimmed", 1): 20})

    def offsets_file(self, topic, offsets):
        """A file for kafka-delete-records."""
        path = self.cluster.home / f"{topic}-offsets.json"
        partitions = [
            {"topic": topic, "partition": partition, "offset": offset} for partition, offset in offsets.items()
        ]
        path.write_text(json.dumps({"partitions": partitions, "version": 1}))
        return path
