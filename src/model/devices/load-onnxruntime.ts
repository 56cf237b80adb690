import { createRequire } from 'node:module';
import type * as Onnxruntime from 'onnxruntime-node';
import { NULL_DEVICE, nullDevice } from './null-device.js';
import { refuseTelemetry } from './telemetry.js';

/**
 * Loads onnxruntime on first use, with its telemetry turned off. It is not imported because, before an import of a
 * CommonJS package, Node scans all its files for exports, again in every thread.
 */
export function loadOnnxruntime(): typeof Onnxruntime {
  refuseTelemetry();
  const onnxruntime = createRequire(import.meta.url)('onnxruntime-node') as typeof Onnxruntime;
  return process.env[NULL_DEVICE] === undefined ? onnxruntime : nullDevice(onnxruntime);
}
