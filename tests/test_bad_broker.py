"""A broker that does not want us, or that we cannot trust: one clear sentence, exit code 2, nothing begun."""

import asyncio
import os
import subprocess
import sys

import pytest
import trustme

from benchmarks.mosquitto import Mosquitto
from tests.checkout import fingerprint
from tests.small_target import FILES
from tests.team import repository

LOWTIDE = [sys.executable, "-P", "-c", "from runtime.cli import main; main()"]


def complaint(tmp_path, listener, url, **environment):
    """Standard error of `lowtide optimize --broker URL` against a mosquitto configured so."""
    repo = repository(tmp_path / "repo", FILES)
    before = fingerprint(repo)

    async def run():
        broker = Mosquitto(tmp_path / "broker", listener)
        await broker.start()
        try:
            given = url.format(port=broker.address("anybody").port)
            return await asyncio.to_thread(
                subprocess.run,
                [*LOWTIDE, "optimize", str(repo), "--target", "app.job:main", "--broker", given],
                capture_output=True,
                text=True,
                env=os.environ | {"LOWTIDE_STATE": str(tmp_path / "state")} | environment,
                timeout=60,
            )
        finally:
            await broker.stop()

    done = asyncio.run(run())
    assert done.returncode == 2, done.stderr
    assert fingerprint(repo) == before
    assert not (repo / ".codeflash/journal.jsonl").exists()
    [line] = done.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("team:not%20it@", "refuses the account 'team' (wrong user name or password): correct --broker."),
        ("", "refuses clients without account (give user and password): correct --broker."),
    ],
)
def test_a_wrong_account(tmp_path, account, said):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "team", "right"], check=True, capture_output=True)
    listener = f"allow_anonymous false\npassword_file {passwords}\n"
    line = complaint(tmp_path, listener, f"mqtt://{account}127.0.0.1:{{port}}")
    assert line.endswith(said)
    assert "not it" not in line


@pytest.mark.parametrize(
    ("issued_to", "trusted", "said"),
    [
        ("127.0.0.1", False, "unable to get local issuer certificate; the file SSL_CERT_FILE names has to hold its"),
        ("elsewhere.example", True, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_certificate_that_cannot_be_trusted(tmp_path, issued_to, trusted, said):
    authority = trustme.CA()
    issued = authority.issue_cert(issued_to)
    key, chain, root = tmp_path / "key.pem", tmp_path / "chain.pem", tmp_path / "root.pem"
    issued.private_key_pem.write_to_path(str(key))
    chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(str(root))
    listener = f"allow_anonymous true\ncertfile {chain}\nkeyfile {key}\n"
    environment = {"SSL_CERT_FILE": str(root)} if trusted else {}
    line = complaint(tmp_path, listener, "mqtts://127.0.0.1:{port}", **environment)
    assert "shows a certificate that is not trusted here" in line
    assert said in line
