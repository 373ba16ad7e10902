#!/usr/bin/env python3
"""Times the analysis of what policies do together, as whole processes on one core, over generated tenants.

    benches/exact_analysis.py [--runs N] [--sizes 10,50,240] [--kinds realistic,filters] [--keep FOLDER] [BINARY...]

Without BINARY the release build is made and timed. With several, they are timed side by side, run by run in turn,
so that a slow moment of the machine meets all of them.

The columns, in milliseconds as median (smallest-largest):

    check           calint DIR --no-config: start, reading, every rule that is on by default
    without         the same without the rules that ask for the analysis; the difference is what it costs
    all rules       with the rules that are off by default too
    access          calint access DIR --no-config --format json: every class of people and every target

The memory is the most that was resident, the larger of `check` and `access`. The kinds of tenant:

    realistic       a baseline, then policies by group, role, app, platform, place, device and risk
    adversarial     random overlaps in every condition and every demand
    boxes           blocks of random corners of the space, which together leave little or nothing
    filters         blocks whose device filters are the clauses of a hard satisfiability problem

Needs Python 3.9, GNU time and Linux. Writes into a temporary folder only.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Seconds after which a run is ended, and after which it is not repeated.
LIMIT = 90
SLOW = 4
MASK = (1 << 64) - 1


class Random:
    """Small numbers that follow from a seed (xorshift), the same with every version of Python."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x1234567) & MASK or 1

    def bits(self):
        self.state ^= (self.state << 13) & MASK
        self.state ^= self.state >> 7
        self.state ^= (self.state << 17) & MASK
        return self.state

    def below(self, limit):
        return (self.bits() >> 11) % limit

    def once_in(self, times):
        return self.below(times) == 0

    def one(self, choices):
        return choices[self.below(len(choices))]

    def some(self, choices, least, most):
        """Between `least` and `most` of them, each once, in order."""
        wanted = min(len(choices), least + self.below(most - least + 1))
        left = list(range(len(choices)))
        picked = [left.pop(self.below(len(left))) for _ in range(wanted)]
        return [choices[at] for at in sorted(picked)]

    def guid(self):
        a, b = self.bits(), self.bits()
        return "%08x-%04x-4%03x-8%03x-%012x" % (
            a & 0xFFFFFFFF, a >> 32 & 0xFFFF, a >> 48 & 0xFFF, b & 0xFFF, b >> 12 & 0xFFFFFFFFFFFF)

    def guids(self, number):
        return [self.guid() for _ in range(number)]


ROLES = [
    "62e90394-69f5-4237-9190-012177145e10", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "194ae4cb-b126-40b2-bd5b-6091b380977d", "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7", "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", "966707d0-3269-4727-9be2-8c3a10f19b9d",
]
SYNCHRONISATION = "d29b2b05-8046-44ba-8758-1e26182fcf32"
PLATFORMS = ["android", "iOS", "windows", "macOS", "linux"]
RISKS = ["low", "medium", "high"]
COUNTRIES = ["AT", "BE", "BR", "CH", "CN", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IN", "IT", "JP", "KP",
             "NL", "NO", "PL", "PT", "RU", "SE", "SG", "US"]
CLIENTS = ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]
GUESTS = ["internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "b2bDirectConnectUser",
          "otherExternalUser", "serviceProvider"]
STRENGTHS = ["00000000-0000-0000-0000-%012d" % number for number in (2, 3, 4)]
BUNDLES = ["Office365", "MicrosoftAdminPortals", "797f4846-ba00-4fd7-ba43-dac1f8f63013",
           "00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000"]
EVERY_GUEST = {
    "guestOrExternalUserTypes": ",".join(GUESTS),
    "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants",
                        "membershipKind": "all"},
}


def policy(title, state="enabled", users=None, apps=None, grant=None, operator="OR", strength=None, session=None,
           **conditions):
    return {
        "displayName": title,
        "state": state,
        "conditions": {
            "users": users or {"includeUsers": ["All"]},
            "applications": apps or {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
            **conditions,
        },
        "grantControls": {
            "operator": operator,
            "builtInControls": grant or [],
            **({"authenticationStrength": {"id": strength}} if strength else {}),
        } if grant or strength else None,
        "sessionControls": session,
    }


def ranges(chance, number):
    """Public ranges, some of which lie in others."""
    nets = []
    for _ in range(number):
        length = chance.one([16, 20, 24, 24, 28, 29, 32])
        address = chance.one([20, 31, 51, 62, 80, 91]) << 24 | chance.below(8) << 16 | chance.below(1 << 16)
        address &= MASK << 32 - length & 0xFFFFFFFF
        nets.append("%d.%d.%d.%d/%d" % (*address.to_bytes(4, "big"), length))
    return nets


def places(chance, networks, countries):
    """Named locations of both kinds."""
    found = []
    for number in range(networks):
        found.append({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "id": chance.guid(),
            "displayName": "Office %02d" % number, "isTrusted": number % 3 != 2,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": net}
                         for net in ranges(chance, 1 + chance.below(6))],
        })
    for number in range(countries):
        found.append({
            "@odata.type": "#microsoft.graph.countryNamedLocation", "id": chance.guid(),
            "displayName": "Countries %02d" % number, "countriesAndRegions": chance.some(COUNTRIES, 2, 9),
            "countryLookupMethod": "clientIpAddress", "includeUnknownCountriesAndRegions": chance.once_in(2),
        })
    return found


def device_filter(rule, mode="include"):
    return {"deviceFilter": {"mode": mode, "rule": rule}}


def realistic(count):
    """A baseline for everybody, then policies for parts of the staff."""
    chance = Random(1)
    emergency = chance.guid()
    groups = chance.guids(min(255, 40 + count * 9 // 10))
    people = chance.guids(min(60, 5 + count // 5))
    apps = chance.guids(min(25, 3 + count // 8))
    locations = places(chance, 8 if count > 20 else 3, 5 if count > 20 else 2)
    offices = [place["id"] for place in locations if "ipRanges" in place]
    countries = [place["id"] for place in locations if "ipRanges" not in place]
    left = iter(groups * 9)

    def everybody(*more):
        return {"includeUsers": ["All"], "excludeGroups": [emergency, *more]}

    def staff(*more):
        return {**everybody(*more), "excludeUsers": ["GuestsOrExternalUsers"]}

    def team():
        users = {"includeGroups": [next(left) for _ in range(1 + chance.below(3))], "excludeGroups": [emergency]}
        if chance.once_in(3):
            users["excludeGroups"].append(next(left))
        if chance.once_in(5):
            users["excludeUsers"] = chance.some(people, 1, 3)
        if chance.once_in(6):
            users["includeUsers"] = chance.some(people, 1, 2)
        return users

    office = {"includeApplications": ["Office365"]}
    register = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    hours = {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 8, "frequencyInterval": "timeBased",
                                 "authenticationType": "primaryAndSecondaryAuthentication"}}
    admins = {"includeRoles": ROLES, "excludeGroups": [emergency]}
    baseline = [
        policy("MFA for everyone", users={**everybody(), "excludeRoles": [SYNCHRONISATION]}, grant=["mfa"]),
        policy("Block legacy authentication", users=everybody(), grant=["block"],
               clientAppTypes=["exchangeActiveSync", "other"]),
        policy("Phishing-resistant MFA for administrators", users=admins, strength=STRENGTHS[2], session=hours),
        policy("Protect registration", users=staff(), apps=register, grant=["mfa"],
               locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
        policy("Block device code flow", users=everybody(next(left)), grant=["block"],
               authenticationFlows={"transferMethods": "deviceCodeFlow,authenticationTransfer"}),
        policy("Block other countries", users=everybody(next(left)), grant=["block"],
               locations={"includeLocations": ["All"], "excludeLocations": [countries[0]]}),
        policy("Block unknown platforms", users=everybody(next(left)), grant=["block"],
               platforms={"includePlatforms": ["all"], "excludePlatforms": PLATFORMS}),
        policy("MFA at risk", users=everybody(), grant=["mfa"], signInRiskLevels=["medium", "high"]),
        policy("New password at high user risk", users=staff(), grant=["mfa", "passwordChange"], operator="AND",
               userRiskLevels=["high"]),
        policy("MFA for guests", users={"includeGuestsOrExternalUsers": EVERY_GUEST, "excludeGroups": [emergency]},
               grant=["mfa"]),
        policy("Office on computers", users=staff(next(left)), apps=office, grant=["compliantDevice"],
               strength=STRENGTHS[2], platforms={"includePlatforms": ["windows", "macOS"]}),
        policy("Office on phones", users=staff(next(left)), apps=office,
               grant=["compliantApplication", "compliantDevice"],
               platforms={"includePlatforms": ["android", "iOS"]}),
        policy("Guests see few apps", users={"includeGuestsOrExternalUsers": EVERY_GUEST,
                                             "excludeGroups": [emergency]},
               apps={"includeApplications": ["All"], "excludeApplications": ["Office365", *apps[:2]]},
               grant=["block"]),
        policy("Administrators on privileged workstations", "enabledForReportingButNotEnforced", users=admins,
               grant=["block"], apps={"includeApplications": ["MicrosoftAdminPortals"]},
               devices=device_filter('device.extensionAttribute1 -eq "PAW"', "exclude")),
        policy("Terms of use", users=staff(next(left)), grant=["mfa"],
               apps={"includeAuthenticationContextClassReferences": ["c1"]}),
    ]

    def one(number):
        kind = chance.below(16)
        state = "enabledForReportingButNotEnforced" if chance.once_in(6) else "enabled"
        title = "Team %03d" % number
        own = {"includeApplications": chance.some(apps, 1, 3)}
        if kind < 3:
            return policy(title + " MFA", state, team(), own, ["mfa"], session=hours if chance.once_in(2) else None)
        if kind == 3:
            return policy(title + " managed computers", state, team(), office, ["compliantDevice", "domainJoinedDevice"],
                          platforms={"includePlatforms": chance.some(["windows", "macOS", "linux"], 1, 3)})
        if kind == 4:
            return policy(title + " apps on phones", state, team(), office, ["compliantApplication"],
                          platforms={"includePlatforms": ["android", "iOS"]})
        if kind == 5:
            return policy(title + " only at work", state, team(), own, ["block"],
                          locations={"includeLocations": ["All"], "excludeLocations": chance.some(offices, 1, 3)})
        if kind == 6:
            return policy(title + " not abroad", state, team(), own, ["block"], locations={
                "includeLocations": ["All"], "excludeLocations": chance.some(countries, 1, 2) + ["AllTrusted"]})
        if kind == 7:
            rule = chance.one(['device.extensionAttribute%d -eq "%s"' % (1 + chance.below(3), chance.one("ABC")),
                               'device.isCompliant -eq True -and device.trustType -eq "AzureAD"',
                               'device.displayName -startsWith "KIOSK" -or device.model -contains "Surface"',
                               'device.trustType -ne "ServerAD"'])
            return policy(title + " kiosks", state, team(), own, ["block"],
                          devices=device_filter(rule, chance.one(["include", "exclude"])))
        if kind == 8:
            return policy(title + " at risk", state, team(), own, ["mfa", "compliantDevice"], "AND",
                          signInRiskLevels=chance.some(RISKS, 1, 2))
        if kind == 9:
            return policy(title + " user at risk", state, team(), None, ["block"], userRiskLevels=["high"])
        if kind == 10:
            return policy(title + " browser alone", state, team(), own, ["block"],
                          clientAppTypes=["mobileAppsAndDesktopClients"])
        if kind == 11:
            return policy(title + " guests", state, {"includeGuestsOrExternalUsers": {
                **EVERY_GUEST, "guestOrExternalUserTypes": ",".join(chance.some(GUESTS, 1, 4))},
                "excludeGroups": [emergency]}, own, ["mfa"])
        if kind == 12:
            return policy(title + " administrators", state,
                          {"includeRoles": chance.some(ROLES, 1, 4), "excludeGroups": [emergency, next(left)]},
                          {"includeApplications": ["MicrosoftAdminPortals"]}, strength=chance.one(STRENGTHS))
        if kind == 13:
            return policy(title + " context", state, team(),
                          {"includeAuthenticationContextClassReferences": ["c%d" % (1 + chance.below(6))]},
                          strength=chance.one(STRENGTHS))
        if kind == 14:
            return policy(title + " whole Office", state, team(), office, ["mfa"],
                          session={"persistentBrowser": {"isEnabled": True, "mode": "never"}})
        return policy(title + " every app", state, team(),
                      {"includeApplications": ["All"], "excludeApplications": chance.some(apps, 1, 3)},
                      ["mfa", "compliantDevice"])

    return baseline[:count] + [one(number) for number in range(count - len(baseline))], locations


def adversarial(count):
    """Everything overlaps with everything."""
    chance = Random(2)
    groups, people, apps = chance.guids(90), chance.guids(40), chance.guids(12) + BUNDLES
    locations = places(chance, 12, 8)
    named = [place["id"] for place in locations] + chance.guids(2)
    attributes = ["extensionAttribute%d" % number for number in range(1, 8)] + ["displayName", "model"]

    def comparison():
        if chance.once_in(4):
            return chance.one(["device.isCompliant -eq True", 'device.trustType -eq "ServerAD"',
                               'device.trustType -in ["AzureAD", "Workplace"]', "device.isCompliant -ne True"])
        test = chance.one(["eq", "ne", "startsWith", "endsWith", "contains", "notContains"])
        return 'device.%s -%s "%s"' % (chance.one(attributes), test, chance.one(["a", "b", "ab", "ba", "x"]))

    def rule(depth=2):
        if depth == 0 or chance.once_in(4):
            return comparison()
        joined = chance.one([" -and ", " -or "]).join(rule(depth - 1) for _ in range(2 + chance.below(2)))
        return "%s(%s)" % ("not " if chance.once_in(3) else "", joined)

    def pair(name, whole, choices):
        include = [whole] if chance.once_in(2) else chance.some(choices, 1, 4)
        return {"include" + name: include, "exclude" + name: chance.some(choices, 0, 4)}

    def users():
        found = {"includeUsers": ["All"]} if chance.once_in(2) else {
            "includeUsers": chance.some(people, 0, 4), "includeGroups": chance.some(groups, 1, 6),
            "includeRoles": chance.some(ROLES, 0, 3)}
        found["excludeUsers"] = chance.some(people, 0, 4)
        found["excludeGroups"] = chance.some(groups, 0, 6)
        found["excludeRoles"] = chance.some(ROLES, 0, 2)
        if chance.once_in(4):
            found[chance.one(["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"])] = {
                **EVERY_GUEST, "guestOrExternalUserTypes": ",".join(chance.some(GUESTS, 1, 4))}
        return found

    def one(number):
        when = {}
        for name, once, make in [
            ("platforms", 3, lambda: pair("Platforms", "all", PLATFORMS)),
            ("locations", 3, lambda: pair("Locations", "All", named)),
            ("devices", 3, lambda: device_filter(rule(), chance.one(["include", "exclude"]))),
            ("clientAppTypes", 3, lambda: chance.some(CLIENTS, 1, 3)),
            ("signInRiskLevels", 6, lambda: chance.some(RISKS, 1, 2)),
            ("userRiskLevels", 6, lambda: chance.some(RISKS, 1, 2)),
            ("authenticationFlows", 9, lambda: {"transferMethods": "deviceCodeFlow"}),
        ]:
            if chance.once_in(once):
                when[name] = make()
        target = pair("Applications", "All", apps)
        if chance.once_in(10):
            target = {"includeUserActions": ["urn:user:registersecurityinfo"]}
        state = "enabledForReportingButNotEnforced" if chance.once_in(8) else "enabled"
        if chance.once_in(4):
            return policy("Random %03d" % number, state, users(), target, ["block"], **when)
        controls = chance.some(["mfa", "compliantDevice", "domainJoinedDevice", "approvedApplication",
                                "compliantApplication"], 1, 3)
        return policy("Random %03d" % number, state, users(), target, controls, chance.one(["AND", "OR"]),
                      chance.one(STRENGTHS) if chance.once_in(4) and "mfa" not in controls else None, **when)

    return [one(number) for number in range(count)], locations


def boxes(count):
    """Each block takes a corner: about one sign-in in three hundred gets past 240 of them, or none."""
    chance = Random(3)
    groups = chance.guids(30)
    locations = places(chance, 6, 4)
    named = [place["id"] for place in locations]

    def one(number):
        when = {
            "platforms": {"includePlatforms": chance.some(PLATFORMS, 2, 4)},
            "locations": {"includeLocations": ["All"], "excludeLocations": chance.some(named, 1, 2)},
            "clientAppTypes": chance.some(CLIENTS, 2, 3),
            "signInRiskLevels": chance.some(RISKS + ["none"], 2, 3),
            "userRiskLevels": chance.some(RISKS + ["none"], 2, 3),
            "devices": device_filter(" -or ".join(
                'device.extensionAttribute%d -eq "%s"' % (1 + chance.below(4), chance.one("abcd")) for _ in range(3)),
                chance.one(["include", "exclude"])),
        }
        for name in chance.some(sorted(when), 2, 4):
            del when[name]
        users = {"includeUsers": ["All"], "excludeGroups": chance.some(groups, 0, 3)}
        return policy("Corner %03d" % number, users=users, grant=["block"], **when)

    return [one(number) for number in range(count)], locations


def filters(count):
    """A satisfiability problem at the ratio of clauses to variables that is hardest: a variable is an attribute of
    a device that has a value, a policy blocks the devices that break some clauses."""
    chance = Random(4)
    clauses = count * 4
    attributes = ["extensionAttribute%d" % number for number in range(1, 16)]
    variables = ['device.%s -%%s "w%d"' % (attribute, number) for number in range(8) for attribute in attributes]
    variables = variables[:max(15, min(len(variables), int(clauses / 4.26)))]

    def broken():
        three = chance.some(variables, 3, 3)
        return "(%s)" % " -and ".join(it % chance.one(["contains", "notContains"]) for it in three)

    def one(number):
        rule = " -or ".join(broken() for _ in range(4))
        return policy("Clauses %03d" % number, grant=["block"], devices=device_filter(rule))

    return [one(number) for number in range(count)], []


KINDS = {"realistic": realistic, "adversarial": adversarial, "boxes": boxes, "filters": filters}


def write(folder, policies, locations):
    os.makedirs(folder)
    for number, one in enumerate(policies):
        one["id"] = Random(1000 + number).guid()
        with open("%s/CA%03d.json" % (folder, number), "w") as file:
            json.dump(one, file, indent=2)
    if locations:
        with open(folder + "/named-locations.json", "w") as file:
            json.dump({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/"
                       "namedLocations", "value": locations}, file, indent=2)


def rules_on_the_analysis():
    found = []
    for name in sorted(os.listdir(PROJECT + "/rules")):
        path = "%s/rules/%s/rule.rs" % (PROJECT, name)
        if os.path.exists(path) and re.search(r"\.together\(\)", open(path).read()):
            found.append(name)
    return found


def commands(binary, folder, listed):
    check = [binary, folder, "--no-config", "-q", "--format", "concise"]
    skipped = [argument for rule in rules_on_the_analysis() for argument in ("--skip", rule)]
    every = [argument for rule in listed for argument in ("--only", rule)]
    return {
        "check": check,
        "without": check + skipped,
        "all rules": check + every,
        "access": [binary, "access", folder, "--no-config", "--format", "json"],
    }


def listed_rules(binary):
    listed = subprocess.run([binary, "rules"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line[:1].isalpha()]


def timed(command):
    """Milliseconds, and what was printed; nothing where it took too long."""
    start = time.perf_counter()
    try:
        run = subprocess.run(command, capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None, b""
    took = (time.perf_counter() - start) * 1000
    if run.returncode not in (0, 1):
        sys.exit("%s ended with %d: %s" % (" ".join(command), run.returncode, run.stderr.decode()))
    return took, run.stdout


def memory(command):
    """The most memory that was resident, in MB."""
    with tempfile.NamedTemporaryFile("r") as file:
        try:
            subprocess.run(["/usr/bin/time", "-f", "%M", "-o", file.name, *command], capture_output=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return float("nan")
        return int(file.read().split()[-1]) / 1024


def shown(times):
    if None in times:
        return "over %d s" % LIMIT
    if len(times) == 1:
        return "%.1f" % times[0]
    return "%.1f (%.1f-%.1f)" % (statistics.median(times), min(times), max(times))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--sizes", default="10,50,100,195,240")
    arguments.add_argument("--kinds", default=",".join(KINDS))
    arguments.add_argument("--keep", help="write the tenants here and leave them")
    arguments.add_argument("binaries", nargs="*", metavar="BINARY")
    given = arguments.parse_args()
    binaries = [os.path.abspath(binary) for binary in given.binaries]
    if not binaries:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=PROJECT, check=True)
        about = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=PROJECT, check=True,
                               capture_output=True)
        binaries = [json.loads(about.stdout)["target_directory"] + "/release/calint"]
    # Children inherit both.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["RAYON_NUM_THREADS"] = "1"
    listed = listed_rules(binaries[0])
    with tempfile.TemporaryDirectory() as temporary:
        root = given.keep or temporary
        print("%d runs each, one core, milliseconds: median (smallest-largest)\n" % given.runs)
        line = "%-12s %4s" + (" %6s" if len(binaries) > 1 else "%.0s") + " %24s" * 4 + " %7s %9s"
        print(line % ("tenant", "", "binary", "check", "without", "all rules", "access", "MB", "undecided"))
        for kind in given.kinds.split(","):
            for size in map(int, given.sizes.split(",")):
                folder = "%s/%s-%d" % (root, kind, size)
                write(folder, *KINDS[kind](size))
                run = [commands(binary, folder, listed) for binary in binaries]
                times = [{name: [] for name in commands} for commands in run]
                undecided = [False] * len(run)
                for turn in range(given.runs + 1):
                    for at, named in enumerate(run):
                        for name, command in named.items():
                            if None in times[at][name] or max(times[at][name], default=0) > SLOW * 1000:
                                continue
                            took, out = timed(command)
                            undecided[at] |= b"[undecided-analysis]" in out or b'"undecided"' in out
                            # The first run fills the caches of the system.
                            if turn > 0 or took is None or took > SLOW * 1000:
                                times[at][name].append(took)
                for at, named in enumerate(run):
                    peak = max(memory(named[name]) for name in ("check", "access") if None not in times[at][name])
                    columns = [shown(times[at][name]) for name in named]
                    print(line % (kind, size, at + 1, *columns, "%.1f" % peak, "yes" if undecided[at] else "no"),
                          flush=True)


if __name__ == "__main__":
    main()
