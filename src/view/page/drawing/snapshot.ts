import type { MaskClass } from '../../../types.js';
import { css } from './layers.js';
import { lengthWords, roundLength } from './scale-bar.js';

/** A view in a picture. */
export interface SnapshotView {
  /** The layers from the lowest to the highest, each covering the whole view. */
  readonly layers: readonly CanvasImageSource[];
  /** Its left edge and its width in the picture, in px. */
  readonly left: number;
  readonly width: number;
  /** The name that is written on it, if there are several. */
  readonly name: string | undefined;
}

/** The contents of a picture of the views. */
export interface Snapshot {
  /** From left to right. */
  readonly views: readonly SnapshotView[];
  readonly width: number;
  readonly height: number;
  /** Px of the picture per level-0 px. `mpp` is micrometres per level-0 px, if known. */
  readonly scale: number;
  readonly mpp: number | undefined;
  /** The classes that are visible. */
  readonly classes: readonly MaskClass[];
}

/** Makes a PNG of the views, with a scale bar and the names and colours of the classes. */
export function snapshotPng({ views, width, height, scale, mpp, classes }: Snapshot): Promise<Blob> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  const unit = Math.max(12, Math.round(Math.min(width, height) / 45));
  context.font = `${unit}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  for (const view of views) {
    for (const layer of view.layers) context.drawImage(layer, view.left, 0, view.width, height);
    if (view.name === undefined) continue;
    context.fillStyle = 'rgb(255 255 255 / 0.85)';
    context.fillRect(view.left + unit, unit, context.measureText(view.name).width + 2 * unit, 2 * unit);
    context.fillStyle = '#000';
    context.fillText(view.name, view.left + 2 * unit, 2 * unit);
  }
  const length = roundLength(((views[0]!.width / 5) * (mpp ?? 1)) / scale);
  const bar = (length / (mpp ?? 1)) * scale;
  const rows = classes.length;
  const widest = Math.max(bar, ...classes.map(({ name }) => context.measureText(name).width + 1.6 * unit));
  const high = unit * (2.6 + 1.5 * rows);
  context.fillStyle = 'rgb(255 255 255 / 0.85)';
  context.fillRect(unit, height - high - unit, widest + 2 * unit, high);
  for (const [i, { name, color }] of classes.entries()) {
    const y = height - high + unit * (0.3 + 1.5 * i);
    context.fillStyle = css(color);
    context.fillRect(2 * unit, y - unit / 2, unit, unit);
    context.fillStyle = '#000';
    context.fillText(name, 3.6 * unit, y);
  }
  context.fillStyle = '#000';
  context.fillRect(2 * unit, height - 1.7 * unit, bar, unit / 4);
  context.fillText(lengthWords(length, mpp === undefined ? 'px' : 'µm'), 2 * unit, height - 2.5 * unit);
  return new Promise((resolve, reject) => {
    // Throws if the page was opened from a disk: what it shows then counts as that of other sites.
    if (location.protocol === 'file:')
      throw new Error('browsers let a page on a disk save no picture: put its folder on a web server');
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser could not make a picture'))), 'image/png');
  });
}
