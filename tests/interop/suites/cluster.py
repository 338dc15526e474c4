"""A cluster of `kr dev` for one suite, in a directory of its own, gone when the suite ends."""

import atexit
import json
import os
import pathlib
import shutil
import signal
import tempfile

from waiting import run, until

KR = os.environ["KR_BIN"]


class Cluster:
    """Three nodes, named after the suite."""

    def __init__(self, name, *options):
        self.name = f"interop-{name}"
        self.options = options
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=f"kr-{name}-"))
        self.env = os.environ | {
            "KR_DATA_DIR": str(self.home / "data"),
            "KR_CONFIG": str(self.home / "config.toml"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }
        self.bootstrap = None

    def __enter__(self):
        atexit.register(self.close)
        try:
            self.up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the cluster, whatever state it is in, and removes its files unless KR_INTEROP_KEEP is set."""
        atexit.unregister(self.close)
        self.kr("dev", "down", "--name", self.name, check=False)
        if "KR_INTEROP_KEEP" not in os.environ:
            shutil.rmtree(self.home, ignore_errors=True)

    def kr(self, *words, check=True, seconds=120):
        """Runs `kr`."""
        return run([KR, *words], env=self.env, check=check, seconds=seconds)

    def kr_json(self, *words):
        """Runs `kr` and returns its JSON."""
        return json.loads(self.kr(*words, "-o", "json").stdout)

    def command(self, *words):
        """The command line of `kr` on the cluster."""
        return [KR, *words, "-b", self.bootstrap]

    def admin(self, *words, **options):
        """Runs `kr` on the cluster."""
        return run(self.command(*words), env=self.env, **options)

    def up(self):
        """Starts the cluster, or starts it again on its data."""
        self.kr("dev", "up", "-d", "--name", self.name, "--port", "0", *self.options)
        self.bootstrap = self.status()["bootstrap"]

    def down(self):
        """Shuts the cluster down; its data stays."""
        self.kr("dev", "down", "--name", self.name)

    def status(self):
        """What `kr dev status` says of it."""
        return self.kr_json("dev", "status", "--name", self.name)["items"][0]

    def crash(self):
        """Ends the whole process with SIGKILL."""
        pid = self.status()["pid"]
        os.kill(pid, signal.SIGKILL)
        until(f"process {pid} is gone", lambda: not pathlib.Path(f"/proc/{pid}/exe").exists(), 10)

    def fault_command(self, topic):
        """The command that kills the leader of the topic's first partition."""
        return [KR, "dev", "kill", "--wait", "30s", "--name", self.name, f"@leader:{topic}-0"]

    def heal_command(self):
        """The command that starts every node that is down."""
        return [KR, "dev", "start", "--wait", "30s", "--name", self.name, "all"]

    def heal(self):
        """Starts every node that is down and waits until the cluster is ready."""
        run(self.heal_command(), env=self.env)

    def report(self):
        """What can be seen of the cluster, for a test that failed."""
        status = self.kr("dev", "status", "--name", self.name, check=False)
        logs = self.kr("dev", "logs", "--name", self.name, check=False)
        return "\n".join(said.decode(errors="replace") for said in (status.stdout, status.stderr, logs.stdout[-4000:]))

    def node_dirs(self):
        """The data directories of the nodes."""
        return sorted(pathlib.Path(self.status()["data_dir"]).glob("node-*"))

    def group_members(self, group):
        """How many partitions each member of a group has, empty while the group is not stable."""
        described = self.kr("group", "describe", group, "-b", self.bootstrap, "-o", "json", check=False)
        if described.returncode != 0:
            return []
        found = json.loads(described.stdout)["items"][0]
        if found["state"].lower() != "stable":
            return []
        return [len(member["partitions"] or []) for member in found["members"]]

    def wait_for_group(self, group, sizes, *programs):
        """Waits until the members of the group have so many partitions each."""
        until(
            f"the members of {group} have {sizes} partitions",
            lambda: all(program.running() for program in programs) and sorted(self.group_members(group)) == sorted(sizes),
            60,
            lambda: self.kr("group", "describe", group, "-b", self.bootstrap, check=False).stdout.decode(),
        )
