import { createRequire } from 'node:module';
import type * as Onnxruntime from 'onnxruntime-node';
import { refuseTelemetry } from './telemetry.js';

/**
 * Loads onnxruntime on first use, with its telemetry turned off. It is not imported because, before an import of a
 * CommonJS package, Node scans all its files for exports, again in every thread.
 */
export function loadOnnxruntime(): typeof Onnxruntime {
  refuseTelemetry();
  return createRequire(import.meta.url)('onnxruntime-node');
}
