"""The table of docs/performance.md: medians, spread and ratios, with the facts of the machine. The rest of the page stays."""
import os
import platform
import re
import statistics
import subprocess

import node

BEGIN, END = "<!-- measured: written by `make compare` -->", "<!-- end of measured -->"
UNITS = {"mb_s": "{} MB/s", "broker_cpu_s_per_gb": "{} CPU s/GB", "p50_ms": "p50 {} ms", "p99_ms": "p99 {} ms",
         "bare_p50_ms": "bare 4 KiB write {} ms", "alone_p99_ms": "alone {} ms", "rise": "x {}", "read_mb_s": "reader {} MB/s", "start_ms": "{} ms",
         "restart_ms": "{} ms", "rss_mb": "{} MB", "cpu_percent": "{} % CPU"}


def short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def figure(key, values):
    """Median, and the lowest and highest run behind it."""
    text = UNITS[key].format(short(statistics.median(values)))
    return text + (f" ({short(min(values))}–{short(max(values))})" if len(values) > 1 else "")


def cell(row, entry):
    if not entry:
        return ""
    return "<br>".join(figure(k, entry["figures"][k]) for k in row.shown)


def ratio(row, entries, other):
    if "troupe" not in entries or other not in entries:
        return ""
    parts = []
    for key in row.shown[:2]:
        ours, theirs = (statistics.median(entries[s]["figures"][key]) for s in ("troupe", other))
        parts.append(f"{ours / theirs:.2f}" if theirs else "")
    return "<br>".join(parts)


def machine():
    with open("/proc/cpuinfo") as info:
        model = re.search(r"model name\s*: (.*)", info.read())
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) // 1024 // 1024
    disk = subprocess.run(["findmnt", "-no", "FSTYPE,SOURCE", "-T", "/tmp"], capture_output=True, text=True).stdout.split()
    client = subprocess.run(["pkg-config", "--modversion", "rdkafka"], capture_output=True, text=True).stdout.strip()
    kafka = re.search(r"<kafka.version>(.*)</", (node.ROOT / "tests/compare/pom.xml").read_text()).group(1)
    return (f"{os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), {memory} GiB of memory, "
            f"Linux {platform.release()}, data on {' '.join(disk[:1])}. Apache Kafka {kafka}; load by librdkafka {client}, acks=all. "
            "Client and broker share the machine.")


def write(path, rows, results, options):
    lines = [machine(), "", f"Medians (lowest–highest) of up to {options.runs} runs of {options.seconds} s after a warm-up. "
             "Ratios are Troupe's median over the other's, figure by figure.", "",
             "| load | Kafka, not synced | null broker | Troupe, durable | Troupe / Kafka | Troupe / null | measured |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        entries = results.get(row.name, {})
        if not entries:
            continue
        dates = sorted({e["date"] for e in entries.values()})
        lines.append(f"| {row.title} | " + " | ".join(
            [*(cell(row, entries.get(s)) for s in ("kafka", "null", "troupe")), ratio(row, entries, "kafka"),
             ratio(row, entries, "null"), " ".join(dates)]) + " |")
    text = path.read_text() if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    path.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1])
    print("\n".join(lines))
