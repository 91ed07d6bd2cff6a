/** The form of names in a topology: it is safe in file names, in arguments and in the kernel. */
export const NAME = /^[A-Za-z][A-Za-z0-9-]{0,30}$/;
