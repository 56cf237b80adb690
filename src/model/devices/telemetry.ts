/**
 * Keeps onnxruntime from reporting: its builds for Linux and macOS (since 1.29) otherwise send names, hashes and timings of models and
 * a lasting identifier of the machine to Microsoft, and keep a log in the temporary folder and a database in the user's cache. Slides and
 * models of a hospital are nobody's business, so it is off unless the environment already says something else.
 *
 * It has to be called before onnxruntime is loaded, in the process's main thread: threads have their own copy of the environment,
 * which native code does not see. On Windows it is the system's own setting for diagnostics that decides.
 *
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function refuseTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}
