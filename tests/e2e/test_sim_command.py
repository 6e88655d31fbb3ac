# SPDX-License-Identifier: MIT
"""The stand-in's command: how it starts, what it refuses, how it ends."""
import http.client
import json
import re
import signal
import ssl
import subprocess
import urllib.parse

import pytest

from sim import BASIC, PYTHON, ROOT, Sim, SimError, codes, envelope, find_item, shape
from waiting import DEADLINE_S


def run(*options):
    return subprocess.run([PYTHON, ROOT / "sim", *options], capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_help_names_every_group_of_options():
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("--rooms-file", "--port", "--tls", "--latency-ms", "--shared-budget"))


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_ends_it_with_0_even_while_a_request_is_stalled(number):
    with Sim("--rooms", "1", "--items", "5") as sim:
        sim.fault("stall")
        connection = http.client.HTTPConnection("127.0.0.1", sim.port)
        connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(shape(), "r001")).encode(),
                           {"Content-Type": "text/xml", "Authorization": BASIC})
        sim.wait(stalled=1)
        sim._process.send_signal(number)
        sim._process.communicate(timeout=DEADLINE_S)
        assert sim._process.returncode == 0
        connection.close()


def test_a_busy_port_is_one_sentence_and_exit_1():
    with Sim("--rooms", "1") as sim:
        done = run("--port", str(sim.port), "--rooms", "1")
        assert done.returncode == 1 and done.stdout == ""
        assert re.fullmatch(r"sim: cannot listen on 127\.0\.0\.1 port \d+: .*\n", done.stderr)


def test_an_address_that_is_not_loopback_is_refused():
    done = run("--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1 and "loopback" in done.stderr


def test_a_mistake_in_a_rooms_file_names_the_room_and_the_item(tmp_path):
    file = tmp_path / "rooms.toml"
    file.write_text('[[rooms]]\nname = "A"\nmailbox = "a@example.org"\n[[rooms.items]]\nsubject = "Odd"\nday = "someday"\n')
    done = run("--rooms-file", str(file), "--port", "0")
    assert done.returncode == 1 and "room A, item 1 (Odd)" in done.stderr


def test_a_rooms_file_may_be_json(tmp_path):
    file = tmp_path / "rooms.json"
    file.write_text(json.dumps({"rooms": [{"name": "A", "mailbox": "a@example.org", "items": [
        {"subject": "Now", "day": "2026-05-01", "from": "09:00", "to": "10:00"}]}]}))
    with Sim("--rooms-file", file) as sim:
        assert [(item["subject"], item["start"]) for item in sim.items("A")] == [("Now", "2026-05-01T09:00:00Z")]


def test_print_env_says_what_sim_env_says():
    with Sim("--rooms", "2", "--user", "EXAMPLE\\it's", "--password", "p'\\w") as sim:
        printed = run("--print-env", "--rooms", "2", "--user", "EXAMPLE\\it's", "--password", "p'\\w", "--port", str(sim.port))
        assert printed.stdout == sim.env()
        assert "ROOMS='R001,R002'" in printed.stdout and f"EXCHANGE_SERVER='{sim.url}'" in printed.stdout


def test_env_takes_further_settings_and_replaces_its_own():
    with Sim("--rooms", "1") as sim:
        lines = sim.env(CACHE_TTL=5, PASSWORD="wrong").splitlines()
        assert "CACHE_TTL=5" in lines and "PASSWORD=wrong" in lines and "PASSWORD='let-the-rooms-be-read'" not in lines


def test_tls_is_spoken_with_a_certificate_a_client_can_verify():
    with Sim("--tls", "--rooms", "1", "--items", "5") as sim:
        ca_file = re.search("CA_FILE='(.*)'", sim.env()).group(1)
        connection = http.client.HTTPSConnection("localhost", urllib.parse.urlsplit(sim.url).port,
                                                 context=ssl.create_default_context(cafile=ca_file))
        connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(shape(), "r001")).encode(),
                           {"Content-Type": "text/xml", "Authorization": BASIC})
        assert codes(connection.getresponse().read().decode()) == ["NoError"]
        connection.close()


def test_an_older_exchange_refuses_newer_versions():
    with Sim("--exchange", "2010", "--rooms", "1", "--items", "5") as sim:
        connection = http.client.HTTPConnection("127.0.0.1", sim.port)
        seen = []
        for version in ("Exchange2013_SP1", "Exchange2010_SP2"):
            connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(shape(), "r001"), version=version).encode(),
                               {"Content-Type": "text/xml", "Authorization": BASIC})
            reply = connection.getresponse()
            seen.append((reply.status, "ErrorInvalidServerVersion" in reply.read().decode()))
        assert seen == [(500, True), (200, False)]
        connection.close()


def test_a_stand_in_that_cannot_start_says_why_to_the_test():
    with pytest.raises(SimError, match="loopback"):
        Sim("--host", "192.0.2.1").start()
