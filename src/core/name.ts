/** The form of all names in a topology: they become file names, arguments and names in the kernel. */
export const NAME = /^[A-Za-z][A-Za-z0-9-]{0,30}$/;
