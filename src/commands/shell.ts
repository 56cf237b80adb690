/** What a command gets from the process that runs it. */
export interface Shell {
  /** Results. */
  readonly stdout: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Progress, notes and failures. */
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Fires when the user wants to stop. */
  readonly signal: AbortSignal;
}
