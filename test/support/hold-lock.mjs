// Holds the lock of a local stack until it is killed.
import { StackLock } from '../../dist/local/stack-lock.js';

await StackLock.acquire(process.argv[2], 'command');
process.send('held');
