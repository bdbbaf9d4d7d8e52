import { incidentsConformance } from "#ports/incidents.conformance";
import { createMemoryIncidentStore } from "./memory_incident_store.ts";

incidentsConformance(async () => ({ store: createMemoryIncidentStore(), [Symbol.asyncDispose]: async () => {} }));
