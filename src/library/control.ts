/** How far something is. */
export interface RunProgress {
  /** What is being worked on, such as the path of a slide. */
  readonly name: string;
  /** What is counted: `windows`, `rows`, `tiles` or `runs`. */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
}

/** What a program may hand to whatever takes a while. */
export interface RunControl {
  /** Stops the run once what is in hand is done; nothing half-made stands under a final name then. */
  readonly signal?: AbortSignal | undefined;
  /** Is called with how far the run is: once with 0 done, and whenever more is. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Is told, in sentences for people, what was decided or looks wrong on the way. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** The options of a run without what controls it, and a signal in any case. */
export function controlled<Options extends RunControl>({
  signal = new AbortController().signal,
  onProgress,
  onNote,
  ...options
}: Options): { readonly control: RunControl & { readonly signal: AbortSignal }; readonly options: object } {
  return { control: { signal, onProgress, onNote }, options };
}
