import { onnxruntime, type Runtime } from '../../dist/model/devices/runtime.js';
import type { Session, Start } from '../../dist/model/sessions/session.js';

/** What a stub changes of a session on a GPU, which is really one on the CPU. */
export type Twist = (session: Session, start: Start) => Partial<Session>;

/** A GPU is as fast as it is played to be: windows a second with some sessions and a batch. */
export type PlayedSpeed = (sessions: number, batch: number) => number | Promise<number>;

/** No machine has every fault: here the CPU plays a GPU that has one. It is as fast whatever it is given, by default. */
export function playedGpu(
  twist: Twist = () => ({}),
  refuse: Runtime['refuse'] = async () => undefined,
  speed: PlayedSpeed = () => 100,
): Runtime {
  return {
    refuse,
    async start(start) {
      const session = await onnxruntime.start({ ...start, device: { provider: 'cpu' } });
      if (start.device?.provider === 'cpu') return session;
      const nodes = session.nodes?.map((each) => ({ ...each, provider: 'CUDAExecutionProvider' }));
      const played = { ...session, ...(nodes && { nodes }), drivers: [] };
      return { ...played, ...twist(played, start) };
    },
    throughput: async (sessions, batch) => speed(sessions.length, batch),
  };
}
