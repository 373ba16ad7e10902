#!/usr/bin/env bash
# Times calint beside jq on the same question, as whole processes: which enabled policies block all users from
# all apps, with nobody excluded and nothing narrowing it? calint answers it among everything else it checks.
#
#     benches/against_jq.sh [RUNS]      RUNS is how often each command is timed; the median counts. Default: 11.
#
# Needs bash 5, cargo, jq and python3. Writes into a temporary folder only, and removes it.

set -eu
export LC_ALL=C

runs=${1:-11}

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 2
}

[ -n "${EPOCHREALTIME:-}" ] || die 'needs bash 5 or newer'
for tool in cargo jq python3; do
    command -v "$tool" >/dev/null || die "needs $tool"
done

project=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What calint takes into account for this question, no more: lists may be missing, null or empty, and a
# condition that matches everything counts as none.
# shellcheck disable=SC2016 # the variables are jq's
filter='
  def list: . // [];
  select(.state == "enabled")
  | select(.conditions.users.includeUsers | list | index("All"))
  | select([.conditions.users | .excludeUsers, .excludeGroups, .excludeRoles | list[]] == [])
  | select(.conditions.applications.includeApplications | list | index("All"))
  | select(.conditions.applications.excludeApplications | list == [])
  | select(.grantControls.builtInControls | list | index("block"))
  | .conditions as $when
  | select($when.clientAppTypes | list
      | . == [] or index("all") or (index("browser") and index("mobileAppsAndDesktopClients")))
  | select($when.platforms | . == null or ((.includePlatforms | index("all")) and (.excludePlatforms | list == [])))
  | select($when.locations | . == null or ((.includeLocations | index("All")) and (.excludeLocations | list == [])))
  | select([$when | .userRiskLevels, .signInRiskLevels, .servicePrincipalRiskLevels | list[]] == [])
  | select([$when | .insiderRiskLevels, .authenticationFlows, .devices, .deviceStates | values] == [])
  | .displayName
'

# generate COUNT FOLDER: one policy a file, as Microsoft Graph returns them, the same in every run. Every tenth
# is a hit. Each 195 policies are a tenant with emergency access accounts of its own.
generate() {
    python3 - "$1" "$2" <<'PYTHON'
import json
import random
import sys

count, folder = int(sys.argv[1]), sys.argv[2]
chance = random.Random(195)
graph = "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies"


def ids(number):
    return ["%08x-%04x-4%03x-8%03x-%012x" % tuple(chance.getrandbits(n) for n in (32, 16, 12, 12, 48))
            for _ in range(number)]


def policy(number, emergency):
    block, mfa = ["block"], ["mfa"]
    users = {
        "includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [emergency],
        "includeRoles": [], "excludeRoles": [],
        "includeGuestsOrExternalUsers": None, "excludeGuestsOrExternalUsers": None,
    }
    apps = {
        "includeApplications": ["All"], "excludeApplications": [], "includeUserActions": [],
        "includeAuthenticationContextClassReferences": [], "applicationFilter": None,
    }
    when = {
        "userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"],
        "servicePrincipalRiskLevels": [], "insiderRiskLevels": None, "clientApplications": None,
        "platforms": None, "locations": None, "devices": None, "authenticationFlows": None,
        "applications": apps, "users": users,
    }
    grant = {
        "operator": "OR", "builtInControls": mfa, "customAuthenticationFactors": [], "termsOfUse": [],
        "authenticationStrength@odata.context": graph + "('" + ids(1)[0] + "')/grantControls"
        "/authenticationStrength/$entity",
        "authenticationStrength": None,
    }
    session = {
        "disableResilienceDefaults": None, "applicationEnforcedRestrictions": None,
        "cloudAppSecurity": None, "persistentBrowser": None, "signInFrequency": None,
    }
    state = "enabled"
    kind = number % 20
    if kind in (0, 10):
        name, grant["builtInControls"], users["excludeGroups"] = "Block everything", block, []
        when["platforms"] = {"includePlatforms": ["all"], "excludePlatforms": []} if kind else None
    elif kind == 1:
        name, grant["builtInControls"] = "Block outside working groups", block
        users["excludeGroups"] += ids(12)
    elif kind == 2:
        name, grant["builtInControls"] = "Block legacy authentication", block
        when["clientAppTypes"], users["excludeGroups"] = ["exchangeActiveSync", "other"], []
    elif kind == 3:
        name, grant["builtInControls"] = "Block other countries", block
        when["locations"] = {"includeLocations": ["All"], "excludeLocations": ids(9) + ["AllTrusted"]}
    elif kind == 4:
        name, grant["builtInControls"] = "Block device code flow", block
        when["authenticationFlows"] = {"transferMethods": "deviceCodeFlow"}
    elif kind == 5:
        name, grant["builtInControls"] = "Block unknown platforms", block
        when["platforms"] = {"includePlatforms": ["all"],
                             "excludePlatforms": ["android", "iOS", "windows", "macOS", "linux"]}
    elif kind == 6:
        name, grant["builtInControls"], state = "Block everything (pilot)", block, "disabled"
        users["excludeGroups"] = []
    elif kind == 7:
        name, grant["builtInControls"] = "Block high-risk sign-ins", block
        when["signInRiskLevels"] = ["high"]
    elif kind == 8:
        name, grant["builtInControls"] = "Block unmanaged devices in finance apps", block
        apps["includeApplications"] = ids(14)
        when["devices"] = {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}
    elif kind in (9, 11):
        name, grant["builtInControls"] = "Require phishing-resistant MFA for administrators", []
        users["includeUsers"], users["includeRoles"] = [], ids(16)
        grant["authenticationStrength"] = {
            "id": "00000000-0000-0000-0000-000000000004", "createdDateTime": "2021-12-01T00:00:00Z",
            "modifiedDateTime": "2021-12-01T00:00:00Z", "displayName": "Phishing-resistant MFA",
            "description": "Authentication methods that are phishing-resistant and passwordless",
            "policyType": "builtIn", "requirementsSatisfied": "mfa",
            "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
            "combinationConfigurations": [],
        }
    elif kind in (12, 13):
        name, grant["builtInControls"] = "Require a managed device", ["mfa", "compliantDevice"]
        users["excludeGroups"] += ids(6)
        session["signInFrequency"] = {"value": 12, "type": "hours", "isEnabled": True,
                                      "authenticationType": "primaryAndSecondaryAuthentication",
                                      "frequencyInterval": "timeBased"}
    elif kind in (14, 15):
        name = "Require MFA for guests"
        users["includeUsers"] = []
        users["includeGuestsOrExternalUsers"] = {
            "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,b2bCollaborationMember",
            "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                                "membershipKind": "enumerated", "members": ids(8)},
        }
    elif kind == 16:
        name, grant["builtInControls"] = "Block app families for frontline workers", block
        users["includeUsers"], users["includeGroups"] = [], ids(7)
        apps["excludeApplications"] = ids(11)
    else:
        name = "Require MFA"
        users["excludeGroups"] += ids(10)
        session["persistentBrowser"] = {"mode": "never", "isEnabled": True}
    return {
        "@odata.context": graph + "/$entity", "id": ids(1)[0], "templateId": None,
        "displayName": "CA%05d - %s" % (number, name),
        "createdDateTime": "2024-03-%02dT09:14:27.5310918Z" % (number % 28 + 1), "modifiedDateTime": None,
        "state": state, "partialEnablementStrategy": None,
        "conditions": when, "grantControls": grant, "sessionControls": session,
    }


for number in range(count):
    if number % 195 == 0:
        emergency = ids(1)[0]
    with open("%s/%05d.json" % (folder, number), "w") as file:
        json.dump(policy(number, emergency), file, indent=2)
PYTHON
}

# The commands under test, run in the folder with the policies.
with_calint() {
    "$calint" --no-config -q --format concise .
}

with_one_thread() {
    "$calint" --no-config -q --format concise --jobs 1 .
}

# One file goes to jq as it is; many come through xargs, which starts jq as few times as the system allows.
with_jq() {
    if [ "$count" -eq 1 ]; then
        jq -r "$filter" 00000.json
    else
        find . -name '*.json' -print0 | xargs -0 jq -r "$filter"
    fi
}

hits_of_calint() {
    status=0
    with_calint >"$folder/report" || status=$?
    [ "$status" -le 1 ] || die "calint ended with exit code $status"
    grep -c ': error: .*\[block-every\(one\|-platform\)\]$' "$folder/report" || :
}

# milliseconds COMMAND: how long it takes. Findings are no failure.
milliseconds() {
    local start=$EPOCHREALTIME
    "$1" >"$folder/out" || :
    local end=$EPOCHREALTIME
    printf '%d.%03d\n' $(((${end/./} - ${start/./}) / 1000)) $(((${end/./} - ${start/./}) % 1000))
}

median() {
    sort -n "$1" | awk '{ at[NR] = $1 } END { print (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2 }'
}

cd "$project"
cargo build --release --quiet
target=$(cargo metadata --no-deps --format-version 1 | jq -r .target_directory)
calint=$target/release/calint

printf '%s, %s, median of %d runs\n\n' "$("$calint" --version)" "$(jq --version)" "$runs"
printf '%8s %6s %6s %10s %14s %10s %12s\n' files bytes hits 'calint ms' 'one thread ms' 'jq ms' 'jq / calint'
for count in 1 2000 20000; do
    mkdir "$folder/$count"
    generate "$count" "$folder/$count"
    cd "$folder/$count"
    bytes=$(find . -name '*.json' -print0 | xargs -0 cat | wc -c)

    hits=$(hits_of_calint)
    hits_of_jq=$(with_jq | wc -l)
    [ "$hits" -eq "$hits_of_jq" ] || die "of $count policies calint finds $hits, jq $((hits_of_jq))"

    rm -f "$folder"/*.times
    for _ in $(seq "$runs"); do
        for command in with_calint with_one_thread with_jq; do
            milliseconds "$command" >>"$folder/$command.times"
        done
    done
    ours=$(median "$folder/with_calint.times")
    alone=$(median "$folder/with_one_thread.times")
    theirs=$(median "$folder/with_jq.times")
    ratio=$(awk "BEGIN { print $theirs / $ours }")
    printf '%8d %6d %6d %10.1f %14.1f %10.1f %11.1fx\n' \
        "$count" $((bytes / count)) "$hits" "$ours" "$alone" "$theirs" "$ratio"
done
