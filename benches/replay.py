#!/usr/bin/env python3
"""Times `calint replay` over a log it generates itself, beside jq on the simplest of the same questions: how many
successful sign-ins each app has.

    benches/replay.py [--records N] [--seed N] [--folder FOLDER] [CALINT]

CALINT is the program to time; without it, target/release/calint is built. The log has one record a line, as
diagnostic settings write them. jq is left out where it is not installed. Needs Python 3 and, to measure memory,
Linux or macOS.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
POLICIES = 40
PLATFORMS = ["Windows10", "Windows 11", "MacOs", "Ios 18.2", "Android 14", "Linux", ""]
CLIENTS = ["Browser"] * 6 + ["Mobile Apps and Desktop clients"] * 4 + ["IMAP4 (IMAP)"]
SYSTEMS = ["windows", "macOS", "iOS", "android", "linux"]


def guid(chance):
    return "%08x-%04x-4%03x-8%03x-%012x" % tuple(chance.getrandbits(n) for n in (32, 16, 12, 12, 48))


def tenant(chance, apps, groups, places):
    """40 policies of every usual kind, with the named locations they ask for."""
    found = []
    for number in range(POLICIES):
        users = {"includeUsers": ["All"], "excludeGroups": [groups[0]]}
        when = {"applications": {"includeApplications": ["All"]}, "users": users, "clientAppTypes": ["all"]}
        grant = {"operator": "OR", "builtInControls": ["mfa"]}
        kind = number % 8
        if kind == 1:
            when["clientAppTypes"], grant["builtInControls"] = ["exchangeActiveSync", "other"], ["block"]
        elif kind == 2:
            when["applications"] = {"includeApplications": chance.sample(apps, 5)}
            grant["builtInControls"] = ["compliantDevice"]
        elif kind == 3:
            when["locations"] = {"includeLocations": ["All"], "excludeLocations": [chance.choice(places)]}
            when["applications"] = {"includeApplications": chance.sample(apps, 3)}
            grant["builtInControls"] = ["block"]
        elif kind == 4:
            when["platforms"] = {"includePlatforms": [chance.choice(SYSTEMS)]}
            grant["builtInControls"] = ["compliantDevice", "domainJoinedDevice"]
        elif kind == 5:
            when["signInRiskLevels"] = ["high", "medium"]
        elif kind == 6:
            when["users"] = {"includeGroups": [chance.choice(groups)]}
        elif kind == 7:
            when["authenticationFlows"] = {"transferMethods": "deviceCodeFlow"}
            grant["builtInControls"] = ["block"]
        found.append({"id": guid(chance), "displayName": "CA%03d" % number, "state": "enabled",
                      "conditions": when, "grantControls": grant})
    for number, place in enumerate(places):
        found.append({"@odata.type": "#microsoft.graph.ipNamedLocation", "id": place, "displayName": place,
                      "isTrusted": number == 0, "ipRanges": [{"cidrAddress": "198.51.%d.0/24" % number}]})
    return found


def generate(folder, count, seed):
    chance = random.Random(seed)
    apps = [guid(chance) for _ in range(60)]
    groups = [guid(chance) for _ in range(8)]
    places = [guid(chance) for _ in range(6)]
    users = [guid(chance) for _ in range(max(10, min(count // 50, 20000)))]
    own = guid(chance)
    policies = tenant(chance, apps, groups, places)
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "tenant.json").write_text(json.dumps(policies))
    with (folder / "signins.jsonl").open("w") as log:
        for number in range(count):
            app = chance.randrange(len(apps))
            user = chance.randrange(len(users))
            mfa = chance.random() < 0.6
            device = {"operatingSystem": chance.choice(PLATFORMS), "browser": "Edge 130.0.0"}
            if chance.random() < 0.5:
                device.update(deviceId=users[-1 - user], displayName="PC-%d" % user, isCompliant=True, isManaged=True,
                              trustType=chance.choice(["Azure AD joined", "Hybrid Azure AD joined"]))
            address = "198.51.%d.%d" % (chance.randrange(40), chance.randrange(256))
            properties = {
                "id": "%08x-0000-4000-8000-%012x" % (seed, number),
                "createdDateTime": "2026-01-%02dT%02d:00:00.0000000+00:00" % (1 + number % 28, number % 24),
                "userDisplayName": "User %d" % user, "userPrincipalName": "user%d@contoso.com" % user,
                "userId": users[user], "appId": apps[app], "appDisplayName": "App %d" % app, "ipAddress": address,
                "status": {"errorCode": 0 if chance.random() < 0.9 else 50126},
                "clientAppUsed": chance.choice(CLIENTS), "deviceDetail": device,
                "location": {"city": "Zurich", "state": "Zurich", "countryOrRegion": "CH",
                             "geoCoordinates": {"latitude": 47.3, "longitude": 8.5}},
                "correlationId": guid(chance), "conditionalAccessStatus": "success",
                "appliedConditionalAccessPolicies": [
                    {"id": policy["id"], "displayName": policy["displayName"], "enforcedGrantControls": ["Mfa"],
                     "enforcedSessionControls": [], "result": "notApplied", "conditionsSatisfied": 1,
                     "conditionsNotSatisfied": 2} for policy in policies[:4]],
                "authenticationContextClassReferences": [], "originalTransferMethod": "none",
                "isInteractive": number % 3 == 0, "tokenIssuerType": "AzureAD", "userType": "Member",
                "authenticationProcessingDetails": [{"key": "Is CAE Token", "value": "False"}],
                "networkLocationDetails": [], "authenticationDetails": [],
                "authenticationRequirement": "multiFactorAuthentication" if mfa else "singleFactorAuthentication",
                "resourceDisplayName": "App %d" % app, "resourceId": apps[app], "homeTenantId": own,
                "resourceTenantId": own, "crossTenantAccessType": "none", "riskDetail": "none",
                "riskLevelDuringSignIn": chance.choice(["none"] * 30 + ["low", "medium", "high"]),
                "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)",
            }
            record = {
                "time": properties["createdDateTime"], "category": "NonInteractiveUserSignInLogs" if number % 3
                else "SignInLogs", "tenantId": own, "resultType": str(properties["status"]["errorCode"]),
                "callerIpAddress": address, "operationName": "Sign-in activity", "properties": properties,
            }
            log.write(json.dumps(record, separators=(",", ":")) + "\n")


def measure(command):
    """Seconds and peak memory in MB of a command, in a process of its own so that the peak is its alone."""
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ,
                            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        sys.exit("%s ended with %d" % (command[0], code))
    return seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("calint", nargs="?")
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=195)
    arguments.add_argument("--folder", type=pathlib.Path, help="keep the log here, and use it if it is there")
    chosen = arguments.parse_args()
    calint = chosen.calint
    if calint is None:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=PROJECT, check=True)
        calint = str(PROJECT / "target" / "release" / "calint")
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or pathlib.Path(temporary)
        log = folder / "signins.jsonl"
        if not log.exists():
            folder.mkdir(parents=True, exist_ok=True)
            generate(folder, chosen.records, chosen.seed)
        megabytes = log.stat().st_size / 1e6
        print("%d records, %.0f MB, %d policies" % (chosen.records, megabytes, POLICIES))
        replay = [calint, "replay", str(log), str(folder / "policies"), "--no-config", "--quiet"]
        runs = [("calint replay", replay), ("calint replay, one thread", replay + ["--jobs", "1"])]
        if shutil.which("jq"):
            count = ("reduce (inputs | .properties | select(.status.errorCode == 0) | .appDisplayName) as $app"
                     " ({}; .[$app] += 1)")
            runs.append(("jq, sign-ins by app", ["jq", "-n", count, str(log)]))
        first = None
        for name, command in runs:
            seconds, memory = measure(command)
            first = first or seconds
            print("%-26s %7.1f s  %8.0f records/s  %6.0f MB/s  %6.0f MB of memory  %5.2f times as long"
                  % (name, seconds, chosen.records / seconds, megabytes / seconds, memory, seconds / first))


if __name__ == "__main__":
    main()
