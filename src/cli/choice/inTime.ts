import vm from 'node:vm';

/** The result of `work`; undefined when it takes longer than `milliseconds`, even inside a regular expression. */
export const inTime = <T>(milliseconds: number, work: () => T): { readonly value: T } | undefined => {
  try {
    return { value: vm.runInNewContext('work()', { work }, { timeout: milliseconds }) as T };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
};
