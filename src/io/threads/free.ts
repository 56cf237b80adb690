import { MessageChannel, type MessagePort } from 'node:worker_threads';

let nobody: MessagePort | undefined;

/**
 * Gives the memory of a buffer back at once; the buffer is empty afterwards. Large buffers that are only dropped stay until the
 * garbage collector runs, and it lets tens of megabytes of them pass in each thread.
 *
 * @param buffer memory that belongs to this thread alone and may be moved to another one
 */
export function free(buffer: ArrayBuffer): void {
  if (nobody === undefined) {
    // What is moved to a port whose other end is closed belongs to nobody.
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nobody = port1;
  }
  nobody.postMessage(undefined, [buffer]);
}
