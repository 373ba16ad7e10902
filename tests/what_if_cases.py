#!/usr/bin/env python3
"""Checks `calint what-if` against recorded cases.

    tests/what_if_cases.py PROGRAM CASES

CASES holds one JSON object a line: `id`, `policies`, `context` (the sign-in), `expected` (`applied`: ids of the
enabled policies that apply; `outcome`: `grant` or `block`) and `verdict_on_expectation`. Every case marked
`agrees` has to come out as expected, but for those that DIFFER names with the reason. Of every other case the
expectation is disputed or wrong: it has to come out as its row of DISPUTED says, which also tells whether that
is what is expected, and why. A case without a row and a row without a case are faults.

Exits with 0 where that holds, else with 1.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import typing
import uuid

GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
ID_LISTS = re.compile(
    r"^(in|ex)clude(Users|Groups|Roles|Applications|Locations|ServicePrincipals|AgentIdServicePrincipals|AgentUsers)$"
    r"|^members$"
)
TOKENS = {
    "All", "None", "GuestsOrExternalUsers", "Office365", "MicrosoftAdminPortals", "AllTrusted", "AllAgentIdUsers",
    "AllAgentIdResources", "ServicePrincipalsInMyTenant",
    "AzureVirtualDesktop",  # no word of the schema, but a case takes it for one
}

# Cases marked `agrees` whose expectation calint does not share, and why.
DIFFER = {
    "hw-app-o365-custom": "an app that no table lists may belong to the Office 365 suite, so the answer depends",
}


class Row(typing.NamedTuple):
    """What calint makes of a case: the outcome, the policies that apply, and why."""
    agrees: bool
    outcome: str
    applied: list
    reason: str


def agree(outcome, applied, reason):
    return Row(True, outcome, applied, reason)


def differ(outcome, applied, reason):
    return Row(False, outcome, applied, reason)


# Cases whose expectation is disputed or wrong. Titles in quotes are pages of the Microsoft Entra documentation.
DISPUTED = {
    # What nobody wrote down.
    "hw-user-empty-include": differ("grant", [],
        "a policy without users, groups, roles or guests is assigned to nobody, and a policy applies only where "
        "all its assignments match (\"Building a Conditional Access policy\")"),
    "hw-user-none-plus-role": agree("block", ["p"],
        "users, groups, roles and guests are alternatives, so `None` among the users takes nothing from the role "
        "(\"Users, groups, agents and workload identities\")"),
    "hw-eval-clientapps-empty": agree("block", ["p"],
        "client apps that are not configured are all client apps (\"Conditions\"); Graph stores `[]` as `all`"),
    "hw-clientapp-10": agree("block", ["p"],
        "client apps that are not configured are all client apps, native ones too (\"Conditions\")"),
    "hw-platform-12": differ("block", ["p"],
        "two empty lists are what exports write for a condition that is not configured, and such a condition "
        "matches every platform (\"Conditions\")"),
    "hw-location-10": differ("depends", [],
        "trusted locations are left out, and the case does not tell whether this one is trusted (\"Network\")"),
    # What the service would not accept.
    "hw-app-ua-plus-apps": agree("block", ["p"],
        "a policy targets apps or user actions, not both, but the action of the sign-in is named (\"Target "
        "resources\")"),
    "hw-strength-or-mfa": agree("grant", ["as-1"],
        "MFA and a strength do not go into one policy (\"Authentication strengths\"), but one control is enough "
        "under OR, whatever its kind (\"Grant controls\")"),
    "hw-strength-and-mfa-both": agree("grant", ["p"],
        "MFA and a strength do not go into one policy (\"Authentication strengths\"), but under AND both are met "
        "(\"Grant controls\")"),
    "hw-app-avd-keyword": differ("depends", [],
        "no such group of apps exists; an app is named by its application id, and what a name stands for is not "
        "known (\"Target resources\")"),
    "hw-filter-unparse-garbage": differ("depends", [],
        "the text is no rule, so whether the device matches cannot be told (\"Filter for devices\")"),
    "hw-filter-unparse-badop": differ("depends", [],
        "there is no such operator, so whether the device matches cannot be told (\"Filter for devices\")"),
    "hw-filter-unparse-empty": differ("depends", [],
        "a filter with a mode is configured, but without a rule whether the device matches cannot be told "
        "(\"Filter for devices\")"),
    "hw-filter-trusttype": differ("grant", [],
        "the type of a device is `AzureAD`, `ServerAD` or `Workplace`, never this value (\"Filter for devices\")"),
    # How words compare.
    "hw-platform-5": agree("block", ["p"],
        "the case of letters makes no other platform, so words of the schema are read in any case (\"Conditions\" "
        "has one Windows)"),
    "hw-platform-10": agree("grant", [],
        "the case of letters makes no other platform, and an exclusion wins (\"Conditions\")"),
    "hw-filter-eq-case": agree("block", ["p"],
        "rules compare texts without case, as those of dynamic groups do (\"Filter for devices\" does not say)"),
    # Which app is signed in to. The groups of apps that these sign-ins ask for are no apps: a token is for one.
    "hw-eval-order-app-second": agree("grant", [],
        "the policy names another app, and without a policy that applies access is granted (\"Plan a Conditional "
        "Access deployment\"); the order of the checks is not documented"),
    "hw-app-ctx-all-vs-id": differ("grant", [],
        "`All` is not the app that the policy names (\"Target resources\"), and the What If tool takes no groups "
        "either"),
    "hw-app-ctx-all-excl": agree("block", ["p"],
        "a policy on all resources reaches every app but the one left out (\"Target resources\")"),
    "hw-app-ctx-all-vs-o365": differ("depends", [],
        "whether an app that no table lists is part of Office 365 is not known (\"Apps included in the Office "
        "365 app suite\")"),
    "hw-app-ctx-o365-vs-azmgmt": differ("depends", [],
        "whether what no table lists stands behind Azure management is not known (\"Target resources\")"),
    "hw-app-ctx-admin-vs-azmgmt": differ("depends", [],
        "Azure management covers the Azure portal, which is one of the admin portals, but not each of them "
        "(\"Target resources\")"),
    # Who can meet what.
    "hw-strength-7": agree("grant", ["as-1"],
        "the policy applies and asks for its strength, which is passed here like every prompt; which methods "
        "pass is told by its allowed combinations, not by its id (\"Authentication strengths\")"),
    "hw-agentuser-group": agree("grant", [],
        "an agent user is in no scope but that of all agent users, whatever groups it is in (\"Conditional Access "
        "for agent identities\")"),
}


def guid(text):
    """The same made-up id for the same name; what is an id or a word of the schema stays."""
    known = not text or text in TOKENS or GUID.match(text)
    return text if known else str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def with_ids(value, key=""):
    """A policy with made-up ids in place of the names that stand in id lists."""
    if isinstance(value, dict):
        return {name: with_ids(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, key) for inner in value]
    return guid(value) if isinstance(value, str) and ID_LISTS.match(key) else value


def without_none(value):
    return {name: inner for name, inner in value.items() if inner is not None}


def identity(context):
    if "servicePrincipal" in context:
        return {"servicePrincipalId": guid(context["servicePrincipal"]["id"])}
    if "agentIdentity" in context:
        return {"agentId": guid(context["agentIdentity"]["servicePrincipalId"])}
    user = context.get("user", {})
    kinds = user.get("externalUserTypes") or []
    kind = {"member": "member", "admin": "member", "agentUser": "agentUser"}.get(user.get("type"), "b2bCollaborationGuest")
    return without_none({
        "userId": guid(user.get("id")),
        "userType": kinds[0] if kinds else kind,
        "groupIds": [guid(group) for group in user.get("groups", [])],
        "roleTemplateIds": [guid(role) for role in user.get("roles", [])],
        "homeTenantId": guid(user.get("homeTenantId")),
    })


def target(application):
    if application.get("userAction"):
        return {"userAction": application["userAction"]}
    if application.get("authenticationContext"):
        return {"authenticationContextValue": application["authenticationContext"]}
    return {"includeApplications": [guid(application.get("appId") or "")]}


def asks(case, condition):
    """Whether a policy has a condition."""
    return any(policy["conditions"].get(condition) for policy in case["policies"])


def device(case):
    """The device; what it does not list it does not have. Without one, filters see a device without attributes."""
    listed = case["context"].get("device")
    if listed:
        return {"trustType": None, "isCompliant": None, "model": None, "manufacturer": None} | listed
    return {} if asks(case, "devices") else None


def conditions(case):
    context = case["context"]
    location, flow = context.get("location", {}), context.get("transferMethod")
    # Without a location, the sign-in comes from none that is known; with one, what it does not tell is open.
    trusted = location.get("trusted") if "location" in context else False
    named = location.get("namedLocationIds")
    agent = context.get("agentIdentity", {}).get("risk")
    return without_none({
        "clientAppType": context.get("clientAppType"),
        "devicePlatform": context.get("platform", "unknown" if asks(case, "platforms") else None),
        "signInRiskLevel": context.get("signInRisk"),
        "userRiskLevel": context.get("userRisk"),
        "insiderRiskLevel": context.get("insiderRisk"),
        "servicePrincipalRiskLevel": context.get("servicePrincipal", {}).get("risk"),
        "agentIdRiskLevel": agent,
        "country": location.get("country"),
        "ipAddress": location.get("ip"),
        "trustedLocation": trusted,
        "namedLocationIds": [guid(name) for name in named or []],
        "authenticationFlow": {"transferMethod": flow or "none"},
        "deviceInfo": device(case),
    })


def scenario(case):
    context = case["context"]
    # The outcome `controls` is a prompt that was not answered yet; here a prompt that can be answered is passed.
    prompted = case["expected"]["outcome"] == "controls" or "satisfiedMethodCombination" in context
    controls = None if prompted else context.get("satisfiedControls")
    strength = context.get("satisfiedAuthenticationStrengthId")
    if strength and controls is not None:
        controls = (controls or []) + [strength]
    return without_none({
        "signInIdentity": identity(context),
        "signInContext": target(context.get("application", {})),
        "signInConditions": conditions(case),
        "satisfiedControls": controls,
    })


def run(program, case):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "policies").mkdir()
        policies = [with_ids(policy) for policy in case["policies"]]
        (folder / "policies" / "policies.json").write_text(json.dumps({"value": policies}), encoding="utf-8")
        (folder / "scenario.json").write_text(json.dumps(scenario(case)), encoding="utf-8")
        args = [program, "what-if", "scenario.json", "policies", "--no-config", "--format", "json"]
        done = subprocess.run(args, cwd=folder, capture_output=True, check=False, text=True)
        return json.loads(done.stdout) if done.stdout else {"error": done.stderr.strip()}


def result(answer):
    """The outcome in the words of the cases, and the enabled policies that apply."""
    applied = sorted(policy["id"] or policy["name"] for policy in answer["policies"]
                     if policy["applies"] == "yes" and policy["state"] == "enabled")
    return {"allowed": "grant", "blocked": "block"}.get(answer["verdict"], answer["verdict"]), applied


def disagreement(case, answer):
    """How an answer differs from the expectation, or nothing."""
    if "error" in answer:
        return answer["error"]
    expected = case["expected"]
    outcome, applied = result(answer)
    if applied != sorted(expected["applied"]):
        return f"applied {applied}, expected {sorted(expected['applied'])}; depends on {answer['dependsOn']}"
    wanted = "grant" if expected["outcome"] == "controls" else expected["outcome"]
    if outcome != wanted:
        return f"outcome {outcome}, expected {expected['outcome']}; depends on {answer['dependsOn']}"
    return None


def undisputed(case, answer):
    """What is wrong about a case whose expectation holds, or nothing."""
    problem = disagreement(case, answer)
    if case["id"] in DIFFER and "error" not in answer:
        return None if problem else "agrees, although it is said to differ"
    return problem


def disputed(case, answer):
    """What is wrong about a case whose expectation is disputed, or nothing."""
    row = DISPUTED.get(case["id"])
    if row is None:
        return "no row in DISPUTED"
    if "error" in answer:
        return answer["error"]
    if result(answer) != (row.outcome, row.applied):
        return f"{result(answer)}, the table says {(row.outcome, row.applied)}; depends on {answer['dependsOn']}"
    if row.agrees == bool(disagreement(case, answer)):
        return f"said to {'agree' if row.agrees else 'differ'}, which it does not"
    return None


def main(program, cases):
    program = str(pathlib.Path(program).resolve())
    judged, doubted, faults = set(), set(), []
    for line in pathlib.Path(cases).read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        agreed = case["verdict_on_expectation"] == "agrees"
        if agreed and not case["policies"]:
            continue
        problem = (undisputed if agreed else disputed)(case, run(program, case))
        if problem:
            faults.append(f"{case['id']}: {problem}")
        (judged if agreed else doubted).add(case["id"])
    faults += [f"{name}: a row in DIFFER, but no such case" for name in DIFFER if name not in judged]
    faults += [f"{name}: a row in DISPUTED, but no such case" for name in DISPUTED if name not in doubted]
    for fault in faults:
        print(fault)
    agreeing = sum(row.agrees for row in DISPUTED.values())
    print(f"{len(judged)} cases, {len(DIFFER)} differ for a reason; {len(doubted)} disputed cases, of which calint "
          f"agrees with {agreeing} and differs from {len(DISPUTED) - agreeing}; {len(faults)} faults")
    return 1 if faults or not judged else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
