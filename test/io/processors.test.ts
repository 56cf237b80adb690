import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cpuQuota, processors, processorsOf } from '../../dist/io/machine/processors.js';
import { folder, save, segtileWell, speckled, writeSlide } from '../cli/door.ts';
import { channelNetwork } from '../model/networks.ts';

/** A system that has these files. */
const system = (files: Readonly<Record<string, string>>) => (path: string) => files[path];

const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';
const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
].join('\n');

describe('the quota of a control group', () => {
  test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ['of version 2', { 'job/step/cpu.max': '150000 100000\n' }, 1.5],
    ['above it, where that is less', { 'job/step/cpu.max': '400000 100000\n', 'job/cpu.max': '50000 100000\n' }, 0.5],
    ['that is none', { 'job/step/cpu.max': 'max 100000\n', 'job/cpu.max': 'max 100000\n' }, undefined],
    ['that makes no sense', { 'job/step/cpu.max': 'words\n' }, undefined],
    ['that is not there', {}, undefined],
  ])('%s', (_, files, quota) => {
    const own = Object.fromEntries(Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]));
    const read = system({ '/proc/self/cgroup': '0::/job/step\n', '/proc/self/mountinfo': V2, ...own });
    expect(cpuQuota(read)).toBe(quota);
  });

  test.each<[string, string, string, string, number | undefined]>([
    ['of version 1', '/slurm/job_7', '300000', '100000', 3],
    ['of version 1 that is none', '/slurm/job_7', '-1', '100000', undefined],
  ])('%s', (_, group, quota, period, wanted) => {
    const folder = `/sys/fs/cgroup/cpu,cpuacct${group}`;
    const read = system({
      '/proc/self/cgroup': `12:memory:/other\n4:cpu,cpuacct:${group}\n0::/\n`,
      '/proc/self/mountinfo': V1,
      [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
      [`${folder}/cpu.cfs_period_us`]: `${period}\n`,
    });
    expect(cpuQuota(read)).toBe(wanted);
  });

  test('in a container that sees its own group as the root', () => {
    const read = system({
      '/proc/self/cgroup': '4:cpu:/docker/abc\n',
      '/proc/self/mountinfo': '32 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
    });
    expect(cpuQuota(read)).toBe(2);
    const beside = system({
      '/proc/self/cgroup': '0::/../other\n',
      '/proc/self/mountinfo': V2,
      '/sys/fs/cgroup/cpu.max': '100000 100000',
    });
    expect(cpuQuota(beside)).toBe(1);
  });

  test('on a system without any', () => expect(cpuQuota(system({}))).toBeUndefined());
});

test('workers are as many as the least of affinity, quota and what Slurm was asked for', () => {
  expect(processorsOf(8, undefined, undefined)).toEqual({ count: 8, limit: undefined });
  expect(processorsOf(8, '4', undefined)).toEqual({ count: 4, limit: 'SLURM_CPUS_PER_TASK is 4' });
  expect(processorsOf(8, '4', 1.5)).toEqual({ count: 2, limit: 'the quota of the control group is 1.5' });
  expect(processorsOf(8, undefined, 0.2)).toEqual({ count: 1, limit: 'the quota of the control group is 0.2' });
  expect(processorsOf(2, '4', 16)).toEqual({ count: 2, limit: undefined });
  for (const odd of ['0', '', 'two', '-1', '1.5']) expect(processorsOf(3, odd, undefined).count).toBe(3);
});

test('this process has at least one', () => expect(processors().count).toBeGreaterThanOrEqual(1));

test('a run in a job of Slurm says so, unless it is told how many workers it has', async () => {
  const cwd = folder();
  await writeSlide(join(cwd, 'slide.tif'), 64, 64, speckled);
  save(cwd, 'red.onnx', channelNetwork(0));
  const env = { SLURM_CPUS_PER_TASK: '1' };
  const runs = async (...more: string[]): Promise<string> => {
    const args = ['infer', 'slide.tif', '-m', 'red.onnx', '--activation', 'none', '--tissue', 'none', '--window', '32'];
    return (await segtileWell([...args, '--device', 'cpu', '--overwrite', ...more], { cwd, env })).stderr;
  };
  const many = availableParallelism() > 1;
  expect(await runs()).toContain(many ? 'runs on cpu, 1 worker as SLURM_CPUS_PER_TASK is 1' : 'runs on cpu, 1 worker');
  expect(await runs('--workers', '2')).toContain('runs on cpu, 2 workers\n');
});
