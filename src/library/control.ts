/** The progress of a run. */
export interface RunProgress {
  /** What is being worked on, such as the path of a slide. */
  readonly name: string;
  /** What is counted: `windows`, `rows`, `tiles` or `runs`. */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
}

/** Options that control a long run: how to stop it, and how to follow it. */
export interface RunControl {
  /** Stops the run as soon as the work in progress is done. No unfinished file has a final name then. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the progress of the run: first with 0 done, and again whenever more is done. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Called with a sentence for people for each decision that was made, and for anything that looks wrong. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** Separates the control of a run from its other options. If no signal is given, there is one that never fires. */
export function controlled<Options extends RunControl>({
  signal = new AbortController().signal,
  onProgress,
  onNote,
  ...options
}: Options): { readonly control: RunControl & { readonly signal: AbortSignal }; readonly options: object } {
  return { control: { signal, onProgress, onNote }, options };
}
