"""Records between `kr` and Apache's clients, transactions, and what Kafka keeps in topics of its own."""

import json
import subprocess

import said
from records import CODECS, difference, lines
from waiting import until

COUNT = 300


class RecordTests:
    """Tests of a cluster; see `AdminSuite`."""

    def properties(self, name, *lines):
        """A file of properties for a console client."""
        path = self.cluster.home / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def test_records_to_and_from_console_clients(self):
        self.create("console", 3, 3)
        written = []
        reader = self.properties("reader", "parse.key=true", "key.separator=\\t")
        printer = self.properties("printer", "print.key=true", "key.separator=\\t")
        for number, codec in enumerate(CODECS):
            records = lines("admin", codec, COUNT)
            path = self.cluster.home / f"console-{codec}.in"
            path.write_bytes(b"".join(line + b"\n" for line in records))
            if number % 2:
                self.tool(
                    "kafka-console-producer",
                    "--topic console --compression-codec",
                    codec,
                    ["--reader-config", reader],
                    stdin=path,
                )
            else:
                self.kr("produce", "console", "-K", "\t", "-z", codec, stdin=path.read_bytes())
            written += records
        ours = self.kr("consume", "console", "-f", "%k\t%v\n").stdout.split(b"\n")[:-1]
        self.assertEqual("", difference(written, ours))
        words = f"--topic console --from-beginning --timeout-ms 20000 --max-messages {len(written)}"
        theirs = self.tool("kafka-console-consumer", words, ["--formatter-config", printer]).encode().split(b"\n")[:-1]
        self.assertEqual("", difference(written, theirs))
        # Keys went to the same partitions whoever wrote them.
        keys = [json.loads(line) for line in self.kr("consume", "console", "-J").stdout.splitlines()]
        partition = {row["key"]: row["partition"] for row in keys}
        sample = sorted(partition)[::100]
        rows = self.items("key", "partition", *sample, "-t", "console")
        self.assertEqual({key: partition[key] for key in sample}, {row["key"]: row["partition"] for row in rows})

    def test_json_lines_go_round_without_loss(self):
        self.create("origin", 2, 3)
        self.create("copy", 2, 3)
        self.fill("origin", ["plain", "ümläut", ""], "-H", "a=1", "-H", "a=2", "-k", "key")
        self.kr("produce", "origin", "-p", 1, "--file-per-record", stdin=bytes(range(256)))
        self.kr("produce", "origin", "-Z", "-K", ":", "-T", "1700000000000", stdin=b"tombstone:\n")
        told = self.kr("consume", "origin", "-J").stdout
        self.assertEqual(5, told.count(b"\n"))
        self.kr("produce", "copy", "-J", stdin=told.replace(b'"topic":"origin"', b'"topic":"copy"'))
        copied = self.kr("consume", "copy", "-J").stdout.replace(b'"topic":"copy"', b'"topic":"origin"')
        self.assertEqual(sorted(told.splitlines()), sorted(copied.splitlines()))
        last = self.kr("tail", "origin", "--tail", 2, "-n", 2, "-J").stdout
        self.assertEqual(2, last.count(b"\n"))

    def their_transactions(self):
        rows = said.rows(self.tool("kafka-transactions", "list"), "TransactionalId")
        return {row["transactionalid"]: (int(row["producerid"]), row["transactionstate"]) for row in rows}

    def our_transactions(self):
        return {row["transactional_id"]: (row["producer_id"], row["state"]) for row in self.items("txn", "list")}

    def test_transactions(self):
        self.create("booked", 1, 3)
        if not self.has("transactions", "txn", "list"):
            self.refused(1, self.lacks["transactions"], "produce", "booked", "--txn", "books", stdin=b"x\n")
            self.refused(1, self.lacks["transactions"], "txn", "describe", "books")
            for words in (("producers", "booked-0"), ("hung",), ("abort", "booked-0", "--start-offset", 0, "--yes")):
                self.refused(1, self.lacks["transactions"], "txn", *words)
            self.refused(1, self.lacks["transactions"], "topic", "producers", "booked")
            self.kr("decode", "__transaction_state", check=False)
            return
        self.kr("produce", "booked", "--txn", "done", stdin=b"a\nb\n")
        in_state = lambda name, state: lambda seen: name in seen and seen[name][1] == state
        self.agree(self.their_transactions, self.our_transactions, fits=in_state("done", "CompleteCommit"))
        with self.background(
            "produce", "booked", "--txn", "open", out=self.cluster.home / "open.out", stdin=subprocess.PIPE
        ) as producer:
            producer.process.stdin.write(b"never\n" * 20000)
            producer.process.stdin.flush()
            ends = lambda: sum(row["offset"] for row in self.items("topic", "offsets", "booked"))
            until("its records are written", lambda: producer.running() and ends() > 3, 20)
            self.agree(self.their_transactions, self.our_transactions, fits=in_state("open", "Ongoing"))
            ours = self.item("txn", "describe", "open")
            theirs = said.rows(self.tool("kafka-transactions", "describe", "--transactional-id open"), "CoordinatorId")[
                0
            ]
            self.assertEqual(
                (theirs["producerid"], theirs["transactionstate"]), (str(ours["producer_id"]), ours["state"])
            )
            self.assertEqual(["booked-0"], ours["partitions"])
            self.assertEqual(
                ["open"], [row["transactional_id"] for row in self.items("txn", "list", "--state", "Ongoing")]
            )
            active = [
                row for row in self.items("txn", "producers", "booked-0") if row["transaction_start_offset"] is not None
            ]
            words = "--topic booked --partition 0"
            theirs = said.rows(self.tool("kafka-transactions", "describe-producers", words), "ProducerId")
            theirs = {(int(row["producerid"]), row["currenttransactionstartoffset"]) for row in theirs}
            self.assertIn((active[0]["producer_id"], str(active[0]["transaction_start_offset"])), theirs)
            self.assertEqual(len(theirs), len(self.items("topic", "producers", "booked")))
            self.assertEqual(b"a\nb\n", self.kr("consume", "booked").stdout)
            stable = self.item("topic", "offsets", "booked", "--at", "stable")["offset"]
            self.assertEqual(active[0]["transaction_start_offset"], stable)
            self.assertEqual([], self.items("txn", "hung"))
            self.refused(6, "(?i)coordinator|alive|--yes", "txn", "abort", "booked-0", "--start-offset", stable)
            self.kr("txn", "abort", "booked-0", "--start-offset", stable, "--even-alive", "--yes")
            until(
                "nothing is open",
                lambda: self.item("topic", "offsets", "booked", "--at", "stable")["offset"] > stable,
                20,
            )
            producer.process.stdin.close()
            producer.process.wait(30)
        self.assertEqual(b"a\nb\n", self.kr("consume", "booked").stdout)
        decoded = self.kr("decode", "__transaction_state", "-J").stdout
        self.assertIn(b'"done"', decoded)

    def test_topics_of_kafka_itself_are_decoded(self):
        self.create("kept", 1, 3)
        self.kr("group", "create", "keepers", "-t", "kept", "--to", "earliest")
        if self.has("decode", "decode", "__consumer_offsets"):
            self.assertIn(b"keepers", self.kr("decode", "__consumer_offsets", "-J").stdout)
