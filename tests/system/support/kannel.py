"""Kannel's bearerbox and smsbox as a client of the hub, with an HTTP server that takes its delivery reports."""

import http.server
import pathlib
import threading
import urllib.parse
import urllib.request

from support import children

CONFIG = """
group = core
admin-port = {admin}
admin-password = x
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-level = 0
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = hub
host = 127.0.0.1
port = {hub}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = ""
interface-version = 34
enquire-link-interval = 5

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
sendsms-interface = 127.0.0.1
log-level = 0

group = sendsms-user
username = tester
password = tester
max-messages = 5
concatenation = true
"""


class ReportServer:
    """Keeps the query of each delivery report that Kannel sends."""

    def __init__(self):
        reports = self.reports = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.urlsplit(self.path).query
                reports.append({k: v[0] for k, v in urllib.parse.parse_qs(query, keep_blank_values=True).items()})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Kannel:
    def __init__(self, folder, hub_port, system_id, password):
        self.reports = ReportServer()
        admin, box, self.send_port = children.free_ports(3)
        config = pathlib.Path(folder) / "kannel.conf"
        config.write_text(CONFIG.format(admin=admin, box=box, hub=hub_port, send=self.send_port,
                                        system_id=system_id, password=password))
        self.bearerbox = children.Child("bearerbox", ["/usr/sbin/bearerbox", "-v", "0", config], folder)
        self.bearerbox.wait_for_port(box)
        self.smsbox = children.Child("smsbox", ["/usr/sbin/smsbox", "-v", "0", config], folder)
        self.smsbox.wait_for_port(self.send_port)
        status = f"http://127.0.0.1:{admin}/status.txt?password=x"
        children.wait_until(lambda: "(online" in self._get(status), 20, "Kannel is bound")

    @staticmethod
    def _get(url):
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def send(self, name, to, text, **options):
        """Queues a message at smsbox; its reports carry the name."""
        # %d: type of the report, %F: the id the hub gave. Kannel fills them in, so they stay as they are here.
        report = f"http://127.0.0.1:{self.reports.port}/report?name={name}&type=%d&id=%F"
        query = urllib.parse.urlencode({"username": "tester", "password": "tester", "from": "KANNEL", "to": to,
                                        "text": text, "charset": "UTF-8", "dlr-mask": 31, "dlr-url": report, **options})
        return self._get(f"http://127.0.0.1:{self.send_port}/cgi-bin/sendsms?{query}")

    def reports_of(self, name, kind):
        """Delivery reports of one message: kind 1 delivered, 2 undelivered, 8 accepted, 16 refused."""
        return [r for r in self.reports.reports if r["name"] == name and int(r["type"]) & kind]

    def stop(self):
        self.smsbox.stop()
        self.bearerbox.stop()
        self.reports.server.shutdown()
        self.reports.server.server_close()
