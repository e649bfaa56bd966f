/** The suite's version, as every program's --version prints it. test/house compares it with package.json. */
export const VERSION = '0.1.0'
