"""What the suites of the command line share: `kr` and Apache's tools on one cluster, and what it lacks."""

import json
import pathlib
import time

from kafka_tools import KafkaTools
from waiting import POLL, Background

_PAGES = {path.stem for path in (pathlib.Path(__file__).parents[3] / "man").glob("kr-*.1")}
# Commands that ask no cluster for anything, or that belong to `kr dev` and have suites of their own.
_ELSEWHERE = ("kr-context", "kr-dev", "kr-completion", "kr-man", "kr-tui", "kr-migrate")


class AdminSuite:
    """One cluster for all tests of a class; they use topics and groups of their own. For a `unittest.TestCase`."""

    # What the cluster does not have, with what `kr` says then.
    lacks = {}
    # Ids of its nodes; all of them are brokers.
    nodes = (1, 2, 3)

    @classmethod
    def setUpClass(cls):
        cls.ran = set()
        cls.cluster = cls.enterClassContext(cls.target())
        cls.tools = getattr(cls.cluster, "tools", None)
        if cls.tools is None:
            cls.tools = cls.enterClassContext(KafkaTools(cls.tools_version, cls.cluster.home))

    @classmethod
    def target(cls):
        """The cluster."""
        raise NotImplementedError

    def kr(self, *words, check=True, **options):
        """Runs `kr` on the cluster."""
        words = self.noted(words)
        return self.cluster.admin(*words, check=check, **options)

    def noted(self, words):
        """The words of a command, which counts as run."""
        words = [str(word) for word in words]
        pages = ["-".join(["kr", *words[:depth]]) for depth in (4, 3, 2, 1)]
        self.ran.add(next((page for page in pages if page in _PAGES), words[0]))
        return words

    def items(self, *words, **options):
        """The items of what `kr` prints with `-o json`."""
        return self.document(*words, **options)["items"]

    def item(self, *words, **options):
        """The only item."""
        items = self.items(*words, **options)
        self.assertEqual(1, len(items), items)
        return items[0]

    def document(self, *words, **options):
        """The document that `kr` prints with `-o json`, which names its command."""
        said = json.loads(self.kr(*words, "-o", "json", **options).stdout)
        self.assertRegex(said["kind"], r"^kr\.[a-z.-]+/v1$")
        self.assertEqual([], said["errors"])
        return said

    def refused(self, code, pattern, *words, **options):
        """Runs `kr`, which must end with this code and say on standard error what the pattern finds."""
        done = self.kr(*words, check=False, **options)
        said = done.stderr.decode()
        self.assertEqual(code, done.returncode, f"kr {' '.join(map(str, words))}\n{done.stdout.decode()}{said}")
        self.assertRegex(said, pattern)
        self.assertNotIn("panicked", said)
        return said

    def has(self, what, *words):
        """Whether the cluster has it; where it lacks it, `kr` with these words must end with 1 and say so."""
        if what not in self.lacks:
            return True
        self.refused(1, self.lacks[what], *words)
        return False

    def tool(self, name, *words, **options):
        """Runs one of Apache's tools on the cluster and returns what it prints."""
        parts = [part for word in words for part in (word.split() if isinstance(word, str) else word)]
        # It stands before the verb of a tool that has verbs, but for this one.
        at = 1 if name == "kafka-cluster" else 0
        parts[at:at] = ["--bootstrap-server", self.cluster.bootstrap]
        done = self.tools.call(name, *parts, **options)
        return done.out

    def background(self, *words, out, stdin=None):
        """Starts `kr`, which runs until it is ended."""
        return Background(
            self.cluster.command(*self.noted(words)), out, env=self.cluster.env, **({"stdin": stdin} if stdin else {})
        )

    def agree(self, theirs, ours, wanted=None, fits=None, seconds=20):
        """Waits until Apache's tool and `kr` say the same, and what is wanted or fits if that is known; returns it.

        Brokers learn of a change one by one, and the tool and `kr` may ask different ones.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            said, seen = theirs(), ours()
            if said == seen and (wanted is None or seen == wanted) and (fits is None or fits(seen)):
                return seen
            time.sleep(POLL)
        self.assertEqual(said, seen)
        self.assertTrue(wanted is None or wanted == seen, f"{wanted} is wanted, {seen} was seen")
        self.assertTrue(fits is None or fits(seen), f"what was seen does not fit: {seen}")
        return seen

    def create(self, topic, partitions=3, replicas=3, *options):
        """Creates a topic and waits until all replicas are in sync."""
        self.kr("topic", "create", topic, "-p", partitions, "-r", replicas, *options)
        self.settle(topic)

    def assign(self, topic, *replicas):
        """Creates a topic with these brokers for each partition."""
        self.kr("topic", "create", topic, "--assign", ",".join(":".join(map(str, part)) for part in replicas))
        self.settle(topic)

    def settle(self, topic):
        """Waits until the topic's replicas are all in sync."""
        self.kr("wait", "--for", f"topic={topic}", "--for", f"isr-full={topic}", "--interval", "50ms")

    def fill(self, topic, values, *options):
        """Writes a record for each value."""
        self.kr("produce", topic, *options, stdin="".join(f"{value}\n" for value in values).encode())

    def test_zz_every_command_was_run(self):
        """Stands last: every command with a manual page that talks to a cluster was run on this one."""
        leaves = {page for page in _PAGES if not any(other.startswith(f"{page}-") for other in _PAGES)}
        missing = {page for page in leaves - self.ran if not page.startswith(_ELSEWHERE)}
        self.assertEqual(set(), missing)
