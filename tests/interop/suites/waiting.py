"""Waiting for a condition with a deadline, and running commands: the only places that know about time."""

import subprocess
import time

POLL = 0.02


class Late(AssertionError):
    """A condition did not come true in time."""


def until(what, met, seconds=60, state=None):
    """Polls `met` until it is true and returns its value; `state` describes what was last seen."""
    deadline = time.monotonic() + seconds
    while True:
        value = met()
        if value:
            return value
        if time.monotonic() > deadline:
            seen = f"; seen: {state()}" if state else ""
            raise Late(f"waited {seconds} s until {what}{seen}")
        time.sleep(POLL)


def run(command, stdin=None, seconds=120, env=None, check=True):
    """Runs a command to its end and returns it; with `check`, a failure shows all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=seconds,
        env=env,
    )
    if check and done.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(str, command))}\nended with {done.returncode}\n"
            f"{done.stdout.decode(errors='replace')[-2000:]}{done.stderr.decode(errors='replace')[-4000:]}"
        )
    return done


class Background:
    """A program that runs until it is told to end, its output in files."""

    def __init__(self, command, out, stdin=subprocess.DEVNULL, env=None):
        self.command = [str(word) for word in command]
        self.out = out
        self.err = out.with_suffix(".err")
        with open(out, "wb") as stdout, open(self.err, "wb") as stderr:
            self.process = subprocess.Popen(self.command, stdin=stdin, stdout=stdout, stderr=stderr, env=env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def running(self):
        """Fails, with what it said, when the program has ended."""
        if self.process.poll() is not None:
            said = self.err.read_text(errors="replace")[-3000:]
            raise AssertionError(f"{' '.join(self.command)}\nended early with {self.process.returncode}\n{said}")
        return True

    def finish(self, seconds=60):
        """Waits for a program that ends by itself."""
        self.process.wait(seconds)
        if self.process.returncode != 0:
            self.running()

    def terminate(self, seconds=30):
        """Asks the program to end and waits until it has."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(seconds)
