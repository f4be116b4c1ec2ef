"""Chromium without a window, told what to do over the DevTools protocol: just enough of both, and of WebSocket (RFC 6455)."""
import base64
import http.client
import itertools
import json
import os
import pathlib
import shutil
import socket
import struct
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import process  # noqa: E402


class Page:
    """One tab. Every message of the protocol is one text frame."""

    def __init__(self, url, deadline_s=20):
        where = urllib.parse.urlparse(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=deadline_s)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.input = self.socket.makefile("rb")
        status = self.input.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket: {status!r}")
        while self.input.readline() not in (b"\r\n", b""):
            pass
        self.numbers = itertools.count(1)
        self.errors = []  # what the page complained about
        for domain in ("Runtime", "Page", "Log", "Accessibility"):
            self.call(f"{domain}.enable")

    def _send(self, text):
        data, mask = text.encode(), os.urandom(4)
        size = struct.pack(">B", 0x80 | len(data)) if len(data) < 126 else struct.pack(">BH", 0xFE, len(data))
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _receive(self):
        text = b""
        while True:
            first, size = self.input.read(2)
            if size == 126:
                size = struct.unpack(">H", self.input.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.input.read(8))[0]
            data = self.input.read(size)
            if first & 0x0F in (0, 1):
                text += data
                if first & 0x80:
                    return json.loads(text)

    def call(self, method, **params):
        number = next(self.numbers)
        self._send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = self._receive()
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(message["params"]["exceptionDetails"])[:400])
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["source"] in ("security", "javascript"):
                self.errors.append(message["params"]["entry"]["text"])

    def value(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise AssertionError(f"{expression}: {got['exceptionDetails']}")
        return got["result"].get("value")

    def wait(self, expression, deadline_s, what):
        return process.wait_until(lambda: self.value(expression), deadline_s, what, step_s=0.02)

    def key(self, name, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code,
                      **({"text": "\r"} if name == "Enter" and kind == "keyDown" else {}))


class Browser:
    def __init__(self, folder):
        program = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
        if not program:
            raise RuntimeError("chromium is missing: apt-get install chromium")
        self.folder = pathlib.Path(folder)
        # Without a sandbox of its own: CI runs as root, and only the node's page is opened.
        self.process = process.launch([program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                       "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
                                       f"--user-data-dir={self.folder / 'profile'}", "about:blank"], self.folder / "chromium.log")
        port_file = self.folder / "profile/DevToolsActivePort"
        process.wait_until(lambda: port_file.exists() and port_file.read_text().count("\n"), 60, "Chromium")
        self.port = int(port_file.read_text().split("\n")[0])

    def open(self, url):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request("PUT", "/json/new?about:blank")
        page = Page(json.loads(c.getresponse().read())["webSocketDebuggerUrl"])
        page.call("Page.navigate", url=url)

        def loaded():
            try:
                return page.value(f"document.readyState === 'complete' && location.href === {url!r}")
            except AssertionError:
                return False  # one document goes, the next one comes
        process.wait_until(loaded, 30, url)
        return page
