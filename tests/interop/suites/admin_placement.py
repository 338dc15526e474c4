"""Where replicas and leaders are: reassignments, throttles, elections, log directories, a broker that is gone."""

import json
import re

import said
from waiting import until


class PlacementTests:
    """Tests of a cluster; see `AdminSuite`."""

    def replicas(self, topic, wanted=None):
        """Replicas of each partition, on which Apache's tool and `kr` agree."""
        described = lambda: said.topics(self.tool("kafka-topics", "--describe --topic", topic))[topic]["partitions"]
        theirs = lambda: {number: part["replicas"] for number, part in described().items()}
        ours = lambda: {part["partition"]: part["replicas"] for part in self.items("partition", "list", topic)}
        return self.agree(theirs, ours, wanted)

    def leaders(self, topic, wanted):
        """Leader of each partition, on which Apache's tool and `kr` agree."""
        described = lambda: said.topics(self.tool("kafka-topics", "--describe --topic", topic))[topic]["partitions"]
        theirs = lambda: {number: part["leader"] for number, part in described().items()}
        ours = lambda: {part["partition"]: part["leader"] for part in self.items("partition", "list", topic)}
        return self.agree(theirs, ours, wanted)

    def plan(self, topic, *replicas):
        """A file with the plan, as Apache's tool writes it."""
        partitions = [
            {"topic": topic, "partition": number, "replicas": brokers} for number, brokers in enumerate(replicas)
        ]
        path = self.cluster.home / f"{topic}-plan.json"
        path.write_text(json.dumps({"version": 1, "partitions": partitions}))
        return path

    def test_a_broker_is_drained_and_a_plan_of_each_side_is_read_by_the_other(self):
        self.assign("drained", (1, 3), (2, 3), (3, 1))
        self.fill("drained", range(300))
        plan = self.cluster.home / "drain.json"
        self.kr("reassign", "plan", "drain", 3, "-t", "drained", "--out", plan)
        self.assertEqual({"to do"}, {row["state"] for row in self.items("reassign", "show", plan)})
        self.kr("reassign", "run", plan, "--dry-run")
        self.replicas("drained", {0: [1, 3], 1: [2, 3], 2: [3, 1]})
        moved = self.items("reassign", "run", plan, "--yes", "--interval", "100ms")
        self.assertEqual({"done"}, {row["outcome"] for row in moved})
        self.assertTrue(all(3 not in brokers for brokers in self.replicas("drained").values()))
        self.assertEqual([], self.items("partition", "list", "drained", "--broker", 3))
        verified = self.tool("kafka-reassign-partitions", "--verify --reassignment-json-file", str(plan))
        self.assertEqual(3, verified.count("is completed") + verified.count("is complete."), verified)
        theirs = self.plan("drained", [3, 2], [3, 1], [1, 2])
        self.kr("reassign", "run", theirs, "--yes", "--interval", "100ms", "--throttle", "100MiB/s")
        self.replicas("drained", {0: [3, 2], 1: [3, 1], 2: [1, 2]})
        self.assertEqual({"done"}, {row["state"] for row in self.items("reassign", "show", theirs)})
        until("no throttle is left", lambda: self.items("throttle", "list") == [], 20)
        self.kr("partition", "verify", "-t", "drained")

    def test_plans_are_made(self):
        self.assign("planned", (1,), (1,), (1,))
        for words in (("add", 2, 3), ("rebalance",), ("set-rf", 2), ("racks",), ("leaders",)):
            with self.subTest(plan=words[0]):
                out = self.cluster.home / f"planned-{words[0]}.json"
                done = self.kr("reassign", "plan", *words, "-t", "planned", "--out", out, check=False)
                self.assertEqual(0, done.returncode, done.stderr.decode())
        plan = json.loads((self.cluster.home / "planned-set-rf.json").read_text())
        self.assertEqual({2}, {len(part["replicas"]) for part in plan["partitions"]})
        self.kr("topic", "set-rf", "planned", 3, "--yes")
        self.kr("wait", "--for", "reassign=done", "--for", "isr-full=planned", "--interval", "100ms")
        until(
            "it has three replicas", lambda: {3} == {len(brokers) for brokers in self.replicas("planned").values()}, 20
        )
        self.kr("topic", "set-rf", "planned", 1, "--yes")
        until("it has one replica", lambda: {1} == {len(brokers) for brokers in self.replicas("planned").values()}, 20)
        self.kr("topic", "delete", "planned", "--yes")

    def test_a_reassignment_is_seen_and_cancelled(self):
        self.assign("slow", (1,), (1,))
        self.addCleanup(self.kr, "topic", "delete", "slow", "--yes")
        for partition in (0, 1):
            self.fill("slow", ["x" * 900_000] * 6, "-p", partition)
        plan = self.plan("slow", [2], [3])
        # The brokers copy nearly nothing for the throttle, so it is still under way when it is cancelled.
        self.tool("kafka-reassign-partitions", "--execute --throttle 1000 --reassignment-json-file", str(plan))
        listed = self.tool("kafka-reassign-partitions", "--list")
        theirs = {(topic, int(number)) for topic, number in re.findall(r"^(\S+)-(\d+): replicas", listed, re.MULTILINE)}
        ours = {(row["topic"], row["partition"]): row["adding"] for row in self.items("reassign", "status")}
        self.assertNotEqual([], self.items("throttle", "list"))
        if self.throttles:
            self.assertEqual({("slow", 0): [2], ("slow", 1): [3]}, ours)
            self.assertEqual(theirs, ours.keys())
            self.assertEqual(["under way"] * 2, [row["state"] for row in self.items("reassign", "show", plan)])
            self.assertEqual([], self.items("throttle", "list", "--stale"))
            self.refused(6, "--yes", "reassign", "cancel", "--all")
        else:
            self.kr("wait", "--for", "reassign=done")
        self.kr("reassign", "cancel", "--all", "--yes")
        self.assertEqual([], self.items("reassign", "status"))
        self.assertIn("No partition reassignments", self.tool("kafka-reassign-partitions", "--list"))
        self.replicas("slow", {0: [1], 1: [1]} if self.throttles else {0: [2], 1: [3]})
        self.assertNotEqual([], self.items("throttle", "list", "--stale"))
        self.kr("throttle", "clear", "--stale", "--yes")
        until("no throttle is left", lambda: self.items("throttle", "list") == [], 20)
        configs = self.tool("kafka-configs", "--describe --entity-type topics --entity-name slow")
        if self.throttles:
            brokers = "--describe --entity-type brokers --entity-name"
            configs += "".join(self.tool("kafka-configs", brokers, str(node)) for node in self.nodes)
        self.assertNotIn("throttled", configs)

    def test_preferred_leaders_are_elected(self):
        self.assign("led", (1, 2, 3), (1, 3, 2))
        self.kr("reassign", "run", self.plan("led", [2, 1, 3], [3, 1, 2]), "--yes", "--interval", "100ms")
        self.leaders("led", {0: 1, 1: 1})
        self.refused(2, "--preferred", "partition", "leaders", "elect", "-t", "led")
        self.kr("partition", "leaders", "elect", "--preferred", "led-0", "--dry-run")
        self.leaders("led", {0: 1, 1: 1})
        self.kr("partition", "leaders", "elect", "--preferred", "led-0", "--yes")
        self.leaders("led", {0: 2, 1: 1})
        self.tool("kafka-leader-election", "--election-type preferred --topic led --partition 1")
        self.leaders("led", {0: 2, 1: 3})
        self.assertEqual(
            ["led-0"],
            [f"{row['topic']}-{row['partition']}" for row in self.items("partition", "list", "led", "--leader", 2)],
        )

    def test_log_dirs(self):
        self.create("placed-in-dirs", 2, 2)
        self.fill("placed-in-dirs", range(100))
        theirs = lambda: said.log_dirs(self.tool("kafka-log-dirs", "--describe --topic-list placed-in-dirs"))

        def ours():
            rows = self.items("logdir", "describe", "-t", "placed-in-dirs")
            return {(row["broker"], row["dir"], f"{row['topic']}-{row['partition']}"): row["bytes"] for row in rows}

        agreed = self.agree(theirs, ours, fits=lambda replicas: len(replicas) == 4)
        dirs = {(row["broker"], row["dir"]) for row in self.items("logdir", "list")}
        self.assertTrue({(broker, place) for broker, place, _ in agreed} <= dirs)
        broker, place, replica = sorted(agreed)[0]
        other = next(iter({there for where, there in dirs if where == broker} - {place}), f"{place}-other")
        move = f"{replica}@{broker}:{other}"
        if self.has("log-dir-moves", "logdir", "move", move, "--yes"):
            self.kr("logdir", "move", move, "--yes")
            until(
                "it has moved",
                lambda: (broker, other, replica) in ours() and (broker, place, replica) not in ours(),
                20,
            )
            self.agree(theirs, ours)

    def test_partitions_described(self):
        self.assign("looked-at", (2, 3, 1))
        self.fill("looked-at", range(10), "-p", 0)
        described = self.item("partition", "describe", "looked-at-0")
        self.assertEqual(([2, 3, 1], 2, 10), (described["replicas"], described["leader"], described["end_offset"]))
        self.assertEqual([10, 10, 10], [state["end_offset"] for state in described["replica_states"]])
        self.kr("partition", "explain", "looked-at-0", "--interval", "50ms")
        self.kr("partition", "verify", "looked-at-0")
        self.assertEqual(2, self.item("key", "partition", "k", "-t", "looked-at")["partition"] + 2)

    def test_y_a_broker_that_is_gone_is_seen_and_unregistered(self):
        self.assign("orphaned", (3, 1), (1, 2))
        self.assign("lost", (3,))
        self.fill("orphaned", range(10), "-p", 0)
        self.stop_node(3)
        self.kr("wait", "--for", "broker=3:fenced", "--timeout", "30s")
        under = lambda: [
            f"{row['topic']}-{row['partition']}"
            for row in self.items("partition", "list", "--under-replicated", "orphaned")
        ]
        until("it is out of the ISR", lambda: under() == ["orphaned-0"], 30)
        theirs = self.tool("kafka-topics", "--describe --under-replicated-partitions --topic orphaned")
        self.assertEqual(["0"], re.findall(r"Partition: (\d+)", theirs))
        self.assertEqual(
            ["lost-0"], [f"{row['topic']}-{row['partition']}" for row in self.items("partition", "list", "--offline")]
        )
        self.assertEqual(["lost"], [row["name"] for row in self.items("topic", "list", "--offline")])
        explained = self.kr("partition", "explain", "orphaned-0", "lost-0", "--interval", "100ms").stdout.decode()
        self.assertRegex(explained, r"3")
        found = self.kr("doctor", "-o", "json", check=False)
        self.assertEqual(3, found.returncode, found.stdout.decode())
        self.assertNotEqual([], json.loads(found.stdout)["items"])
        self.kr("partition", "leaders", "elect", "--unclean", "orphaned-0", "--dry-run")
        if self.has("unregister", "broker", "unregister", 3, "--yes"):
            self.refused(6, "--yes", "broker", "unregister", 3)
            self.kr("broker", "unregister", 3, "--yes")
            registered = lambda: {row["id"] for row in self.items("broker", "list") if row["address"]}
            until("it is forgotten, though partitions are left on it", lambda: registered() == {1, 2}, 20)
            theirs = self.tool("kafka-broker-api-versions")
            self.assertEqual({1, 2}, {int(node) for node in re.findall(r"\(id: (\d+) ", theirs)})

    def stop_node(self, node):
        """Ends a node at once."""
        self.cluster.kill(node)
