#!/usr/bin/env python3
"""Checks `calint what-if` against recorded cases.

    tests/what_if_cases.py PROGRAM CASES

CASES holds one JSON object a line: `id`, `policies`, `context` (the sign-in), `expected` (`applied`: ids of the
enabled policies that apply; `outcome`: `grant` or `block`) and `verdict_on_expectation`. Every case marked
`agrees` has to come out as expected, but for those that DIFFER names with the reason. Other cases are not
judged: their expectation is disputed.

Exits with 0 where that holds, else with 1.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
ID_LISTS = re.compile(r"^(in|ex)clude(Users|Groups|Roles|Applications|Locations|ServicePrincipals)$")
TOKENS = {
    "All", "None", "GuestsOrExternalUsers", "Office365", "MicrosoftAdminPortals", "AllTrusted", "AllAgentIdUsers",
    "AllAgentIdResources", "ServicePrincipalsInMyTenant",
}

# Cases marked `agrees` whose expectation calint does not share, and why.
DIFFER = {
    "hw-app-o365-custom": "an app that no table lists may belong to the Office 365 suite, so the answer depends",
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
        "homeTenantId": user.get("homeTenantId"),
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
        "trustedLocation": location.get("trusted", False),
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


def disagreement(case, answer):
    """How an answer differs from the expectation, or nothing."""
    if "error" in answer:
        return answer["error"]
    expected = case["expected"]
    applied = sorted(policy["id"] or policy["name"] for policy in answer["policies"]
                     if policy["applies"] == "yes" and policy["state"] == "enabled")
    outcome = {"allowed": "grant", "blocked": "block"}.get(answer["verdict"], answer["verdict"])
    if applied != sorted(expected["applied"]):
        return f"applied {applied}, expected {sorted(expected['applied'])}; depends on {answer['dependsOn']}"
    wanted = "grant" if expected["outcome"] == "controls" else expected["outcome"]
    if outcome != wanted:
        return f"outcome {outcome}, expected {expected['outcome']}; depends on {answer['dependsOn']}"
    return None


def main(program, cases):
    program = str(pathlib.Path(program).resolve())
    judged, faults = 0, []
    for line in pathlib.Path(cases).read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["verdict_on_expectation"] != "agrees" or not case["policies"]:
            continue
        judged += 1
        problem = disagreement(case, run(program, case))
        if problem and case["id"] not in DIFFER:
            faults.append(f"{case['id']}: {problem}")
        if not problem and case["id"] in DIFFER:
            faults.append(f"{case['id']}: agrees, although it is said to differ")
    for fault in faults:
        print(fault)
    print(f"{judged} cases, {len(DIFFER)} differ for a reason, {len(faults)} faults")
    return 1 if faults or not judged else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
