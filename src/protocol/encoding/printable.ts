/**
 * Is all of `text` printable ASCII, as nearly all names and messages are? Patterns that know the characters of all
 * scripts take longer to be made, at a first use, than all that a start does with names: so this is asked first.
 */
export const isPrintable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
