#!/usr/bin/env python3
"""Checks the page of `calint access --format html` in a browser.

    tests/access_page.py PROGRAM [PICTURES]

Needs Chromium and its driver; both are looked up by name. With PICTURES, a folder, pictures of the page are
left there. The browser is driven through the WebDriver protocol, so no package has to be installed.

Exits with 0 where all of it holds, else with 1.
"""

import base64
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parent.parent
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)> \" ' & &amp; `"
ENTER, ESCAPE = "\ue007", "\ue00c"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

# The contrast of the text of elements with what is behind it, and the text.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const painted = (over, color) => {
  canvas.fillStyle = over; canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
};
const behind = element => {
  const under = element.parentElement ? behind(element.parentElement) : 'white';
  return painted(under, getComputedStyle(element).backgroundColor);
};
const luminance = color => {
  const parts = color.match(/\\d+/g).map(Number).map(it => it / 255)
    .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
return [...document.querySelectorAll('body *')]
  .filter(it => [...it.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
  .filter(it => it.checkVisibility())
  .map(it => {
    const under = behind(it);
    const [dark, light] = [luminance(under), luminance(painted(under, getComputedStyle(it).color))].sort((a, b) => a - b);
    return [(light + 0.05) / (dark + 0.05), it.textContent.trim().slice(0, 40)];
  });
"""


class Browser:
    """A session of the WebDriver protocol."""

    def __init__(self, port, profile):
        self.root = f"http://127.0.0.1:{port}"
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}",
        ]
        options = {"args": flags, "binary": found("chromium", "chromium-browser", "google-chrome")}
        always = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self.post("/session", {"capabilities": {"alwaysMatch": always}})
        self.root += f"/session/{answer['sessionId']}"

    def post(self, path, body):
        request = urllib.request.Request(
            self.root + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {json.load(error)['value']['message']}") from error

    def open(self, page):
        """Opens a page and forgets what was logged before it."""
        self.post("/url", {"url": "about:blank"})
        for kind in ("browser", "performance"):
            self.log(kind)
        self.post("/url", {"url": page.as_uri()})

    def run(self, script, *args):
        return self.post("/execute/sync", {"script": script, "args": list(args)})

    def devtools(self, command, **params):
        return self.post("/goog/cdp/execute", {"cmd": command, "params": params})

    def size(self, width, height=900):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def media(self, scheme="light", media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def element(self, selector):
        return self.post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        # The driver aims at the middle of what is in view and does not see that the people lie above it.
        self.run("document.querySelector(arguments[0]).scrollIntoView({ block: 'center', inline: 'start' })", selector)
        self.post(f"/element/{self.element(selector)}/click", {})

    def press(self, key):
        keys = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def log(self, kind):
        return self.post("/se/log", {"type": kind})

    def picture(self, file, whole=False):
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))


def found(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise SystemExit(f"{names[0]} is not installed")


@contextlib.contextmanager
def browser():
    """A fresh browser; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            [found("chromedriver"), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        session = None
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                time.sleep(0.1)
            session = Browser(port, profile)
            yield session
        finally:
            if session:
                request = urllib.request.Request(session.root, method="DELETE")
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(request, timeout=30).close()
            driver.terminate()
            driver.wait(30)


def report(program, folder, form):
    done = subprocess.run(
        [program, "access", folder, "--format", form], capture_output=True, check=True, cwd=PROJECT
    )
    return done.stdout


def hostile(folder):
    """The example tenant with names that are markup."""
    shutil.copytree(PROJECT / "policies-examples/healthy-tenant", folder)
    for file in sorted(folder.glob("CA0*.json")):
        policy = json.loads(file.read_text(encoding="utf-8"))
        policy["displayName"] = HOSTILE
        file.write_text(json.dumps(policy), encoding="utf-8")
    return folder


def wide(folder):
    """Twelve apps, each blocked or open for a group of its own, and a block of which a part is not known."""
    folder.mkdir()

    def policy(name, users, apps, **conditions):
        users = {"includeUsers": users} if users else {"includeGroups": [f"{len(apps[0]):08}-0000-4000-8000-{apps[0][-12:]}"]}
        return {
            "displayName": name,
            "state": "enabled",
            "conditions": {"users": users, "applications": {"includeApplications": apps}, **conditions},
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
        }

    apps = [f"5f3b1c00-9d2e-4c57-8a10-{number:012}" for number in range(12)]
    policies = [policy(f"Block app {app}", [] if number % 2 else ["All"], [app]) for number, app in enumerate(apps)]
    unknown = {"deviceFilter": {"mode": "include", "rule": "device.nothing like this"}}
    policies.append(policy("Block some devices", ["All"], ["00000002-0000-0ff1-ce00-000000000000"], devices=unknown))
    (folder / "policies.json").write_text(json.dumps(policies), encoding="utf-8")
    return folder


class Checks:
    """What does not hold, in words."""

    def __init__(self):
        self.faults = []

    def holds(self, true, words):
        if not true:
            self.faults.append(words)


def check_quiet(page, tab, checks):
    """Nothing is complained about and nothing is fetched."""
    for entry in tab.log("browser"):
        checks.holds(False, f"console: {entry['message']}")
    for entry in tab.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            checks.holds(url in (page.as_uri(), "data:,"), f"the page asks for {url}")


def check_matrix(told, tab, checks):
    """The matrix has the rows and columns of the JSON report, and each cell leads to its answer."""
    heads = tab.run("return [...document.querySelectorAll('thead th')].map(it => it.textContent)")
    checks.holds(heads == ["people", *told["targets"]], f"columns: {heads}")
    rows = tab.run(
        """return [...document.querySelectorAll('tbody tr')].map(row => ({
            people: [...row.querySelectorAll('th[scope=row] li')].map(it => it.textContent),
            cells: [...row.querySelectorAll('td')].flatMap(cell =>
                Array(cell.colSpan).fill(cell.querySelector('button').getAttribute('popovertarget'))),
        }))"""
    )
    expected = []
    for number, answer in enumerate(told["answers"], 1):
        people = [told["classes"][it] for it in answer["classes"]]
        if not expected or expected[-1]["people"] != people:
            expected.append({"people": people, "cells": [None] * len(told["targets"])})
        for target in answer["targets"]:
            expected[-1]["cells"][target] = f"answer-{number}"
    checks.holds(rows == expected, f"rows: {rows}\nexpected: {expected}")


def check_answers(told, tab, checks):
    """Each way to open an answer shows it, and it holds what the JSON report says."""
    shown = "return [...document.querySelectorAll('.answer')].filter(it => it.checkVisibility()).map(it => it.id)"
    checks.holds(tab.run(shown) == [], f"open at first: {tab.run(shown)}")
    for number, answer in enumerate(told["answers"], 1):
        button = f"td [popovertarget=answer-{number}]"
        tab.run("document.querySelector(arguments[0]).focus()", button)
        tab.press(ENTER)
        checks.holds(tab.run(shown) == [f"answer-{number}"], f"Enter on {button} shows {tab.run(shown)}")
        inside = tab.run("return document.activeElement.closest('.answer')?.id")
        checks.holds(inside == f"answer-{number}", f"the focus is not in the answer but in {inside}")
        text = tab.run("return document.getElementById(arguments[0]).innerText", f"answer-{number}")
        for policy in answer["policies"]:
            for part in (policy["name"], f"{policy['path']}:{policy['line']}"):
                checks.holds(" ".join(part.split()) in " ".join(text.split()), f"answer {number} lacks {part}")
        for part in (*answer["errorCodes"], *(it.replace("`", "") for it in answer["dependsOn"])):
            checks.holds(part in text, f"answer {number} lacks {part}")
        code = tab.run(
            "return document.querySelector(arguments[0])?.textContent ?? 'null'", f"#answer-{number} pre"
        )
        checks.holds(json.loads(code) == answer.get("witness"), f"the sign-in of answer {number} differs")
        checks.holds(
            "calint what-if" in text or "witness" not in answer, f"answer {number} does not name calint what-if"
        )
        tab.press(ESCAPE)
        checks.holds(tab.run(shown) == [], f"Escape leaves {tab.run(shown)}")
        back = tab.run("return document.activeElement.matches(arguments[0])", button)
        checks.holds(back, f"the focus does not return to {button}")
        tab.click(button)
        checks.holds(tab.run(shown) == [f"answer-{number}"], f"a click on {button} shows {tab.run(shown)}")
        tab.click(f"#answer-{number} .close")
        checks.holds(tab.run(shown) == [], f"Close leaves {tab.run(shown)}")


def check_contrast(tab, checks):
    """Every text is readable in both schemes, also in an open answer."""
    for scheme in ("light", "dark"):
        tab.media(scheme)
        tab.click("td button")
        texts = tab.run(CONTRAST)
        checks.holds(len(texts) > 20, f"{scheme}: only {len(texts)} texts were found")
        for contrast, text in texts:
            checks.holds(contrast >= 4.5, f"{scheme}: contrast {contrast:.2f} of `{text}`")
        tab.press(ESCAPE)
    tab.media()


def check_phone(tab, checks):
    """On a phone the page is as wide as the screen, and only the matrix scrolls."""
    tab.size(400)
    wide = tab.run("return document.documentElement.scrollWidth")
    checks.holds(wide <= 400, f"the page is {wide} wide on a phone")
    matrix = "const it = document.querySelector('.scroll'); "
    checks.holds(tab.run(matrix + "return it.scrollWidth > it.clientWidth"), "the matrix does not scroll")
    head = tab.run(
        matrix + "it.scrollLeft = 300; const left = it.querySelector('tbody th').getBoundingClientRect().left; "
        "return [it.scrollLeft, left - it.getBoundingClientRect().left]"
    )
    checks.holds(head[0] == 300 and abs(head[1]) <= 2, f"the people do not stay in view: {head}")
    tab.run(matrix + "it.scrollLeft = 0")
    tab.size(1280)


def check_print(told, tab, checks):
    """On paper every answer is there, and nothing is cut off."""
    tab.media(media="print")
    shown = tab.run(
        "return [...document.querySelectorAll('.answer')]"
        ".filter(it => it.checkVisibility() && it.getBoundingClientRect().height > 20).length"
    )
    checks.holds(shown == len(told["answers"]), f"{shown} of {len(told['answers'])} answers are on paper")
    cut = tab.run(
        "return [...document.querySelectorAll('.scroll, .answer, pre, .words')]"
        ".filter(it => !it.closest('details:not([open])')).filter(it => it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1).length"
    )
    checks.holds(cut == 0, f"{cut} elements are cut off on paper")
    pages = tab.devtools("Page.printToPDF", preferCSSPageSize=True)["data"]
    checks.holds(base64.b64decode(pages).startswith(b"%PDF"), "the page cannot be printed")
    tab.media()


def pictures(tab, folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for width in (1280, 400):
            tab.media(scheme)
            tab.size(width)
            tab.picture(folder / f"{name}-{scheme}-{width}.png", whole=True)
            tab.click("tbody tr:nth-child(2) td button")
            tab.picture(folder / f"{name}-{scheme}-{width}-open.png")
            tab.press(ESCAPE)
    tab.size(1060)
    tab.media(media="print")
    tab.picture(folder / f"{name}-print.png", whole=True)
    pages = tab.devtools("Page.printToPDF", preferCSSPageSize=True)["data"]
    (folder / f"{name}.pdf").write_bytes(base64.b64decode(pages))
    tab.media()
    tab.size(1280)


def main(program, shots=None):
    program = str(pathlib.Path(program).resolve())
    faults = []
    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        folder = pathlib.Path(folder)
        tenants = sorted(it for it in (PROJECT / "policies-examples").iterdir() if it.is_dir() and it.name not in ("broken", "pull-request"))
        tenants += [hostile(folder / "hostile-names"), wide(folder / "many-apps")]
        for tenant in tenants:
            checks = Checks()
            told = json.loads(report(program, tenant, "json"))
            page = folder / f"{tenant.name}.html"
            page.write_bytes(report(program, tenant, "html"))
            tab.size(1280)
            tab.media()
            tab.open(page)
            check_matrix(told, tab, checks)
            check_answers(told, tab, checks)
            check_contrast(tab, checks)
            check_phone(tab, checks)
            check_print(told, tab, checks)
            check_quiet(page, tab, checks)
            if shots:
                pictures(tab, pathlib.Path(shots), tenant.name)
            faults += [f"{tenant.name}: {fault}" for fault in checks.faults]
            print(f"{tenant.name}: {len(told['answers'])} answers, {len(checks.faults)} faults")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
