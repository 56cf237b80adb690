import type { AddCommand } from '../running/program.js';
import { addDoctorOptions, type DoctorOptions } from './options.js';

/** `segtile doctor`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addDoctorOptions(command('doctor', 'devices')).action(async (options: DoctorOptions) => {
    const { doctor } = await import('./index.js');
    exit(await doctor(options, shell));
  });
