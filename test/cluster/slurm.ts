import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A Slurm of one's own: a controller and two nodes of one processor each on this machine. */
export interface Slurm {
  /** What its commands need in the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether jobs find it by themselves, too, which plugins that drop the environment need. */
  readonly everywhere: boolean;
  stop(): Promise<void>;
}

/** Where Slurm looks for its settings by itself. */
const SYSTEM_CONF = '/etc/slurm/slurm.conf';

/** Why there can be no Slurm here; undefined where there can. */
export function whyNoSlurm(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to start daemons of Slurm';
  const missing = ['slurmctld', 'slurmd', 'munged', 'sbatch'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} not installed (Debian: apt-get install slurm-wlm munge)`;
  return undefined;
}

/** Starts one, and waits until its nodes are idle. */
export async function startSlurm(): Promise<Slurm> {
  const at = mkdtempSync(join(tmpdir(), 'segtile-slurm-'));
  const daemons: ChildProcess[] = [];
  const start = (name: string, ...args: string[]): void => {
    const daemon = spawn(name, args, { stdio: 'ignore', env: { ...process.env, SLURM_CONF: conf } });
    daemon.on('error', () => undefined);
    daemons.push(daemon);
  };
  const conf = join(at, 'slurm.conf');
  const [controller, first, second] = await freePorts(3);
  writeFileSync(join(at, 'munge.key'), randomBytes(1024), { mode: 0o400 });
  for (const name of ['state', 'spool-n1', 'spool-n2']) mkdirSync(join(at, name));
  writeFileSync(conf, settings(at, controller!, [first!, second!]));
  const everywhere = !existsSync(SYSTEM_CONF);
  if (everywhere) {
    mkdirSync('/etc/slurm', { recursive: true });
    writeFileSync(SYSTEM_CONF, settings(at, controller!, [first!, second!]));
  }
  const env = { SLURM_CONF: conf };
  const stop = async (): Promise<void> => {
    for (const daemon of daemons.reverse()) {
      const ended = daemon.exitCode !== null || new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await Promise.race([ended, delay(10_000)]);
      if (daemon.exitCode === null && daemon.signalCode === null) daemon.kill('SIGKILL');
    }
    if (everywhere) rmSync(SYSTEM_CONF, { force: true });
    rmSync(at, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const munge = ['--foreground', '--force', `--socket=${at}/munge.sock`, `--key-file=${at}/munge.key`];
    start('munged', ...munge, `--pid-file=${at}/munged.pid`, `--log-file=${at}/munged.log`, `--seed-file=${at}/munged.seed`);
    await until('munge', () => existsSync(join(at, 'munge.sock')));
    start('slurmctld', '-D', '-f', conf);
    for (const node of ['n1', 'n2']) start('slurmd', '-D', '-f', conf, '-N', node);
    const idle = (): boolean => {
      const { stdout } = spawnSync('sinfo', ['-h', '-N', '-o', '%t'], { env: { ...process.env, ...env }, encoding: 'utf8' });
      return stdout.split('\n').filter((state) => state.trim() === 'idle').length === 2;
    };
    await until('two idle nodes', idle);
    return { env, everywhere, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for something, for a minute at most. */
async function until(what: string, there: () => boolean): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (there()) return;
    await delay(250);
  }
  throw new Error(`no ${what} after a minute`);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  return ports;
}

function settings(at: string, port: number, nodes: readonly [number, number]): string {
  const node = (name: string, own: number): string =>
    `NodeName=${name} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${own} CPUs=1 RealMemory=2000 State=UNKNOWN`;
  return `ClusterName=test
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${at}/munge.sock
CredType=cred/munge
SlurmctldPort=${port}
SlurmctldPidFile=${at}/slurmctld.pid
SlurmdPidFile=${at}/slurmd-%n.pid
StateSaveLocation=${at}/state
SlurmdSpoolDir=${at}/spool-%n
SlurmctldLogFile=${at}/slurmctld.log
SlurmdLogFile=${at}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2,requeue_delay=1
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
KillWait=5
MinJobAge=300
${node('n1', nodes[0])}
${node('n2', nodes[1])}
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`;
}
