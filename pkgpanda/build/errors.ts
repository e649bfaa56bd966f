/** Every fault of `npm run build` and of writers of a package repository. Codes are never renamed or used again. */
import { defineFaults } from '../../src/shared/errors/fault.ts'

export const faults = defineFaults('BUILD', {
  ARGUMENT_INVALID: {
    status: 400,
    message: (why: string) => `cannot read the command line: ${why}`,
    remedy: 'See npm run build -- --help.',
  },
  PACKAGE_UNKNOWN: {
    status: 400,
    message: (name: string, known: string) => `there is no package '${name}' (known: ${known})`,
    remedy: 'Name a folder of packages/, or add the folder with --package NAME=DIR or --packages-dir DIR.',
  },
  PACKAGE_NAME_INVALID: {
    status: 400,
    message: (name: string, folder: string) => `'${name}' (${folder}) cannot be the name of a package`,
    remedy: 'A name begins with a letter, digit, @, _ or + and goes on with those, dots and single dashes.',
    contract: 'pkgpanda 1.2',
  },
  PACKAGE_REPEATED: {
    status: 400,
    message: (name: string, first: string, second: string) => `package '${name}' is in ${first} and in ${second}`,
    remedy: 'Rename one of the two folders.',
  },
  BUILDINFO_UNREADABLE: {
    status: 500,
    message: (file: string, why: string) => `cannot read ${file}: ${why}`,
    remedy: 'A package folder holds a buildinfo.json in JSON; an empty file counts as {}.',
    contract: 'pkgpanda 3.2',
  },
  BUILDINFO_INVALID: {
    status: 500,
    message: (file: string, problems: string) => `${file}: ${problems}`,
    remedy: 'Correct each key named; the keys and their meaning stand in pkgpanda/build/buildinfo.ts.',
    contract: 'pkgpanda 3.2',
  },
  BUILDINFO_KEY_COMPUTED: {
    status: 500,
    message: (file: string, key: string) => `${file}: key '${key}' is computed by the builder and cannot be given`,
    remedy: 'Take the key out.',
    contract: 'pkgpanda 3.2',
  },
  TREEINFO_INVALID: {
    status: 500,
    message: (file: string, problems: string) => `${file}: ${problems}`,
    remedy: 'Correct each key or package named.',
    contract: 'pkgpanda 3.4',
  },
  REQUIREMENT_UNKNOWN: {
    status: 500,
    message: (name: string, requirement: string) => `package '${name}' requires '${requirement}', which does not exist`,
    remedy: 'Correct `requires` in its buildinfo.json, or add the folder of the required package.',
    contract: 'pkgpanda 3.4',
  },
  REQUIREMENT_CYCLE: {
    status: 500,
    message: (names: readonly string[]) => `packages require each other in a circle: ${names.join(' → ')}`,
    remedy: 'Take one of these requirements out.',
    contract: 'pkgpanda 3.4',
  },
  REQUIREMENT_VARIANTS: {
    status: 500,
    message: (what: string, name: string) => `${what} would have two variants of package '${name}'`,
    remedy: 'Let `requires` in buildinfo.json and `variants` in treeinfo.json name the same variant of it.',
    contract: 'pkgpanda 3.4',
  },
  DEPENDENCY_NOT_BUILT: {
    status: 400,
    message: (name: string, id: string) => `${name} needs ${id}, which is not built`,
    remedy: 'Use --recursive to build what the package requires as well.',
    contract: 'pkgpanda 3.4',
  },
  FOLDER_NOT_A_PACKAGE: {
    status: 400,
    message: (folder: string) => `${folder} holds no buildinfo.json`,
    remedy: 'Change to the folder of a package, packages/NAME, or run `mkpanda tree` in packages/.',
    contract: 'pkgpanda 3.4',
  },
  UPSTREAM_INVALID: {
    status: 500,
    message: (file: string, problems: string) => `${file}: ${problems}`,
    remedy: 'It holds one source, as in buildinfo.json, that has the folder packages/ and no upstream.json of its own.',
    contract: 'pkgpanda 3.4',
  },
  VALUE_NOT_HASHABLE: {
    status: 500,
    message: (path: string, found: string) => `${path || 'the value'} is ${found}, which has no place in a build id`,
    remedy: 'Use strings, whole numbers, booleans, lists and maps.',
    contract: 'pkgpanda 3.3',
  },
  SOURCE_MISSING: {
    status: 500,
    message: (name: string, source: string, what: string) =>
      `package '${name}', source '${source}': ${what} does not exist`,
    remedy: 'Write the file, install the npm package (npm install), or correct buildinfo.json.',
  },
  SOURCE_FILE_KIND: {
    status: 500,
    message: (name: string, source: string, path: string) =>
      `package '${name}', source '${source}': ${path} is not a regular file`,
    remedy: 'Sources name regular files one by one; folders, links and devices are not taken.',
  },
  SOURCE_DIGEST: {
    status: 500,
    message: (name: string, source: string, url: string, wanted: string, found: string, kept: string) =>
      `package '${name}', source '${source}': ${url} has digest ${found} instead of ${wanted}; it is kept as ${kept}`,
    remedy: 'Compare the file kept with what you expect; correct the digest only if you trust it.',
    contract: 'pkgpanda 3.2',
  },
  SOURCE_ARCHIVE: {
    status: 500,
    message: (name: string, source: string, url: string, why: string) =>
      `package '${name}', source '${source}': ${url} cannot be unpacked: ${why}`,
    remedy: 'Pack it again, or use kind `url` and unpack it in the build script.',
    contract: 'pkgpanda 3.2',
  },
  SOURCE_GIT: {
    status: 500,
    message: (name: string, source: string, command: string, said: string) =>
      `package '${name}', source '${source}': git ${command} failed: ${said}`,
    remedy: 'Try the same command by hand; look at the URL, the network and your keys.',
    contract: 'pkgpanda 3.2',
  },
  SOURCE_DIRTY: {
    status: 500,
    message: (name: string, source: string, path: string, change: string) =>
      `package '${name}', source '${source}': ${path} has changes that are not committed (${change})`,
    remedy: 'Commit them, or put them aside with git stash --include-untracked.',
    contract: 'pkgpanda 3.2',
  },
  BUNDLE_FAILED: {
    status: 500,
    message: (name: string, entry: string, why: string) => `package '${name}': ${entry} cannot be bundled: ${why}`,
    remedy: 'Correct the place named; a bundle is CommonJS: no top-level await, of import.meta only dirname.',
  },
  BUNDLE_LEAKS_PATH: {
    status: 500,
    message: (name: string, entry: string, path: string) =>
      `package '${name}': the bundle of ${entry} holds the path ${path} of this machine`,
    remedy:
      'Find what puts a path of the build machine into the code; bundles must not depend on where they are built.',
  },
  SCRIPT_MISSING: {
    status: 500,
    message: (name: string, file: string) => `package '${name}' has no build script ${file}`,
    remedy: 'Write it, or name another one with `build_script` in buildinfo.json.',
    contract: 'pkgpanda 3.2',
  },
  SCRIPT_FAILED: {
    status: 500,
    message: (name: string, outcome: string, output: string) =>
      `the build script of package '${name}' ended with ${outcome}${output ? `:\n${output}` : ''}`,
    remedy: 'The lines above are its last output; it runs under bash with nounset, pipefail and errexit.',
    contract: 'pkgpanda 3.4',
  },
  RESULT_UNIT_RESERVED: {
    status: 500,
    message: (name: string, path: string) => `package '${name}' ships ${path}, whose name is reserved`,
    remedy:
      'dcos.target, dcos-download.service and dcos-setup.service belong to the installer: name the unit otherwise.',
    contract: 'pkgpanda 3.4',
  },
  RESULT_LEAKS_PATH: {
    status: 500,
    message: (name: string, file: string, path: string) =>
      `package '${name}': ${file} holds ${path}, which exists on this machine only`,
    remedy: 'Write $PKG_FINAL_PATH into files, never $PKG_PATH or $PKG_SRC.',
    contract: 'pkgpanda 3.4',
  },
  RESULT_FILE_KIND: {
    status: 500,
    message: (name: string, path: string, what: string) => `package '${name}': ${path} is ${what}`,
    remedy: 'A package holds folders, regular files and links inside itself, without setuid and setgid bits.',
    contract: 'pkgpanda 7',
  },
  RESULT_FILE_RESERVED: {
    status: 500,
    message: (name: string, path: string) => `the build script of package '${name}' wrote ${path} itself`,
    remedy: 'The builder writes pkginfo.json and buildinfo.full.json from buildinfo.json: take them out of the script.',
    contract: 'pkgpanda 3.4',
  },
  INTERRUPTED: {
    status: 500,
    message: (signal: string) => `interrupted by ${signal}`,
    remedy: 'Build again: packages that were finished are there and not built twice.',
  },
  BUILDER_MISSING: {
    status: 500,
    message: (file: string) => `the builder is not here: there is no ${file}`,
    remedy: 'Nodes have no builder: use build/bin/pkgpanda of a project on a build machine, after npm run build.',
  },
  SYSTEM_CALL_FAILED: {
    status: 500,
    message: (call: string, path: string, code: string) => `cannot ${call} ${path}: ${code}`,
    remedy:
      'Free space (ENOSPC), correct owner and mode (EACCES), or name another folder with --output or DCOS_NODE_CACHE.',
  },
  TOOL_MISSING: {
    status: 500,
    message: (program: string) => `the program '${program}' is not installed`,
    remedy: 'Install it: apt-get install xz-utils tar bash, for sources also git unzip gzip bzip2 zstd.',
  },
  COMPRESSION_FAILED: {
    status: 500,
    message: (outcome: string, output: string) => `xz ended with ${outcome}: ${output}`,
    remedy: 'Look for a full disk or too little memory (xz needs about 200 MiB), then build again.',
  },
  ARCHIVE_MALFORMED: {
    status: 500,
    message: (what: string) => `xz stream not understood: ${what}`,
    remedy: 'Remove the cache folder named in the output and build again; another xz than XZ Utils 5 may be in PATH.',
  },
  INDEX_MALFORMED: {
    status: 500,
    message: (file: string, why: string) => `the index ${file} cannot be used: ${why}`,
    remedy: 'Remove the repository folder and build again.',
  },
  ARTIFACT_DAMAGED: {
    status: 500,
    message: (file: string) => `${file} is missing or is not what the index says`,
    remedy: 'Build again: the builder replaces what does not match the index.',
  },
})
