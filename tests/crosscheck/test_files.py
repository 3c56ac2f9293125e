"""Where a file is written: never over an input, a device, a link itself, or another output."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tiltproof.crosscheck.files import check_files, write_whole
from tiltproof.crosscheck.run.certificates import paths
from tiltproof.link import LinkError, parse


def test_a_symbolic_link_leads_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "name").symlink_to("real")
    write_whole(tmp_path / "name", b"new")
    assert (tmp_path / "name").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o640)
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are POSIX")
def test_a_pipe_is_written_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    check_files({"--html": pipe})
    write_whole(pipe, b"page")
    reader.join(10)
    assert received == [b"page"]
    assert pipe.is_fifo()


def test_the_null_device_takes_any_number_of_files() -> None:
    null = Path(os.devnull)
    check_files({"--html": null, "--junit": null})
    write_whole(null, b"page")
    assert null.is_char_device()


@pytest.mark.parametrize(
    ("name", "other"), [("a.toml", "a.toml"), ("a.toml", "./a.toml"), ("a.toml", "link"), ("a.toml", "hard")]
)
def test_an_output_that_is_an_input_is_refused(tmp_path: Path, name: str, other: str) -> None:
    source = tmp_path / "a.toml"
    source.write_text("schema = 1")
    (tmp_path / "link").symlink_to(source)
    os.link(source, tmp_path / "hard")
    with pytest.raises(LinkError, match="--claims and --json-out name the same file"):
        check_files({"--json-out": tmp_path / other}, {"--claims": tmp_path / name})


def test_two_links_to_a_file_that_is_not_there_yet_are_one_output(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).symlink_to(tmp_path / "new")
    with pytest.raises(LinkError, match="--html and --junit name the same file"):
        check_files({"--html": tmp_path / "a", "--junit": tmp_path / "b"})


def test_certificates_and_reports_may_not_share_a_file(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "tiltproof", "verify", "--link", "linear", "--claim", "H3"]
    files = ["--certificates", "cd", "--json-out", "cd/linear.json"]
    done = subprocess.run([*run, *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "lies in a folder that does not exist" in done.stderr or "name the same file" in done.stderr
    (tmp_path / "cd").mkdir(exist_ok=True)
    done = subprocess.run([*run, *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "name the same file" in done.stderr


def test_links_never_share_a_certificate(tmp_path: Path) -> None:
    links = [parse(text) for text in ("z+2", "z*2", "z/2", "abs(z-2)", "ABS(z+2)")]
    found = [str(path).lower() for path in paths(links, tmp_path)]
    assert len(set(found)) == len(links)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_costs_neither_the_verdicts_nor_the_other_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tiltproof", "verify", "--link", "linear", "--claim", "H3",
         "--html", "/dev/full", "--json-out", "a.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "seed 0" in done.stdout
    assert (tmp_path / "a.json").exists()
