import { setFlagsFromString } from 'node:v8';

/**
 * Sets up V8 for a process whose work is done by compiled loops in a few threads, and whose memory is pixels.
 *
 * - The heap may grow to twice its contents before a collection. V8 counts the pixel buffers that pass through as its own
 *   memory, and scans its whole heap after every 16 MB of them.
 * - V8's own memory is kept small where that costs time: a slide of 2,048² px takes 13 MB less, and no longer, as nearly all of
 *   its time goes to code that V8 does not run.
 * - Before version 12, V8 compiles code with its slow compiler after so little use that this takes an eighth of the processor
 *   time of a run of seconds. It waits seven times as long now, which the loops that matter do not notice: all but the network
 *   takes 8 to 11 % less, and 20 MB less. Later versions have a fast compiler in between.
 */
export function setUpEngine(): void {
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--optimize-for-size');
  if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=500000');
}
