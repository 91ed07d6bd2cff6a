/**
 * labnet as a library: bring labs up, run programs in their machines, prove what they do, take them down.
 * The command line is made of this and nothing else.
 */
export type { Output } from './core/command.js';
export type { Diagnostic, DiagnosticCode, Place, Severity } from './core/diagnostic.js';
export { CODES } from './core/diagnostic.js';
export { LabnetError } from './core/errors.js';
export type { Emit, Event } from './core/events.js';
export type { Lab as LabModel } from './model/lab.js';
export type { TopologyData } from './topology/schema.js';
export type { Report, Verdict } from './verify/report.js';
export { Lab } from './apply/lab.js';
export type { ExecOptions, LabSummary } from './apply/lab.js';
export type { LabStatus, MachineStatus, NatStatus, RuleStatus } from './apply/status.js';
export type { StateOptions } from './apply/labs.js';
export type { UpOptions } from './apply/up.js';
export { checkTopology as validate, chooseFile } from './apply/topology-file.js';
export type { Checked, TopologyInput } from './apply/topology-file.js';
export { render } from './apply/render.js';
export type { RenderedFile } from './apply/render.js';
export { doctor } from './apply/doctor.js';
export type { DriverHealth } from './apply/doctor.js';
export { namesForCompletion } from './apply/names.js';
export { starterTopology } from './apply/starter.js';
export { jsonSchema as topologySchema } from './topology/schema.js';
