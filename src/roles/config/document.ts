/** Between the document a person writes and the message roles pass around. */
import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { AssertionSchema, CheckSchema, type Assertion, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckDocument } from "#ports/check_document";
import { quorumOfText } from "#ports/quorum";
import { locationsOf } from "#ports/series";

export function messageOfDocument(document: CheckDocument): Check {
  const { assertions, target, quorum, severity = "", ...rest } = document;
  return create(CheckSchema, {
    ...rest,
    severity,
    quorum: String(quorum),
    target: target as JsonObject,
    assertions: assertions.map(({ source, op, value, path = "", severity: failsAs }) =>
      create(AssertionSchema, { source, op, path, severity: failsAs, valueJson: value === undefined ? "" : JSON.stringify(value) }),
    ),
  });
}

export function documentOf(check: Check): JsonObject {
  return {
    name: check.name,
    type: check.type,
    enabled: check.enabled,
    target: check.target ?? {},
    assertions: check.assertions.map(documentOfAssertion),
    timeoutMs: check.timeoutMs,
    retries: check.retries,
    retryDelayMs: check.retryDelayMs,
    failureThreshold: check.failureThreshold,
    recoveryThreshold: check.recoveryThreshold,
    quorum: quorumOfText(check.quorum),
    locations: [...locationsOf(check)],
    tags: check.tags,
    dependsOn: check.dependsOn,
    channels: check.channels,
    ...(check.severity !== "" && { severity: check.severity }),
  };
}

function documentOfAssertion(assertion: Assertion): JsonObject {
  return {
    source: assertion.source,
    op: assertion.op,
    ...(assertion.valueJson !== "" && { value: JSON.parse(assertion.valueJson) as JsonValue }),
    ...(assertion.path !== "" && { path: assertion.path }),
    severity: assertion.severity,
  };
}
