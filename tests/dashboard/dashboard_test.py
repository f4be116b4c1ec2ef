"""The dashboard in a real browser: it loads, shows a record within two seconds, survives a restart of the node, and can be
used with a keyboard and a screen reader.

Run alone: TROUPE_BIN=build/release/troupe tests/dashboard/dashboard_test.py [part of a case's name ...]
"""
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import browser  # noqa: E402
import cluster  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
import wire  # noqa: E402
from report import Cases, check, check_equal, main  # noqa: E402

cases = Cases("dashboard")
CONTRAST = """(() => {
  const rgb = text => text.match(/[0-9.]+/g).map(Number);
  const part = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = node => { for (; node; node = node.parentElement) {
    const c = rgb(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || node.closest("script, style, .hidden, .skip, option") || !node.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(`${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 30)}`);
  }
  return poor.join("; ");
})()"""


class Bench:
    """A node, a browser, and the dashboard in it."""

    def __init__(self, folder):
        self.admin = process.free_port()
        self.node = node.Node(folder / "node", settings={"admin_listener": f"127.0.0.1:{self.admin}"})
        self.node.start()
        self.browser = browser.Browser(folder)
        self.page = self.browser.open(f"http://127.0.0.1:{self.admin}/")

    def state(self, wanted, deadline_s):
        self.page.wait(f"document.getElementById('state').dataset.state === '{wanted}'", deadline_s, f"the state {wanted}")


def produce(bench, topic, text):
    with bench.node.connect() as c:
        error, _ = c.produce(topic, 0, wire.batch([text.encode()], first_time=int(time.time() * 1000)))
        check_equal(error, 0, "produce")


@cases.case
def it_loads(bench):
    bench.state("ready", 20)
    check_equal(bench.page.value("document.title"), "Troupe", "title")
    check("node 1" in bench.page.value("document.getElementById('who').textContent"), "who it is")
    bench.page.wait("document.querySelectorAll('#tree li').length > 5", 5, "the supervision tree")
    check("disk" in bench.page.value("document.getElementById('tree').textContent"), "disk is in the tree")
    outside = bench.page.value("performance.getEntriesByType('resource').map(e => new URL(e.name).host)"
                               ".filter(h => h !== location.host).join()")
    check_equal(outside, "", "hosts beside the node")


@cases.case
def a_record_is_there_within_two_seconds(bench):
    bench.node.create_topic("orders")
    produce(bench, "orders", "the first")
    bench.page.wait("[...document.querySelectorAll('#topics button')].some(b => b.textContent === 'orders')", 10, "the topic")
    bench.page.value("[...document.querySelectorAll('#topics button')].find(b => b.textContent === 'orders').click()")
    bench.page.wait("document.getElementById('records').textContent.includes('the first')", 10, "the first record")
    slowest = 0
    for i in range(5):
        text = f"record <b>{i}</b> {time.monotonic_ns()}"
        began = time.monotonic()
        produce(bench, "orders", text)
        bench.page.wait(f"document.getElementById('records').textContent.includes({text!r})", 5, "the record")
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.3)
    check(slowest <= 2, f"{slowest:.2f} s")
    check_equal(bench.page.value("document.querySelectorAll('#records b').length"), 0, "markup from a record")
    return f"{slowest:.2f} s at the most"


def seconds(text):
    """A duration as the page writes it."""
    number, unit = text.split()
    return float(number) * {"µs": 1e-6, "ms": 1e-3, "s": 1}[unit]


@cases.case
def numbers_move(bench):
    end = time.monotonic() + 4
    while time.monotonic() < end:
        produce(bench, "orders", "x" * 10_000)
    bench.page.wait("/[1-9].*iB\\/s/.test(document.getElementById('in-rate').textContent)", 5, "throughput")
    cells = "[...document.getElementById('latency').rows].map(r => [...r.cells].map(c => c.textContent))"
    bench.page.wait(cells + ".every(r => !['Produce', 'Journal write'].includes(r[0]) || !r.includes('–'))", 5, "latency")
    latency = {row[0]: row[1:] for row in bench.page.value(cells)}
    check_equal(list(latency), ["Produce", "Fetch", "Metadata", "Journal write"], "what is measured")
    for what in ("Produce", "Journal write"):
        times = [seconds(text) for text in latency[what]]
        check(len(times) == 3 and 0 < times[0] <= times[1] <= times[2] < 10, f"p50, p95, p99 of {what}: {latency[what]}")
    check(bench.page.value("document.querySelector('#chart .in').getAttribute('d').length") > 10, "the chart")
    bench.page.wait("/Logs.*[1-9].*iB/.test(document.getElementById('disk').textContent)", 5, "disk")
    with bench.node.connect() as c:  # calls itself "outside"
        c.api_versions()
        peer = "{}:{}".format(*c.socket.getsockname())
        client = "[...document.getElementById('clients').rows].map(r => [...r.cells].map(c => c.textContent))"
        bench.page.wait(client + f".some(r => r[0] === 'outside' && r[1] === '{peer}' && r[2] === '1')", 5, "the client")


@cases.case
def it_survives_a_restart(bench):
    bench.page.value("window.sameDocument = true")
    bench.node.kill()
    bench.state("gone", 15)
    bench.node.start()
    bench.state("ready", 15)
    check(bench.page.value("window.sameDocument"), "the page was not loaded anew")
    text = f"after the restart {time.monotonic_ns()}"
    began = time.monotonic()
    produce(bench, "orders", text)
    bench.page.wait(f"document.getElementById('records').textContent.includes({text!r})", 5, "a record after it")
    took = time.monotonic() - began
    check(took <= 2, f"{took:.2f} s")
    bench.node.stop()
    bench.state("gone", 15)
    bench.node.start()
    bench.state("ready", 15)


@cases.case
def restarts_are_shown_and_said(bench):
    """No test can make an actor of a sound node fail from outside: the answer is given an event that says so."""
    bench.page.value("""(() => {
      const real = window.fetch;
      window.fetch = async (path, options) => {
        const answer = await real(path, options);
        if (!path.startsWith('/v1/overview')) return answer;
        const data = await answer.json();
        const why = 'out of <i>memory</i>';
        const disk = data.supervision.actors.find(a => a.actor === 'reader_keeper');
        Object.assign(disk, {state: 'waiting', restarts: 2, why});
        data.supervision.waiting = 1;
        const event = {what: 'ended', actor: 'reader_keeper', supervisor: 'node_supervisor', why, restart_in_ms: 250};
        const now_ms = data.node.now_ms;
        if (/=0$/.test(path)) data.events.push({...event, number: 1, when_ms: now_ms - 3 * 86400 * 1000},
                                               {...event, number: 2, when_ms: now_ms});
        return new Response(JSON.stringify(data), {status: 200});
      };
      window.realFetch = real;
    })()""")
    bench.state("degraded", 10)
    bench.page.wait("document.getElementById('events').rows.length === 2", 10, "the events")
    newest, oldest = bench.page.value("[...document.getElementById('events').rows].map(r => [...r.cells].map(c => c.textContent))")
    for row in (newest, oldest):
        check_equal(row[1:], ["reader_keeper", "endedout of <i>memory</i>back in 250 ms"], "who and why")
    check(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", newest[0]), f"a time of today: {newest[0]}")
    days = [time.strftime("%Y-%m-%d", time.localtime(time.time() - 3 * 86400 - late)) for late in (0, 60)]
    check(re.fullmatch(rf"({'|'.join(days)}) \d\d:\d\d:\d\d\.\d{{3}}", oldest[0]), f"a time three days ago: {oldest[0]}")
    check("waiting to be restarted" in bench.page.value("document.getElementById('tree').textContent"), "the tree")
    check("reader_keeper ended" in bench.page.value("document.getElementById('announcement').textContent"), "announcement")
    bench.page.value("window.fetch = window.realFetch")
    bench.state("ready", 10)


@cases.case
def the_cluster_is_shown(bench):
    """Three nodes, one of which dies: who leads, who is down, what the others lack."""
    made = cluster.Cluster(process.workdir("dashboard_cluster"))
    admins = {m.node_id: made.fresh_port() for m in made.members}
    for member in made.members:
        member.lines, member.admin = [f'rack = "r{member.node_id}"'], f"127.0.0.1:{admins[member.node_id]}"
    made.write()
    cell = "[...document.getElementById('{}').rows].map(r => [...r.cells].map(c => c.textContent))"
    with made:
        made.create_topic("spread", 3, 3)
        leader = made.leaders("spread")[0]
        page = bench.browser.open(f"http://127.0.0.1:{admins[leader]}/")
        page.wait(cell.format("nodes") + ".length === 3", 20, "three nodes")
        nodes = page.value(cell.format("nodes"))
        check_equal([row[1:3] for row in nodes], [["alive", "r1"], ["alive", "r2"], ["alive", "r3"]], "state and rack")
        check_equal(sum(int(row[3]) for row in nodes), 3, "leaderships")
        check(nodes[leader - 1][0] == f"{leader} (this one)", nodes)
        page.wait(cell.format("replicas") + ".length === 3", 10, "the topic's partitions")
        # This node knows what its followers lack: nothing, once they have it.
        with made.member(leader).connect() as c:
            check_equal(c.produce("spread", 0, wire.batch([b"x"] * 10))[0], 0, "produce")
        lags = ", ".join(f"{n}: {'leads' if n == leader else 0}" for n in page.value(
            "(async () => (await (await fetch('/v1/replicas?topic=spread')).json()).partitions[0].replicas.map(r => r.node))()"))
        page.wait(cell.format("replicas") + f"[0][3] === '{lags}'", 10, f"the lags {lags}")
        victim = next(n for n in admins if n != leader)
        made.member(victim).kill()
        page.wait(cell.format("nodes") + f"[{victim - 1}][1] === 'down'", 20, "the dead node")
        page.wait(cell.format("nodes") + f"[{victim - 1}][5] === '3'", 20, "its replicas are not in sync")
        page.wait(cell.format("replicas") + f"[0][2].includes('{victim} (down)')", 10, "the dead replica")
        page.wait("document.getElementById('cluster-totals').children[5].textContent === '0'", 10, "nothing is leaderless")
        check_equal(page.value("document.getElementById('cluster-totals').children[1].textContent"), "2 of 3", "alive")
        check_equal(page.value("document.getElementById('cluster-totals').children[7].textContent"), "3", "under-replicated")
        made.member(victim).launch()
        page.wait("document.getElementById('cluster-totals').children[7].textContent === '0'", 30, "all are back")


@cases.case
def a_keyboard_is_enough(bench):
    page = bench.page
    page.value("document.activeElement.blur()")
    seen = []
    for _ in range(40):
        page.key("Tab", 9)
        where = page.value("(e => e.id || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim())"
                           "(document.activeElement)")
        visible = page.value("(e => e === document.body || e.matches('.skip') || "
                             "parseFloat(getComputedStyle(e).outlineWidth) >= 2)(document.activeElement)")
        check(visible, f"the focus on {where} cannot be seen")
        seen.append(where)
    check("Skip to the numbers" in seen[0], f"the first stop is {seen[0]}")
    for stop in ("filter", "orders", "topic", "pause", "h-topics", "h-records", "Supervision tree"):
        check(stop in seen, f"{stop} cannot be reached: {seen}")
    page.value("document.getElementById('pause').focus()")
    page.key("Enter", 13)
    check_equal(page.value("document.getElementById('pause').getAttribute('aria-pressed')"), "true", "pause")
    page.key("Enter", 13)
    check_equal(page.value("document.getElementById('pause').getAttribute('aria-pressed')"), "false", "go on")
    # What is updated each second does not take the focus away.
    page.value("[...document.querySelectorAll('#topics button')][0].focus()")
    time.sleep(2.5)
    check_equal(page.value("document.activeElement.textContent"), "orders", "focus after two updates")


@cases.case
def a_screen_reader_finds_its_way(bench):
    nodes = bench.page.call("Accessibility.getFullAXTree")["nodes"]
    named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
    roles = {role for role, _ in named}
    check({"banner", "main", "contentinfo", "heading", "table", "status", "columnheader", "rowheader"} <= roles, f"roles: {roles}")
    for heading in ("Throughput", "Latency", "Disk", "Connections", "Cluster", "Topics and partitions", "Supervision",
                    "Recent records"):
        check(("heading", heading) in named, f"no heading {heading}")
        check(("region", heading) in named, f"no region {heading}")
    nameless = [role for role, name in named if role in ("button", "combobox", "searchbox", "link", "image", "img", "meter") and not name]
    check_equal(nameless, [], "controls without a name")
    check_equal(bench.page.value("document.querySelectorAll('tr[aria-selected]').length"), 0, "rows that no grid can select")
    pressed = "[...document.querySelectorAll('#topics button[aria-pressed=true]')].map(b => b.textContent)"
    check_equal(bench.page.value(pressed), [bench.page.value("document.getElementById('topic').value")], "the topic that is shown")
    check_equal(bench.page.value("document.documentElement.lang"), "en", "language")
    check_equal(bench.page.value("document.getElementById('announcement').getAttribute('aria-live')"), "polite", "live region")
    levels = bench.page.value("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    check(levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"levels of headings: {levels}")


@cases.case
def light_dark_small_and_calm(bench):
    for scheme in ("light", "dark"):
        bench.page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                                {"name": "prefers-reduced-motion", "value": "reduce"}])
        check_equal(bench.page.value(CONTRAST), "", f"contrast below 4.5 in {scheme}")
        check_equal(bench.page.value("document.getAnimations().length"), 0, "animations")
    bench.page.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    check(bench.page.value("document.documentElement.scrollWidth") <= 360, "it is wider than a telephone")
    bench.page.call("Emulation.clearDeviceMetricsOverride")


@cases.case
def nothing_was_complained_about(bench):
    check_equal([e for e in bench.page.errors], [], "errors of the page")


if __name__ == "__main__":
    main(cases, Bench(pathlib.Path(process.workdir("dashboard"))))
