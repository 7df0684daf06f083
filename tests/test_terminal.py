"""What the user sees of the log: every whole line once, and nothing that steers a terminal."""

import io
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from messaging.messages import LogLine
from runtime.terminal import LogTail, Terminal, plain


def entry(number: int, text: str, level: str = "info") -> bytes:
    line = LogLine.model_validate(
        {"number": number, "at": datetime.now(UTC), "agent": "a", "level": level, "text": text, "cause": str(number)}
    )
    return line.model_dump_json().encode() + b"\n"


def shown(path: Path, tail: LogTail, **options: object) -> str:
    out = io.StringIO()
    Terminal(Console(file=out, width=20, **options), tail).show_new()  # type: ignore[arg-type]
    return out.getvalue()


def test_each_entry_is_shown_once_and_one_that_is_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    tail = LogTail(path)
    assert tail.new() == []
    second = entry(2, "two")

    path.write_bytes(entry(1, "one") + second[:10])
    assert [line.text for line in tail.new()] == ["one"]
    assert tail.new() == []
    path.write_bytes(entry(1, "one") + second + entry(3, "three"))

    assert [line.text for line in tail.new()] == ["two", "three"]


def test_a_torn_entry_that_the_router_cuts_off_and_writes_again_is_shown_once(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    path.write_bytes(entry(1, "one") + b'{"number": 2, "te')
    tail = LogTail(path)
    assert len(tail.new()) == 1

    path.write_bytes(entry(1, "one") + entry(2, "two"))

    assert [line.text for line in tail.new()] == ["two"]


def test_what_an_earlier_run_has_logged_is_not_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    path.write_bytes(entry(1, "old"))
    tail = LogTail.at_end(path)
    with path.open("ab") as file:
        file.write(entry(2, "new"))

    assert [line.text for line in tail.new()] == ["new"]


def test_text_is_printed_as_it_stands_without_markup_wrapping_or_escapes(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    text = "[bold]x[/bold] :smile: \x1b[31mred\x1b[0m\x07\r\u202etxt and a line far longer than the console is wide"
    path.write_bytes(entry(1, text))

    expected = "[bold]x[/bold] :smile: [31mred[0mtxt and a line far longer than the console is wide\n"
    assert shown(path, LogTail(path)) == expected


def test_a_table_keeps_its_lines_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    text = "[baseline] Per-stage profiling:\n  Stage                Delta MB   Cumul MB\n  parse       +46.6       46.6"
    path.write_bytes(entry(1, text))

    assert shown(path, LogTail(path)) == text + "\n"


def test_warnings_have_a_colour_on_a_terminal_and_none_with_no_color(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    path.write_bytes(entry(1, "careful", "warning"))

    assert shown(path, LogTail(path), force_terminal=True, color_system="standard", no_color=False) == (
        "\x1b[33mcareful\x1b[0m\n"
    )
    assert shown(path, LogTail(path), force_terminal=True, no_color=True) == "careful\n"


@given(st.text())
def test_no_control_character_but_newline_and_tab_comes_through(text: str) -> None:
    assert all(c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160) for c in plain(text))
