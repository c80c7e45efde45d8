// Holds the lock of a local stack until it is killed.
import { Owner } from '../../dist/local/owner.js';

const owner = await Owner.take(process.argv[2], 'command');
owner.update({ server: { pid: 4242, database: 'left-behind', port: 7233 } });
process.send('held');
