"""Answers Grafana's health path, after it has read every file that is mounted for Grafana and written to its volume."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MOUNTED = Path("/etc/grafana")


class Health(BaseHTTPRequestHandler):
    """Well under one path."""

    def do_GET(self) -> None:
        """Say that all is well; 404 elsewhere."""
        self.send_response(200 if self.path == "/api/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        """The same: it has no body."""
        self.do_GET()


if __name__ == "__main__":
    dashboards = [json.loads(path.read_text()) for path in (MOUNTED / "dashboards").glob("*.json")]
    provisioned = [path.read_text() for path in (MOUNTED / "provisioning").rglob("*.yml")]
    Path("/var/lib/grafana/started").write_text(f"{len(dashboards)} dashboards, {len(provisioned)} files\n")
    ThreadingHTTPServer(("0.0.0.0", 3000), Health).serve_forever()  # noqa: S104 - inside a container
