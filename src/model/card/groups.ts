import { type Geometry, scaledGeometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { Ensemble } from './ensemble.js';

/** Windows of one grid, and who sees them. */
export interface WindowGroup {
  /** In working px. */
  readonly geometry: Geometry;
  /** The window of the models, in px of their own: what is read is resampled to it. */
  readonly own: Size;
  /** Of the user's list, for which this grid was made. */
  readonly scale: number;
  /** Models of the ensemble, by index. */
  readonly members: readonly number[];
  /** For each channel of the group: the channel of the ensemble that it is, and the sum of the weights of the models that have it. */
  readonly channelsOf: readonly number[];
  readonly weights: readonly number[];
}

/**
 * The grids that an ensemble needs: one for each scale, and for models whose windows do not lie alike. Models with the same windows, stride
 * and margin, and the same micrometres per pixel, share one.
 *
 * The working resolution is that of the first model. A model that was trained at another is shown windows as it was trained on, by
 * resampling: it has a scale of its own, `mpp of the first / its mpp`, on which the user's come on top.
 *
 * @param geometries of each member's windows, in px of its own
 * @throws {SegtileError} `usage` where a scale leaves no window
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
