import { createRequire } from 'node:module';
import type * as Onnxruntime from 'onnxruntime-node';
import { refuseTelemetry } from './telemetry.js';

/**
 * onnxruntime, loaded when it is first asked for. Not by an import, before which Node reads through all files of a CommonJS package for what
 * they export, in every thread anew.
 */
export function loadOnnxruntime(): typeof Onnxruntime {
  refuseTelemetry();
  return createRequire(import.meta.url)('onnxruntime-node');
}
