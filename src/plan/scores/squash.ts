import type { ScoreRows } from '../../types.js';

/** The function that turns logits into probabilities. */
export type Squash = 'sigmoid' | 'softmax';

/** Turns blended logits into probabilities, in place. Pixels that no window covered stay NaN. */
export function probabilities(rows: ScoreRows, squash: Squash): void {
  for (const { data, classes, width, height } of rows.blocks) {
    if (squash === 'sigmoid') sigmoid(data);
    else softmax(data, classes, width * height);
  }
}

/** The probabilities of the logits of one window, as a copy: one plane for each channel. */
export function squashed(logits: Float32Array, channels: number, squash: Squash): Float32Array {
  const data = logits.slice();
  if (squash === 'sigmoid') sigmoid(data);
  else softmax(data, channels, data.length / channels);
  return data;
}

function sigmoid(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = 1 / (1 + Math.exp(-data[i]!));
}

/** Subtracts the largest logit first, so that large logits do not overflow. */
function softmax(data: Float32Array, classes: number, plane: number): void {
  for (let i = 0; i < plane; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let at = i; at < data.length; at += plane) most = Math.max(most, data[at]!);
    let sum = 0;
    for (let c = 0, at = i; c < classes; c++, at += plane) {
      const value = Math.exp(data[at]! - most);
      data[at] = value;
      sum += value;
    }
    for (let at = i; at < data.length; at += plane) data[at]! /= sum;
  }
}
