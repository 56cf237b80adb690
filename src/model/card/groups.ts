import { type Geometry, scaledGeometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { Ensemble } from './ensemble.js';

/** Windows of one grid, and the models that see them. */
export interface WindowGroup {
  /** The grid of the windows, in px of the working resolution. */
  readonly geometry: Geometry;
  /** The window of the models, in px of their own resolution. What is read is resampled to this size. */
  readonly own: Size;
  /** The scale from the user's list that this grid was made for. */
  readonly scale: number;
  /** Indices of the models of the ensemble. */
  readonly members: readonly number[];
  /** For each channel of the group: its channel in the ensemble, and the sum of the weights of the models that have it. */
  readonly channelsOf: readonly number[];
  readonly weights: readonly number[];
}

/**
 * The grids that an ensemble needs. Each scale has its own grids. Models with the same windows, stride, margin and
 * micrometres per pixel share one.
 *
 * The working resolution is that of the first model. For a model that was trained at another resolution, windows are
 * resampled to the one it was trained at: its windows are scaled by `mpp of the first / its mpp`, multiplied by the user's
 * scale.
 *
 * @param geometries the windows of each member, in px of its own resolution
 * @throws {SegtileError} `usage` if a scale leaves no window
 */
export function groupsOf(
  ensemble: Ensemble,
  geometries: readonly Geometry[],
  scales: readonly number[],
): readonly WindowGroup[] {
  const { members, channelsOf } = ensemble;
  const reference = members[0]!.model.mpp;
  const groups = new Map<string, Omit<WindowGroup, 'channelsOf' | 'weights'>>();
  for (const scale of scales) {
    for (const [index, { model }] of members.entries()) {
      const ratio = reference === undefined || model.mpp === undefined ? 1 : reference / model.mpp;
      const own = geometries[index]!.window;
      const geometry = scaledGeometry(geometries[index]!, scale * ratio);
      const key = JSON.stringify([scale, own, geometry]);
      const there = groups.get(key);
      groups.set(key, { geometry, own, scale, members: [...(there?.members ?? []), index] });
    }
  }
  return [...groups.values()].map((group) => {
    const channels = [...new Set(group.members.flatMap((index) => channelsOf[index]!))].sort((a, b) => a - b);
    const weightOf = (channel: number): number =>
      group.members.reduce((sum, index) => sum + (channelsOf[index]!.includes(channel) ? members[index]!.weight : 0), 0);
    return { ...group, channelsOf: channels, weights: channels.map(weightOf) };
  });
}
