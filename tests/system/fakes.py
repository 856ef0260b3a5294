"""Services that alerts are sent to, as strict stand-ins on 127.0.0.1.

Receiver   records every HTTP request; answers as its script says
Discord    a Receiver that knows a webhook's documented limits and refuses what breaks them
Proxy      a Receiver that forwards (CONNECT and absolute URIs)
make_ca, start_nginx   a TLS front of our own for any of them

As a program it serves until interrupted and prints each request as a line of JSON:
    fakes.py discord [PORT]      fakes.py webhook [PORT]
Fixtures for pytest: receiver, discord, proxy, ca.
"""

import http.client
import http.server
import json
import os
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from datetime import datetime

try:
    import pytest
except ImportError:  # the program needs none
    pytest = None


class Request:
    """One request as it came in. time: monotonic seconds, when its head was read."""

    def __init__(self, handler, body):
        self.time = time.monotonic()
        self.wall = time.time()
        self.method = handler.command
        self.path = handler.path
        self.headers = dict(handler.headers.items())
        self.body = body
        self.answer = None

    def header(self, name):
        for key, value in self.headers.items():
            if key.lower() == name.lower():
                return value
        return None

    def json(self):
        return json.loads(self.body.decode("utf-8"))


# Behaviours: functions of (handler, request). They answer, or do worse.


def answer(status, body=b"", headers=None):
    """A plain answer."""

    def behave(handler, request):
        handler.reply(status, body, headers)

    return behave


def hang(secs=3600):
    """Takes the request and says nothing."""

    def behave(handler, request):
        handler.server.fake.stopped.wait(secs)
        handler.close_connection = True

    return behave


def reset():
    """Cuts the connection with a RST."""

    def behave(handler, request):
        handler.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True

    return behave


def flood(status=200, size=10 * 1024 * 1024):
    """Answers with size bytes."""

    def behave(handler, request):
        handler.send_response(status)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        piece = b"x" * 65536
        for _ in range(size // len(piece)):
            handler.wfile.write(piece)

    return behave


def flood_headers(size=10 * 1024 * 1024, line=1000):
    """Header lines without end, each of so many bytes."""

    def behave(handler, request):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        text = b"X-More: " + b"y" * line + b"\r\n"
        for _ in range(max(1, size // len(text))):
            handler.wfile.write(text)
        handler.close_connection = True

    return behave


def drip(data=b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", pause=0.2):
    """A byte at a time, then a body that never ends."""

    def behave(handler, request):
        for byte in data + b"z" * 1000:
            handler.wfile.write(bytes([byte]))
            if handler.server.fake.stopped.wait(pause):
                return
        handler.close_connection = True

    return behave


def slow_body(status=200, pause=0.2):
    """Headers at once, the body a byte at a time."""

    def behave(handler, request):
        handler.send_response(status)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"z")
            if handler.server.fake.stopped.wait(pause):
                return

    return behave


def redirect(location, status=302):
    return answer(status, b"", {"Location": location})


def rate_limit(wait, header=True, body=True, reset_after=True, shared=False):
    """429 as Discord sends it; a request before the time is over is a violation."""

    def behave(handler, request):
        handler.server.fake.forbid(request.path, wait)
        headers = {"X-RateLimit-Scope": "shared" if shared else "user"}
        if header:
            headers["Retry-After"] = str(max(1, int(wait + 0.999)))
        if reset_after:
            headers["X-RateLimit-Reset-After"] = "%.3f" % wait
        data = {"message": "You are being rate limited.", "retry_after": wait, "global": False}
        handler.reply(429, json.dumps(data).encode() if body else b"", headers)

    return behave


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string((timestamp or time.time()) + self.server.fake.clock_secs)

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def handle_any(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else b""
        self.server.fake.serve(self, Request(self, body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def do_CONNECT(self):
        self.server.fake.connect(self)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that go away are part of the tests


class Receiver:
    """Records requests. script(...) says how the next ones are answered, default the rest."""

    def __init__(self, default=None, port=0):
        self.default = default or answer(200, b"ok")
        self.requests = []
        self.clock_secs = 0  # how far its clock is ahead of ours
        self.violations = []
        self.stopped = threading.Event()
        self._script = []
        self._served = 0  # requests; one of a script counts at once
        self._forbidden = {}
        self._lock = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return "http://127.0.0.1:%d/hook" % self.port

    def script(self, *behaviours):
        """The next requests get these, one each."""
        with self._lock:
            self._script.extend(behaviours)

    def forget_script(self):
        with self._lock:
            self._script.clear()

    def forbid(self, path, secs):
        with self._lock:
            self._forbidden[path] = time.monotonic() + secs

    def violate(self, text):
        with self._lock:
            self.violations.append(text)

    def wait_for(self, count, timeout=10):
        """The requests, once there are count of them; fails after timeout seconds."""
        end = time.monotonic() + timeout
        with self._lock:
            while len(self.requests) < count:
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        "%d requests in %s s, not %d" % (len(self.requests), timeout, count)
                    )
                self._lock.wait(left)
            # What they leave behind is there, too; a second is for those that are never answered.
            self._lock.wait_for(lambda: self._served >= count, 1)
            return list(self.requests)

    def serve(self, handler, request):
        early = None
        with self._lock:
            self.requests.append(request)
            until = self._forbidden.get(request.path, 0)
            if request.time < until - 0.02:
                early = "request %.3f s before the time asked for" % (until - request.time)
                self.violations.append(early)
            behave = self._script.pop(0) if self._script else None
            self._served += behave is not None
            self._lock.notify_all()
        if behave is not None:
            behave(handler, request)
            return
        try:
            self.normal(handler, request)
        finally:
            with self._lock:
                self._served += 1
                self._lock.notify_all()

    def normal(self, handler, request):
        self.default(handler, request)

    def connect(self, handler):
        handler.reply(405)

    def stop(self):
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


def _units(text):
    """UTF-16 units: no way of counting characters gives more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Form(Exception):
    def __init__(self, path, text, code="BASE_TYPE_INVALID"):
        super().__init__(text)
        self.path, self.text, self.code = path, text, code


class DiscordRules:
    """The documented limits of a webhook message, raising _Form for the first that is broken."""

    TOP = {
        "content", "username", "avatar_url", "tts", "embeds", "allowed_mentions", "components",
        "attachments", "flags", "thread_name",
    }
    EMBED = {
        "title", "type", "description", "url", "timestamp", "color", "footer", "image",
        "thumbnail", "video", "provider", "author", "fields",
    }

    @staticmethod
    def text(value, path, least, most):
        if not isinstance(value, str):
            raise _Form(path, "Could not interpret value as string.")
        count = _units(value)
        if least > 0 and value.strip() == "":
            raise _Form(path, "This field is required", "BASE_TYPE_REQUIRED")
        if not least <= count <= most:
            raise _Form(path, "Must be %d or fewer in length." % most, "BASE_TYPE_BAD_LENGTH")
        return count

    @staticmethod
    def keys(value, allowed, path):
        if not isinstance(value, dict):
            raise _Form(path, "Only dictionaries may be used in a DictType")
        for key in value:
            if key not in allowed:
                raise _Form(path + [key], "Unknown key (the fake is strict)")

    def field(self, field, path):
        self.keys(field, {"name", "value", "inline"}, path)
        if not isinstance(field.get("inline", False), bool):
            raise _Form(path + ["inline"], "Must be either true or false.")
        return self.text(field.get("name"), path + ["name"], 1, 256) + self.text(
            field.get("value"), path + ["value"], 1, 1024
        )

    def embed(self, embed, path):
        self.keys(embed, self.EMBED, path)
        total = 0
        if "title" in embed:
            total += self.text(embed["title"], path + ["title"], 1, 256)
        if "description" in embed:
            total += self.text(embed["description"], path + ["description"], 1, 4096)
        fields = embed.get("fields", [])
        if not isinstance(fields, list) or len(fields) > 25:
            raise _Form(path + ["fields"], "Must be 25 or fewer in length.")
        for i, field in enumerate(fields):
            total += self.field(field, path + ["fields", str(i)])
        if "footer" in embed:
            self.keys(embed["footer"], {"text", "icon_url"}, path + ["footer"])
            total += self.text(embed["footer"].get("text"), path + ["footer", "text"], 1, 2048)
        if "author" in embed:
            self.keys(embed["author"], {"name", "url", "icon_url"}, path + ["author"])
            total += self.text(embed["author"].get("name"), path + ["author", "name"], 1, 256)
        color = embed.get("color", 0)
        if isinstance(color, bool) or not isinstance(color, int) or not 0 <= color <= 0xFFFFFF:
            raise _Form(path + ["color"], "int value should be less than or equal to 16777215.")
        if "timestamp" in embed:
            self.timestamp(embed["timestamp"], path + ["timestamp"])
        return total

    @staticmethod
    def timestamp(value, path):
        form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
        try:
            if not re.fullmatch(form, value):
                raise ValueError(value)
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except (TypeError, ValueError):
            raise _Form(path, "Could not parse %r. Should be ISO8601." % (value,))

    def mentions(self, value, path):
        self.keys(value, {"parse", "users", "roles", "replied_user"}, path)
        parse = value.get("parse", [])
        if not isinstance(parse, list) or set(parse) - {"roles", "users", "everyone"}:
            raise _Form(path + ["parse"], "Value must be one of {'everyone', 'roles', 'users'}.")
        for kind in ("users", "roles"):
            ids = value.get(kind, [])
            if not isinstance(ids, list) or len(ids) > 100:
                raise _Form(path + [kind], "Must be 100 or fewer in length.")
            if ids and kind in parse:
                raise _Form(path + ["parse"], "%s is mutually exclusive with its list" % kind)

    def message(self, message):
        self.keys(message, self.TOP, [])
        content = message.get("content")
        if content is not None:
            self.text(content, ["content"], 0, 2000)
        embeds = message.get("embeds") or []
        if not isinstance(embeds, list) or len(embeds) > 10:
            raise _Form(["embeds"], "Must be 10 or fewer in length.")
        total = sum(self.embed(e, ["embeds", str(i)]) for i, e in enumerate(embeds))
        if total > 6000:
            raise _Form(["embeds"], "Embed size exceeds maximum size of 6000", "MAX_EMBED_SIZE_EXCEEDED")
        if message.get("allowed_mentions") is not None:
            self.mentions(message["allowed_mentions"], ["allowed_mentions"])
        if message.get("username") is not None:
            self.text(message["username"], ["username"], 1, 80)
            for word in ("discord", "clyde"):
                if word in message["username"].lower():
                    raise _Form(
                        ["username"],
                        'Username cannot contain "%s"' % word,
                        "USERNAME_INVALID_CONTAINS",
                    )
        if not (content or "").strip() and not embeds:
            raise _Form([], "Cannot send an empty message", 50006)


def _no_twins(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key twice")
    return dict(pairs)


class Discord(Receiver):
    """One webhook. messages: those accepted. rate: (requests, seconds) to enforce, or None."""

    ID = "112233445566778899"
    TOKEN = "fAkE-tOkEn_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"

    def __init__(self, rate=None, port=0):
        self.messages = []
        self.refused = []
        self.rate = rate
        self.thread = None  # of a forum channel: each message has to be for this one
        self._recent = []
        super().__init__(port=port)

    @property
    def path(self):
        return "/api/webhooks/%s/%s" % (self.ID, self.TOKEN)

    @property
    def url(self):
        return "http://127.0.0.1:%d%s" % (self.port, self.path)

    def normal(self, handler, request):
        path, _, query = request.path.partition("?")
        if path != self.path:
            known = path.startswith("/api/webhooks/%s/" % self.ID)
            code, text = (50027, "Invalid Webhook Token") if known else (10015, "Unknown Webhook")
            self.refuse(handler, request, 401 if known else 404, {"message": text, "code": code})
        elif request.method == "GET":
            handler.reply(200, b'{"id": "%s", "type": 1}' % self.ID.encode())
        elif request.method != "POST":
            text = {"message": "405: Method Not Allowed", "code": 0}
            self.refuse(handler, request, 405, text)
        else:
            self.post(handler, request, query)

    def refuse(self, handler, request, status, error):
        with self._lock:
            self.refused.append((status, error))
        headers = {"Content-Type": "application/json"}
        handler.reply(status, json.dumps(error).encode(), headers)

    def wrong_thread(self, query):
        """What the service says of it; None: nothing."""
        thread = dict(urllib.parse.parse_qsl(query)).get("thread_id")
        if self.thread is not None and thread is None:
            return {"code": 220001, "message":
                    "Webhooks posted to forum channels must have a thread_name or thread_id"}
        return {"code": 10003, "message": "Unknown Channel"} if thread != self.thread else None

    def over_rate(self, now):
        """Seconds to wait, by a sliding window; 0 if there is room."""
        if self.rate is None:
            return 0
        most, secs = self.rate
        with self._lock:
            self._recent = [t for t in self._recent if t > now - secs]
            if len(self._recent) >= most:
                return self._recent[0] + secs - now
            self._recent.append(now)
        return 0

    def parse(self, request):
        kind = (request.header("Content-Type") or "").split(";")[0].strip()
        if kind != "application/json":
            raise _Form([], "Expected \"Content-Type\" header to be application/json", 50035)
        try:
            return json.loads(request.body.decode("utf-8"), object_pairs_hook=_no_twins)
        except ValueError:
            raise _Form([], "The request body contains invalid JSON.", 50109)

    def post(self, handler, request, query):
        wait = self.over_rate(request.time)
        if wait > 0:
            rate_limit(wait)(handler, request)
            return
        wrong = self.wrong_thread(query)
        if wrong is not None:
            self.refuse(handler, request, 400 if wrong["code"] == 220001 else 404, wrong)
            return
        try:
            message = self.parse(request)
            DiscordRules().message(message)
        except _Form as form:
            self.violate("%s: %s" % ("/".join(form.path), form.text))
            self.refuse(handler, request, 400, self.form_error(form))
            return
        self.look_for_pings(message)
        with self._lock:
            self.messages.append(message)
        if "wait=true" in query:
            data = json.dumps(dict(message, id="1", type=0)).encode()
            handler.reply(200, data, {"Content-Type": "application/json"})
        else:
            handler.reply(204)

    @staticmethod
    def form_error(form):
        if not form.path:
            code = form.code if isinstance(form.code, int) else 50035
            return {"message": form.text, "code": code}
        errors = {"_errors": [{"code": form.code, "message": form.text}]}
        for key in reversed(form.path):
            errors = {key: errors}
        return {"message": "Invalid Form Body", "code": 50035, "errors": errors}

    def look_for_pings(self, message):
        parse = (message.get("allowed_mentions") or {}).get("parse", None)
        allowed = {"everyone", "users", "roles"} if parse is None else set(parse)
        content = message.get("content") or ""
        if "everyone" in allowed and re.search("@(everyone|here)", content):
            self.violate("pings everyone")
        if allowed & {"users", "roles"} and re.search("<@[!&]?[0-9]+>", content):
            self.violate("pings someone")


class Proxy(Receiver):
    """An HTTP proxy; targets: what it was asked to reach."""

    def __init__(self, port=0):
        self.targets = []
        super().__init__(default=self.forward, port=port)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def forward(self, handler, request):
        self.targets.append(request.path)
        match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.*)?", request.path)
        if match is None:
            handler.reply(502)
            return
        client = http.client.HTTPConnection("127.0.0.1", int(match.group(1)), timeout=10)
        client.request(request.method, match.group(2) or "/", request.body, request.headers)
        reply = client.getresponse()
        handler.reply(reply.status, reply.read())
        client.close()

    def connect(self, handler):
        self.targets.append(handler.path)
        host, _, port = handler.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as far:
            handler.send_response(200, "Connection established")
            handler.end_headers()
            near = handler.connection
            while not self.stopped.is_set():
                for ready in select.select([near, far], [], [], 0.2)[0]:
                    data = ready.recv(65536)
                    if not data:
                        handler.close_connection = True
                        return
                    (far if ready is near else near).sendall(data)


class Authority:
    """Files of a CA: ca (its certificate), and (certificate, key) pairs good, expired, wrong_host;
    stranger is the certificate of a CA that has signed none of them."""


def _openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def _self_signed(folder, name):
    _openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-days", "30",
        "-subj", "/CN=" + name, "-addext", "keyUsage=critical,keyCertSign",
    )


def _sign(folder, name, alt_names, start, end):
    with open(os.path.join(folder, name + ".ext"), "w") as ext:
        ext.write("basicConstraints=CA:FALSE\nsubjectAltName=%s\n" % alt_names)
    _openssl(
        folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name,
    )
    _openssl(
        folder, "ca", "-batch", "-notext", "-config", "ca.conf", "-in", name + ".csr",
        "-out", name + ".pem", "-extfile", name + ".ext", "-startdate", start, "-enddate", end,
    )
    return os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")


def make_ca(folder):
    """A CA of our own and three server certificates, made by the openssl program."""
    folder = os.path.join(str(folder), "ca")
    os.makedirs(folder)
    for name, text in (("index.txt", ""), ("serial", "1000\n")):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    with open(os.path.join(folder, "ca.conf"), "w") as f:
        f.write(
            "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            "certificate=ours.pem\nprivate_key=ours.key\ndefault_md=sha256\npolicy=p\n"
            "unique_subject=no\n[p]\ncommonName=supplied\n"
        )
    _self_signed(folder, "ours")
    _self_signed(folder, "stranger")
    here = "DNS:localhost,IP:127.0.0.1"
    this_year = datetime.utcnow().year
    begin, end = "%d0101000000Z" % (this_year - 1), "%d1231000000Z" % (this_year + 1)
    authority = Authority()
    authority.ca = os.path.join(folder, "ours.pem")
    authority.stranger = os.path.join(folder, "stranger.pem")
    authority.good = _sign(folder, "good", here, begin, end)
    authority.expired = _sign(folder, "expired", here, "20200101000000Z", "20200201000000Z")
    authority.wrong_host = _sign(folder, "wrong", "DNS:example.org", begin, end)
    return authority


FIRST_PORT, WORKERS, PORTS_EACH = 20000, 32, 375


def free_port():
    """A port that nobody has: below those that the kernel hands out by itself, and from a range
    that no other worker of this test run takes from."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    first = FIRST_PORT + worker * PORTS_EACH
    for port in random.sample(range(first, first + PORTS_EACH), PORTS_EACH):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise RuntimeError("no free port from %d on" % first)


NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

NGINX_CONF = """
daemon off;
{user}
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log info;
events {{ worker_connections 64; }}
http {{
    access_log {dir}/access.log;
    client_body_temp_path {dir}/body_temp;
    proxy_temp_path {dir}/proxy_temp;
    fastcgi_temp_path {dir}/fastcgi_temp;
    uwsgi_temp_path {dir}/uwsgi_temp;
    scgi_temp_path {dir}/scgi_temp;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""


class Nginx:
    """A running nginx. url: https://127.0.0.1:PORT"""

    def __init__(self, folder, upstream_port, pair):
        self.port = free_port()
        self.folder = os.path.join(str(folder), "nginx-%d" % self.port)
        os.makedirs(self.folder)
        conf = os.path.join(self.folder, "nginx.conf")
        with open(conf, "w") as f:
            f.write(
                NGINX_CONF.format(
                    dir=self.folder, port=self.port, cert=pair[0], key=pair[1],
                    upstream=upstream_port, user="user root;" if os.geteuid() == 0 else "",
                )
            )
        log = os.path.join(self.folder, "error.log")
        self._process = subprocess.Popen([NGINX, "-c", conf, "-p", self.folder, "-e", log])
        self._wait()

    @property
    def url(self):
        return "https://127.0.0.1:%d" % self.port

    def _wait(self):
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.stop()
        with open(os.path.join(self.folder, "error.log")) as f:
            raise RuntimeError("nginx does not start: " + f.read())

    def stop(self):
        self._process.terminate()
        self._process.wait(10)


def start_nginx(folder, upstream_port, pair):
    """TLS on an ephemeral port with a (certificate, key) pair of make_ca, passed on to upstream."""
    if not os.access(NGINX, os.X_OK) and pytest is not None:
        pytest.skip("nginx is not installed")
    return Nginx(folder, upstream_port, pair)


if pytest is not None:

    def _running(fake):
        yield fake
        fake.stop()

    @pytest.fixture
    def receiver():
        yield from _running(Receiver())

    @pytest.fixture
    def discord():
        yield from _running(Discord())

    @pytest.fixture
    def proxy():
        yield from _running(Proxy())

    @pytest.fixture(scope="session")
    def ca(tmp_path_factory):
        return make_ca(tmp_path_factory.mktemp("tls"))


def main(argv):
    kinds = {"discord": Discord, "webhook": Receiver}
    if len(argv) not in (2, 3) or argv[1] not in kinds:
        sys.exit("usage: fakes.py discord|webhook [PORT]")
    fake = kinds[argv[1]](port=int(argv[2]) if len(argv) == 3 else 0)
    print(fake.url, flush=True)
    seen = 0
    try:
        while True:
            request = fake.wait_for(seen + 1, timeout=10**8)[seen]
            seen += 1
            print(json.dumps({"time": request.wall, "method": request.method,
                              "path": request.path, "headers": request.headers,
                              "body": request.body.decode("utf-8", "replace"),
                              "violations": fake.violations}), flush=True)
    except KeyboardInterrupt:
        fake.stop()


if __name__ == "__main__":
    main(sys.argv)
