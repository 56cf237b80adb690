/**
 * Turns off onnxruntime's telemetry, unless `ORT_DISABLE_TELEMETRY` is set already. Without this, its builds for Linux and
 * macOS (since 1.29) send names, hashes and timings of models and a permanent identifier of the machine to Microsoft, and
 * keep a log in the temporary folder and a database in the user's cache. Slides and models of a hospital must stay
 * private.
 *
 * Call it in the main thread, before onnxruntime is loaded: other threads have their own copy of the environment, which
 * native code does not see. On Windows, the system's own setting for diagnostics decides.
 *
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function refuseTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}
