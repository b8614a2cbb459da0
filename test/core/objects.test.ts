import { join } from 'node:path';
import { folderObjects } from '../../src/core/objects.ts';
import { objectStoreContract } from '../contract/object-store.ts';

objectStoreContract('folder', (folder) => Promise.resolve({ objects: folderObjects(join(folder, 'out')), close: () => Promise.resolve() }));
