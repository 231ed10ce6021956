"""How the command behaves among others: colour, bars, quiet, pipes, Ctrl-C, prompts, completion, folders, start-up."""

import ast
import os
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from barhold.cli import _console, app, demo
from barhold.cli._progress_bar import Bar
from hostkit import DATA, ROOT, barhold, barhold_process, root_command
from trainingkit import filled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals here are POSIX")
COMMANDS = sorted(root_command().commands)
CLI = ROOT / "host" / "barhold" / "cli"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
START_UP_RATIO, HELP_RATIO, CHECK_RATIO = 1.6, 2.2, 5.2
ANSWERS = {"flash": '"--board"'}
"""The option that answers a command's question, where it is not --yes."""
GUIDED = ("start", "_start_steps")
"""`barhold start` looks once for a terminal and prints commands where there is none: see test_start.py."""


def environment(**changes):
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    return {**kept, "PYTHONPATH": paths, "TERM": "xterm-256color", **changes}


def on_terminal(*args, **env):
    """Run the command with all its streams on a terminal; return its exit status and what that shows."""
    fd, child = pty.openpty()
    command = [sys.executable, "-m", "barhold", *map(str, args)]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment(**env))
    os.close(child)
    shown, until = "", time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                shown += os.read(fd, 65536).decode(errors="replace")
            except OSError:  # Linux: the other end is closed
                break
    os.close(fd)
    return process.wait(20), shown


@pytest.fixture
def db(tmp_path):
    return filled(tmp_path / "b.db")


# --- colour -------------------------------------------------------------------------------------------------------


def test_colour_on_a_terminal_unless_somebody_minds(db):
    check = ("check", "--db", db)
    assert COLOUR.search(on_terminal(*check)[1])
    assert COLOUR.search(on_terminal(*check, NO_COLOR="")[1])  # set, but empty: as if unset
    for args, env in (
        (check, {"NO_COLOR": "1"}), (check, {"NO_COLOR": "0"}), (check, {"TERM": "dumb"}), (("--no-color", *check), {}),
    ):  # fmt: skip
        status, shown = on_terminal(*args, **env)
        assert status == 0
        assert "\x1b" not in shown
        assert "first session, nothing to compare" in shown


def test_what_no_colour_says_counts_for_one_run_only(db):
    barhold("--no-color", "--quiet", "check", db=db)
    barhold("check", db=db)
    assert _console._wish == {"plain": False, "quiet": False}


# --- quiet and bars -----------------------------------------------------------------------------------------------


def test_steps_are_told_on_stderr_and_not_at_all_when_quiet(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "REPS", 3)
    quiet, loud = barhold("--quiet", "demo"), barhold("demo")  # what --quiet says ends with the next run
    assert (loud.exit_code, quiet.exit_code) == (0, 0)
    assert "barhold: generating 3 sets" in loud.stderr
    assert quiet.stderr == ""
    assert "hip-thrust" in quiet.stdout
    failed = barhold_process("--quiet", "check", "--db", tmp_path / "no" / "b.db")
    assert (failed.returncode, len(failed.stderr.splitlines())) == (2, 1)


def test_a_bar_only_where_it_can_move(monkeypatch):
    class Stream:
        def __init__(self, terminal):
            self.terminal = terminal
            self.text = ""

        def isatty(self):
            return self.terminal

        def write(self, text):
            self.text += text
            return len(text)

        def flush(self):
            pass

    for terminal, term, moves in ((True, "xterm", True), (True, "dumb", False), (False, "xterm", False)):
        stream = Stream(terminal)
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(sys, "stderr", stream)
        assert _console.can_animate(stream) is moves
        with Bar("kB") as bar:
            bar._told_s -= 60
            bar.update("copying", 5, 10)
        assert (stream.text == "barhold: copying: 5 of 10 kB\n") is not moves
        assert ("\x1b[" in stream.text) is moves


def test_json_on_a_terminal_is_as_pure_as_in_a_pipe(db):
    piped = barhold_process("sets", "--json", "--db", db)
    assert piped.stderr == ""
    assert on_terminal("sets", "--json", "--db", db)[1].replace("\r\n", "\n") == piped.stdout


# --- pipes, Ctrl-C, prompts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args", [["export", "csv"], ["export", "jsonl"], ["sets", "--json"], ["--help"], ["--version"]]
)
def test_a_reader_that_has_seen_enough_is_no_error(args, tmp_path):
    db = filled(tmp_path / "b.db", sessions=20, sets=6)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        command = [sys.executable, "-m", "barhold", *args]
        done = subprocess.run(
            command, check=False, stdout=closed, stderr=subprocess.PIPE, text=True, env=environment(BARHOLD_DB=str(db))
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_with_130_and_no_traceback():
    process = subprocess.Popen(
        [sys.executable, "-m", "barhold", "demo"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert process.stderr.readline().startswith("barhold: generat")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_nothing_is_asked_where_nobody_can_answer(tmp_path):
    """Every prompt stands in a module that looks first whether stdin is a terminal, and has an answer by option."""
    asking = []
    for path in sorted(CLI.glob("*.py")):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {node.attr for node in calls if isinstance(node, ast.Attribute)}
        names |= {node.id for node in calls if isinstance(node, ast.Name)}
        if path.stem not in GUIDED and names & {"confirm", "prompt", "input", "getpass"}:
            asking.append(path.stem)
            assert "isatty" in names, path
            assert ANSWERS.get(path.stem, '"--yes"') in path.read_text(), path
    assert "calibrate" in asking
    done = subprocess.run(
        [sys.executable, "-m", "barhold", "calibrate", "--db", str(tmp_path / "b.db")],
        check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=environment(),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "run it in a terminal, or with --yes" in done.stderr


# --- folders ------------------------------------------------------------------------------------------------------


def test_the_database_lies_in_the_platforms_data_folder(tmp_path):
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "", "BARHOLD_DB": ""}
    assert barhold_process("sync", "--virtual", DATA / "lone-lift.csv", **environment(**home)).returncode == 0
    found = [path.relative_to(tmp_path) for path in tmp_path.rglob("barhold.db")]
    expected = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    assert [str(path) for path in found] == [f"{expected}/barhold/barhold.db"]
    if sys.platform.startswith("linux"):
        home["XDG_DATA_HOME"] = str(tmp_path / "elsewhere")
        barhold_process("sets", **environment(**home))
        assert (tmp_path / "elsewhere" / "barhold" / "barhold.db").is_file()


# --- completion ---------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path):
    """A home with a `barhold` on the path, as an installation puts it there; gives the environment."""
    script = tmp_path / "bin" / "barhold"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nfrom barhold.cli import main\nmain()\n")
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), os.environ["PATH"]])
    # Without a shell above it the option takes the shell's name.
    return environment(HOME=str(tmp_path), PATH=path, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")


def ran(env, *command):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


MARKS = {
    "bash": ("complete -o default -F _barhold_completion barhold", "_BARHOLD_COMPLETE=complete_bash"),
    "zsh": ("#compdef barhold", "_BARHOLD_COMPLETE=complete_zsh"),
    "fish": ("complete --command barhold", "_BARHOLD_COMPLETE=complete_fish"),
}


@pytest.mark.parametrize("shell", MARKS)
def test_the_script_for_each_shell_is_shown_and_installed(shell, home, tmp_path):
    shown = ran(home, "barhold", "--show-completion", shell)
    for mark in MARKS[shell]:
        assert mark in shown
    assert f"{shell} completion installed in" in ran(home, "barhold", "--install-completion", shell)
    installed = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "bin"]
    assert any(MARKS[shell][1] in path.read_text() for path in installed), installed


def offered(shell, words):
    """Return what the command answers when `shell` asks it to complete the last of `words`."""
    asking = {
        "bash": {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": " ".join(words)},
        "fish": {"_TYPER_COMPLETE_ARGS": " ".join(words), "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    asking["_BARHOLD_COMPLETE"] = f"complete_{shell}"
    answered = CliRunner().invoke(app, [], prog_name="barhold", env=asking)
    assert answered.exit_code == 0, answered.stderr
    return answered.stdout


@pytest.mark.parametrize("shell", MARKS)
def test_each_shell_is_offered_commands_options_and_values(shell):
    commands = offered(shell, ["barhold", ""])
    assert all(re.search(rf"\b{command}\b", commands) for command in COMMANDS)
    assert not re.search(r"\bscan\b", offered(shell, ["barhold", "sy"]))
    assert "--virtual" in offered(shell, ["barhold", "sync", "--v"])
    assert re.search(r"\bparquet\b", offered(shell, ["barhold", "export", "pa"]))
    assert re.search(r"\bpush\b", offered(shell, ["barhold", "plan", "p"]))


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_a_real_bash_completes(home):
    script = """
        eval "$(barhold --show-completion bash)"
        complete -p barhold
        COMP_WORDS=(barhold ex); COMP_CWORD=1; _barhold_completion barhold; echo "${COMPREPLY[@]}"
        COMP_WORDS=(barhold export h); COMP_CWORD=2; _barhold_completion barhold; echo "${COMPREPLY[@]}"
    """
    lines = ran(home, "bash", "--norc", "-c", script).splitlines()
    assert lines == ["complete -o default -F _barhold_completion barhold", "export", "hevy"]


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed: its script was only looked at")
def test_a_real_zsh_completes(home):
    script = """
        compdef() { print -r -- "$@" }
        _describe() { print -r -- "$@" }
        _arguments() { print -r -- "$@" }
        eval "$(barhold --show-completion zsh)"
        words=(barhold ex); CURRENT=2; _barhold_completion
    """
    lines = ran(home, "zsh", "-f", "-c", script).splitlines()
    assert lines[0] == "_barhold_completion barhold"
    assert '"export":"Write the stored sets for other programs' in "".join(lines[1:])
    assert "scan" not in "".join(lines[1:])


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed: its script was only looked at")
def test_a_real_fish_completes(home):
    script = """
        barhold --show-completion fish | source
        complete -C "barhold ex"
        complete -C "barhold export h"
    """
    lines = ran(home, "fish", "--no-config", "-c", script).splitlines()
    assert [line.split("\t")[0] for line in lines] == ["export", "hevy"]


# --- start-up -----------------------------------------------------------------------------------------------------


def cpu_s(*code, check=True, runs=5, enough_s=0.0, **env):
    """Return the least CPU time of some runs, or of fewer that were quick enough: other programs do not count."""
    least = 1e9
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, *code],
            check=check,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(**env),
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if least < enough_s:
            break
    return least


SMALLEST = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.callback()
def root(debug: bool = False): "Do things."
@app.command()
def export(name: str = ""): "Do one thing."
@app.command()
def other(): "Do another."
app()
"""


@pytest.fixture(scope="module")
def floor_s():
    """Give the CPU time of the help of the smallest program with a command."""
    return cpu_s("-c", SMALLEST, "--help")


def test_help_is_there_at_once(floor_s, tell):
    """A heavy import takes several times as long as the smallest program."""
    taken_s = cpu_s("-m", "barhold", "--help", enough_s=START_UP_RATIO * floor_s)
    tell(f"barhold --help: {taken_s:.3f} s of CPU, the smallest program {floor_s:.3f} s (bound: 0.15 s)")
    assert taken_s < START_UP_RATIO * floor_s


@pytest.mark.parametrize("command", ["export", "check"])
def test_a_commands_own_help_waits_for_no_database(command, floor_s, tell):
    enough_s = HELP_RATIO * floor_s
    taken_s = cpu_s("-m", "barhold", command, "--help", enough_s=enough_s)
    tell(f"barhold {command} --help: {taken_s:.3f} s of CPU, the smallest program {floor_s:.3f} s (bound: 0.15 s)")
    assert taken_s < enough_s


def test_no_command_imports_sqlalchemy_for_its_help():
    modules = [f"barhold.cli.{path.stem}" for path in CLI.glob("[!_]*.py")]
    code = f"import sys, importlib; list(map(importlib.import_module, {modules})); print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert (len(modules) > 20, done.stdout) == (True, "False\n")


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_a_check_of_an_empty_database_starts_soon(is_new, floor_s, tmp_path, tell):
    """What a command needs is imported once it is asked for, above all the database; a new one needs no migration."""
    enough_s, taken_s = CHECK_RATIO * floor_s, 1e9
    if not is_new:
        barhold("sets", db=tmp_path / "0.db")
    for run in range(5):
        place = tmp_path / f"{run if is_new else 0}.db"
        taken_s = min(taken_s, cpu_s("-m", "barhold", "check", check=False, runs=1, BARHOLD_DB=str(place)))
        if taken_s < enough_s:
            break
    tell(f"barhold check: {taken_s:.3f} s of CPU, the smallest program {floor_s:.3f} s (bound: 0.4 s)")
    assert taken_s < enough_s
