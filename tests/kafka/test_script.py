"""deploy/kafka/kafka.sh refuses in one line what it cannot do, and says what to do about it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kafka._cluster import DEPLOY

NO_JAVA = "kafka.sh: Java 17 or newer is needed, found {}; Debian, Ubuntu: apt-get install openjdk-17-jre-headless\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The script without its jars, in a path with a blank and Chinese characters."""
    copy = tmp_path / "医保 监测"
    copy.mkdir()
    for name in ("kafka.sh", "pom.xml", "log4j2.properties"):
        shutil.copy(DEPLOY / name, copy)
    return copy


def refusal(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code of kafka.sh and all that it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    command = ["/bin/sh", "kafka.sh", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def path_without(folder: Path, *programs: str) -> str:
    """A PATH on which everything is found but these programs."""
    allowed = folder / "bin"
    allowed.mkdir()
    # Backwards, because what stands first on PATH is what is found.
    directories = filter(Path.is_dir, map(Path, reversed(os.get_exec_path())))
    found = {program.name: program for directory in directories for program in directory.iterdir()}
    for name in found.keys() - set(programs):
        (allowed / name).symlink_to(found[name])
    return str(allowed)


def program(folder: Path, name: str, script: str) -> str:
    """A PATH on which this program is found first, and all others after it."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("verb", ["fetch", "start"])
def test_without_java_it_says_how_to_get_it(folder: Path, verb: str) -> None:
    """A machine without Java is told so in one line, with exit code 2."""
    code, said = refusal(folder, verb, PATH=path_without(folder, "java"))

    assert (code, said) == (2, NO_JAVA.format("none"))


def test_an_old_java_is_refused(folder: Path) -> None:
    """Java 11 cannot run Kafka 4: the line names what was found."""
    code, said = refusal(folder, "start", PATH=program(folder, "java", """echo 'openjdk version "11.0.2"' >&2"""))

    assert (code, said) == (2, NO_JAVA.format("11"))


def test_without_maven_it_says_how_to_get_it(folder: Path) -> None:
    """A machine with Java but without Maven and without the jars is told so in one line, with exit code 2."""
    path = path_without(folder, "java", "mvn")
    program(folder / "bin", "java", """echo 'openjdk version "21.0.1"' >&2""")

    code, said = refusal(folder, "start", PATH=path)

    assert (code, said) == (
        2,
        "kafka.sh: Maven (mvn) is needed to fetch Kafka; Debian, Ubuntu: apt-get install maven\n",
    )


def test_jars_that_cannot_be_fetched_are_no_half_installation(folder: Path) -> None:
    """Where Maven fails, its reason and one line of ours are shown, and the next run fetches again."""
    program(folder, "java", """echo 'openjdk version "21.0.1"' >&2""")
    path = program(folder, "mvn", "echo 'no route to the repository'; exit 1")

    code, said = refusal(folder, "fetch", PATH=path)

    assert (code, said.splitlines(), (folder / ".libs").exists()) == (
        1,
        [
            "no route to the repository",
            "kafka.sh: Maven could not fetch the jars that pom.xml names (its reason stands above)",
        ],
        False,
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["start", "--brokers", "2"], "--brokers: expected 1 or 3, was 2"),
        (["start", "--port", "high"], "--port: expected a number from 1000 to 59999, was high"),
        (["kill", "--node", "4"], "--node: expected 1, 2 or 3, was 4"),
        (["start", "--data"], "--data wants a value; see kafka.sh --help"),
        (["start", "--colour", "red"], "--colour is not known; see kafka.sh --help"),
    ],
)
def test_a_wrong_option_is_refused(folder: Path, arguments: list[str], line: str) -> None:
    """The line names the option, what was expected and what came."""
    assert refusal(folder, *arguments) == (2, f"kafka.sh: {line}\n")
