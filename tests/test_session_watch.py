"""A whole session seen from outside: an MQTT client that is none of ours listens, on a broker the user runs."""

import asyncio
import json
import os
import sys

import aiomqtt

from benchmarks.mosquitto import Mosquitto
from tests.checkout import fingerprint, make_dirty
from tests.small_target import FILES
from tests.team import ROOT, git, repository

WORKERS = {"router", "memory", "researcher", "runner", "setup"}


async def watched(tmp_path, repo):
    """Runs a session over a mosquitto with accounts; returns exit code, what it said, and every payload seen."""
    seen = []
    broker = Mosquitto(tmp_path / "broker")
    await broker.start()
    port = broker.address("anybody").port
    try:
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("lowtide/#", qos=1)

            async def listen():
                async for message in client.messages:
                    # A packet holds one envelope a line.
                    seen.extend((str(message.topic), json.loads(line)) for line in message.payload.splitlines())

            listening = asyncio.create_task(listen())
            url = f"mqtt://team:pass%20word%3A1@127.0.0.1:{port}"
            command = ["-c", "from runtime.cli import main; main()", "optimize", str(repo), "--target", "app.job:main"]
            process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-P", *command, "--broker", url, "--python", sys.executable],
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=os.environ | {"LOWTIDE_STATE": str(tmp_path / "state")},
                cwd=ROOT,
            )
            said, _ = await asyncio.wait_for(process.communicate(), 300)
            assert not listening.done()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
    finally:
        await broker.stop()
    return process.returncode, said.decode(), seen


def test_workers_are_separate_processes_that_talk_over_the_broker(tmp_path):
    repo = repository(tmp_path / "repo", FILES)
    make_dirty(repo, "app/job.py")
    before = fingerprint(repo)
    code, said, seen = asyncio.run(watched(tmp_path, repo))
    assert code == 0, said
    presences = {e["sender"]: e["body"]["pid"] for _, e in seen if e["body"]["kind"] == "presence"}
    assert set(presences) >= WORKERS
    assert len({presences[name] for name in WORKERS}) == len(WORKERS)
    talk = {(e["sender"], e["to"], e["body"]["kind"]) for topic, e in seen if "/inbox/" in topic}
    assert {
        ("setup", "runner", "measure"),
        ("runner", "memory", "measured"),
        ("memory", "router", "send_message"),
        ("memory", "researcher", "send_message"),
        ("memory", "router", "task_update"),
    } <= talk
    contents = {e["body"]["content"]["type"] for _, e in seen if e["body"]["kind"] == "send_message"}
    assert {"discovery", "baseline", "experiment_target", "experiment_result", "reprofile", "complete"} <= contents
    assert "pass word" not in said
    assert "uncommitted changes" in said
    assert fingerprint(repo) == before
    assert git(repo, "log", "--format=%s", "main..codeflash/optimize").startswith("mem: ")
