import type { AddCommand } from '../running/program.js';
import { addDoctorOptions, type DoctorOptions } from './options.js';

/** `segtile doctor`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addDoctorOptions(command('doctor', 'devices')).action(async (options: DoctorOptions) => {
    const { runDoctor } = await import('./index.js');
    exit(await runDoctor(options, shell));
  });
