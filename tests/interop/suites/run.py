"""Runs the suites and closes with a line that counts them."""

import pathlib
import signal
import sys
import unittest

HERE = pathlib.Path(__file__).parent


class Result(unittest.TextTestResult):
    """Shows the state of the cluster with a failure, while the cluster is still there."""

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.show(test, self.failures)

    def addError(self, test, err):
        super().addError(test, err)
        self.show(test, self.errors)

    def show(self, test, kind):
        """Prints what went wrong at once, and what can be seen of the test's cluster."""
        self.stream.writeln(kind[-1][1])
        if hasattr(test, "cluster"):
            self.stream.writeln(test.cluster.report())


def main(words):
    names = [word for index, word in enumerate(words) if word != "-k" and words[index - 1 : index] != ["-k"]]
    patterns = [words[index + 1] for index, word in enumerate(words[:-1]) if word == "-k"]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns] or None
    known = sorted(path.stem.removeprefix("test_") for path in HERE.glob("test_*.py"))
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"interop: no suite {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    suites = [loader.loadTestsFromName(f"test_{name}") for name in names or known]
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result)
    result = runner.run(unittest.TestSuite(suites))
    # A test whose parts failed counts once.
    bad = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    print(f"interop: {result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0 or result.testsRun == 0)


if __name__ == "__main__":
    # Ended from outside it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(sys.argv[1:])
