"""Groups, their offsets and lag: `kr` changes them and Apache's tools say the same, and the other way round."""

import re

import said
from waiting import until


class GroupTests:
    """Tests of a cluster; see `AdminSuite`."""

    def their_offsets(self, group):
        return said.group_offsets(self.tool("kafka-consumer-groups", "--describe --group", group))

    def our_offsets(self, group):
        """In the form of `said.group_offsets`."""
        rows = self.item("group", "describe", group)["offsets"]
        return {(row["topic"], row["partition"]): (row["committed"], row["end"], row["lag"]) for row in rows}

    def committed(self, group, wanted=None):
        """Committed offset by partition, on which Apache's tool and `kr` agree."""
        offsets = lambda found: {partition: offset for (_, partition), (offset, _, _) in sorted(found.items())}
        fits = lambda seen: wanted in (None, offsets(seen))
        agreed = self.agree(lambda: self.their_offsets(group), lambda: self.our_offsets(group), fits=fits)
        return offsets(agreed)

    def reset(self, group, *words):
        """Resets all offsets of a group."""
        return self.kr("group", "reset", group, *words, "--yes")

    def test_offsets_reset_to_places_and_times(self):
        self.create("reset", 2, 3)
        base = 1_700_000_000_000
        for partition, count in ((0, 10), (1, 20)):
            lines = (
                f'{{"value":"{at}","timestamp":{base + at * 1000},"partition":{partition}}}' for at in range(count)
            )
            self.fill("reset", lines, "-J")
        self.kr("group", "create", "resetters", "-t", "reset", "--to", "earliest")
        self.committed("resetters", {0: 0, 1: 0})
        for words, wanted in (
            (("--to", "latest"), {0: 10, 1: 20}),
            (("--to", "-4"), {0: 6, 1: 16}),
            (("--to", "+2"), {0: 8, 1: 18}),
            (("--to", "3"), {0: 3, 1: 3}),
            (("--to", "current"), {0: 3, 1: 3}),
            (("--to", "2023-11-14T22:13:25.500Z"), {0: 6, 1: 6}),
            (("--to", "-1h"), {0: 10, 1: 20}),
            (("--to", "earliest", "-t", "reset:1"), {0: 10, 1: 0}),
        ):
            with self.subTest(to=words):
                if "-t" not in words:
                    words += ("-t", "reset")
                before = self.committed("resetters")
                preview = self.document("group", "reset", "resetters", *words, "--dry-run")
                self.assertEqual(False, preview["applied"])
                self.assertEqual(before, self.committed("resetters"))
                self.reset("resetters", *words)
                self.committed("resetters", wanted)
        plan = self.tool(
            "kafka-consumer-groups", "--reset-offsets --group resetters --topic reset --shift-by -3 --dry-run"
        )
        preview = self.items("group", "reset", "resetters", "-t", "reset", "--to", "-3", "--dry-run")
        theirs = {int(number): int(new) for number, new in re.findall(r"resetters +reset +(\d+) +(\d+)", plan)}
        self.assertEqual(theirs, {row["partition"]: row["new"] for row in preview}, plan)
        self.refused(6, "--yes", "group", "reset", "resetters", "-t", "reset", "--to", "latest")

    def test_offsets_exported_cloned_and_deleted(self):
        self.create("moved", 3, 3)
        self.fill("moved", range(30))
        self.kr("group", "create", "first", "-t", "moved", "--to", "latest")
        wanted = self.committed("first")
        exported = self.cluster.home / "first.csv"
        exported.write_bytes(self.kr("group", "export", "first").stdout)
        self.reset("first", "-t", "moved", "--to", "earliest")
        self.committed("first", {0: 0, 1: 0, 2: 0})
        # Apache's tool takes the file of `kr`, and `kr` that of Apache's tool.
        self.tool("kafka-consumer-groups", "--reset-offsets --group first --execute --from-file", str(exported))
        self.committed("first", wanted)
        theirs = self.tool(
            "kafka-consumer-groups", "--reset-offsets --group first --topic moved --to-current --export --dry-run"
        )
        exported.write_text("".join(f"{line}\n" for line in theirs.splitlines() if line.count(",") in (2, 3)))
        self.reset("first", "-t", "moved", "--to", "earliest")
        self.reset("first", "--to", f"file:{exported}")
        self.committed("first", wanted)

        self.kr("group", "clone", "first", "second")
        self.committed("second", wanted)
        self.reset("second", "-t", "moved", "--to", "earliest")
        self.reset("second", "-t", "moved", "--to", "group:first")
        self.committed("second", wanted)
        self.kr("group", "offsets", "delete", "second", "-t", "moved:0", "--yes")
        self.committed("second", {1: wanted[1], 2: wanted[2]})
        self.refused(6, "--yes", "group", "delete", "second")
        self.kr("group", "delete", "second", "--yes")
        names = lambda: {name for name in self.tool("kafka-consumer-groups", "--list").split()}
        ours = lambda: {row["group"] for row in self.items("group", "list")}
        self.agree(names, ours, fits=lambda groups: "first" in groups and "second" not in groups)
        self.refused(1, "second", "group", "delete", "second", "--yes")

    def test_members_of_classic_groups(self):
        self.create("shared", 3, 3)
        self.fill("shared", range(30))
        out = self.cluster.home / "member.out"
        words = ("consume", "shared", "-F", "-g", "members", "--commit", "--instance-id", "one")
        with self.background(*words, out=out) as member:
            until("the member has read all", lambda: member.running() and out.read_bytes().count(b"\n") == 30)
            stable = self.kr("wait", "--for", "group=members:stable", "--for", "lag=members<1")
            self.assertEqual(0, stable.returncode)
            ours = self.item("group", "describe", "members", "--section", "members")["members"]
            theirs = said.rows(self.tool("kafka-consumer-groups", "--describe --members --group members"), "GROUP")
            self.assertEqual([row["consumer-id"] for row in theirs], [row["member_id"] for row in ours])
            self.assertEqual(["one"], [row["instance_id"] for row in ours])
            self.assertEqual(["shared-0", "shared-1", "shared-2"], ours[0]["partitions"])
            self.refused(
                6, "member is active", "group", "reset", "members", "-t", "shared", "--to", "earliest", "--yes"
            )
            self.refused(6, "member is active", "group", "delete", "members", "--yes")
            lag = self.item("group", "lag", "members", "--time", "--partitions")
            self.assertEqual(0, lag["lag"])
            self.kr("group", "explain", "members", "--between", "100ms")
            # Its end is not the group's: a static member stays until its session ends, or until it is removed.
            member.process.kill()
            member.process.wait()
            self.kr("group", "member", "remove", "members", "--instance", "one", "--yes")
        self.kr("wait", "--for", "group=members:empty")
        state = self.tool("kafka-consumer-groups", "--describe --state --group members")
        self.assertRegex(state, r"Empty +0")
        self.assertEqual([0, 0, 0], [lag for _, _, lag in self.our_offsets("members").values()])

    def test_members_of_a_java_consumer(self):
        self.create("java", 3, 3)
        protocol = ["--consumer-property", "group.protocol=consumer"] if self.consumer_protocol else []
        where = ("--bootstrap-server", self.cluster.bootstrap, "--topic", "java", "--group", "javanese")
        out = self.cluster.home / "javanese.out"
        with self.tools.start("kafka-console-consumer", *where, *protocol, "--from-beginning", out=out) as member:
            described = lambda: self.item("group", "describe", "javanese") if self.group_exists("javanese") else None
            until(
                "it has all partitions",
                lambda: member.running()
                and [3] == [len(row["partitions"]) for row in (described() or {}).get("members", [])],
                60,
            )
            self.fill("java", range(30))
            # Newer tools also print which of their options are deprecated.
            values = lambda: [line for line in out.read_bytes().split(b"\n") if line.isdigit()]
            until("it has read all", lambda: member.running() and len(values()) == 30)
            ours = described()
            self.assertEqual("consumer" if self.consumer_protocol else "classic", ours["type"].lower())
            self.assertEqual("stable", ours["state"].lower())
            theirs = self.tool("kafka-consumer-groups", "--describe --members --verbose --group javanese")
            self.assertRegex(theirs, r"\b(java:)?\(?0,1,2\b")
            self.assertIn(ours["members"][0]["member_id"], theirs)
            self.assertEqual(["java-0", "java-1", "java-2"], sorted(ours["members"][0]["partitions"]))
            states = {row["group"]: row["state"].lower() for row in self.items("group", "list", "--topic", "java")}
            self.assertEqual({"javanese": "stable"}, states)
            member.terminate()
        self.kr("wait", "--for", "group=javanese:empty")
        self.assertEqual({0, 1, 2}, self.committed("javanese").keys())

    def group_exists(self, group):
        return self.kr("group", "describe", group, check=False).returncode == 0

    def test_group_configs(self):
        if not self.has("group-configs", "group", "config", "set", "tuned", "consumer.session.timeout.ms=50000"):
            for words in (("get", "tuned"), ("unset", "tuned", "consumer.session.timeout.ms")):
                self.kr("group", "config", *words, check=False)
            return
        self.kr("group", "config", "set", "tuned", "consumer.session.timeout.ms=50000")
        theirs = lambda: said.configs(self.tool("kafka-configs", "--describe --entity-type groups --entity-name tuned"))
        ours = lambda: {
            row["name"]: row["value"]
            for row in self.items("group", "config", "get", "tuned")
            if row["source"] == "group"
        }
        self.agree(theirs, ours, {"consumer.session.timeout.ms": "50000"})
        self.kr("group", "config", "unset", "tuned", "consumer.session.timeout.ms")
        self.agree(theirs, ours, {})

    def test_groups_of_streams_that_are_not_there(self):
        self.refused(1, "nobody|(?i:streams)", "group", "topology", "nobody")
        words = ("nobody", "-t", "nobody-store-changelog", "--yes")
        self.refused(6, "no internal topic of nobody", "group", "internal-topics", "delete", *words)
